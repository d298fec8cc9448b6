"""L-BFGS: minima of known functions, why it stops, what it refuses; against SciPy."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import record_figure
from minimization_problems import Problem, problems, quadratic, rosenbrock
from tiza.errors import ModelError, NonFiniteError, ShapeError
from tiza.training import lbfgs
from tiza.training.lbfgs import Reason, minima, minimize
from tiza.training.line_search import CURVATURE, DECREASE, NARROW, LineSearch, Trial

Array = np.ndarray[Any, Any]
PROBLEMS = problems()


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.name)
def test_the_minimum_is_found(problem: Problem) -> None:
    found = minimize(problem.function, problem.start, tolerance=1e-7, reduction=0.0)
    assert np.abs(found.gradient).max() < 1e-5
    value, gradient = problem.function(found.x)
    assert found.value == value
    np.testing.assert_array_equal(found.gradient, gradient)
    if problem.least is not None:
        assert found.value == pytest.approx(problem.least, abs=1e-10, rel=1e-10)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.name)
def test_every_step_goes_down_and_is_counted(problem: Problem) -> None:
    calls = []

    def counted(x: Array) -> tuple[float, Array]:
        calls.append(x)
        return problem.function(x)

    steps = list(minima(counted, problem.start))
    assert [one.iterations for one in steps] == list(range(len(steps)))
    assert steps[-1].evaluations == len(calls)
    assert all(one.reason is None for one in steps[:-1])
    assert steps[-1].converged
    assert all(after.value < before.value for before, after in pairwise(steps))


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(1, 12),
    condition=st.sampled_from([1.0, 10.0, 1e3]),
    seed=st.integers(0, 1000),
    memory=st.integers(1, 20),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_quadratics_of_any_size(size: int, condition: float, seed: int, memory: int, scale: float) -> None:
    problem = quadratic(size, condition, seed)

    def scaled(x: Array) -> tuple[float, Array]:
        value, gradient = problem.function(x)
        return scale * value, scale * gradient

    found = minimize(scaled, problem.start, tolerance=1e-7 * scale, memory=memory, reduction=0.0)
    assert problem.least is not None
    assert found.value / scale == pytest.approx(problem.least, abs=1e-8, rel=1e-8)


def test_the_direction_is_newtons_where_the_memory_holds_the_whole_curvature() -> None:
    """On a quadratic, after n exact conjugate steps, H is the inverse of the matrix."""
    matrix = np.diag([1.0, 4.0, 9.0])
    curvature = lbfgs._Curvature(deque(maxlen=3))
    for step in np.eye(3):
        curvature.add(step, matrix @ step)
    gradient = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(curvature.direction(gradient), -np.linalg.solve(matrix, gradient), rtol=1e-12)


def test_a_change_without_positive_curvature_is_not_kept() -> None:
    curvature = lbfgs._Curvature(deque(maxlen=3))
    curvature.add(np.array([1.0]), np.array([-1.0]))
    assert not curvature.changes


@settings(max_examples=60, deadline=None)
@given(start=st.floats(-3, 3), first=st.sampled_from([1e-4, 0.1, 1.0, 30.0]), wave=st.floats(0.1, 3.0))
def test_the_wolfe_conditions(start: float, first: float, wave: float) -> None:
    """On a line with several minima: they hold, or a minimum is within a tenth of the step."""
    tried = []

    def trial(step: float) -> Trial:
        x = start + step * direction
        slope = 2 * x + 3 * wave * np.cos(wave * x)
        tried.append(step)
        return Trial(
            step,
            float(x * x + 3 * np.sin(wave * x)),
            float(slope * direction),
            np.array([x]),
            np.array([slope]),
        )

    direction = 1.0
    slope = trial(0.0).slope
    if abs(slope) < 1e-3:
        return
    direction = -float(np.sign(slope))
    origin = trial(0.0)
    found = LineSearch(trial, origin).run(first)
    assert found is not None
    assert found.value <= origin.value + DECREASE * found.step * origin.slope
    apart = [abs(step - found.step) / max(step, found.step) for step in tried if step != found.step]
    assert abs(found.slope) <= CURVATURE * abs(origin.slope) or min(apart) <= NARROW


@settings(max_examples=100, deadline=None)
@given(kink=st.floats(0.05, 20.0), first=st.sampled_from([0.1, 1.0, 30.0]), steep=st.floats(1.0, 30.0))
def test_a_kink_is_not_searched_for_to_the_last_digit(kink: float, first: float, steep: float) -> None:
    """The line falls with slope -1 to a kink and rises behind it: nowhere is it flat."""

    def trial(step: float) -> Trial:
        behind = step > kink
        value = steep * (step - kink) - kink if behind else -step
        return Trial(step, value, steep if behind else -1.0, np.array([step]), np.array([0.0]))

    search = LineSearch(trial, trial(0.0))
    found = search.run(first)
    assert found is not None
    assert found.value < 0.0
    assert abs(found.step - kink) <= NARROW * kink / (1.0 - NARROW)
    assert search.left > 0


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_iterations": 3}, Reason.ITERATIONS),
        ({"max_evaluations": 5}, Reason.EVALUATIONS),
        ({"tolerance": 1e3}, Reason.GRADIENT),
        ({"tolerance": 1e-5, "reduction": 0.0}, Reason.GRADIENT),
        ({"tolerance": 0.0, "reduction": 0.5}, Reason.REDUCTION),
    ],
)
def test_why_it_stops(limits: dict[str, Any], reason: Reason) -> None:
    found = minimize(rosenbrock, [-1.2, 1.0], **limits)
    assert found.reason is reason
    assert found.converged == (reason in (Reason.GRADIENT, Reason.REDUCTION))
    if "max_iterations" in limits:
        assert found.iterations == 3


def test_a_gradient_that_lies_leads_nowhere_and_says_so() -> None:
    found = minimize(lambda x: (float(x @ x), -2.0 * x), [1.0, 2.0])
    assert found.reason is Reason.LINE_SEARCH
    assert not found.converged
    np.testing.assert_array_equal(found.x, [1.0, 2.0])


def test_what_is_not_finite_is_stepped_back_from() -> None:
    def logarithm(x: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            return float((x - np.log(x)).sum()), 1.0 - 1.0 / x

    found = minimize(logarithm, [1e-3, 50.0], tolerance=1e-8, reduction=0.0)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_the_start_is_not_changed() -> None:
    start = np.array([-1.2, 1.0])
    minimize(rosenbrock, start)
    assert start.tolist() == [-1.2, 1.0]


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"memory": 0}, ModelError, "memory: got 0"),
        ({"max_iterations": 0}, ModelError, "max_iterations: got 0"),
        ({"max_evaluations": 2.5}, ModelError, "max_evaluations: got 2.5"),
        ({"tolerance": -1.0}, ModelError, "minimize: got tolerance=-1.0"),
        ({"reduction": float("nan")}, ModelError, "minimize: got reduction=nan"),
        ({"start": [[1.0]]}, ShapeError, r"start: got shape \(1, 1\)"),
        ({"start": []}, ShapeError, r"start: got shape \(0,\)"),
        ({"start": [float("nan"), 1.0]}, NonFiniteError, "at the start the value is nan"),
        ({"value_and_gradient": lambda x: (x, x)}, ShapeError, r"a value of shape \(2,\)"),
        ({"value_and_gradient": lambda x: (0.0, x[:1])}, ShapeError, r"gradient of shape \(1,\)"),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        minimize(**{"value_and_gradient": rosenbrock, "start": [-1.2, 1.0], **arguments})


def test_a_planted_fault_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A two-loop recursion that forgets its second loop is still a descent, but a slow one."""
    problem = quadratic(30, 1e4, 1)
    sound = minimize(problem.function, problem.start)
    monkeypatch.setattr(
        lbfgs._Curvature, "direction", lambda self, gradient: -gradient * (1e-4 if self.changes else 1.0)
    )
    faulty = minimize(problem.function, problem.start, max_iterations=20 * sound.iterations)
    assert faulty.evaluations > 3 * sound.evaluations


@pytest.mark.peers
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: one.name)
def test_as_scipy(problem: Problem) -> None:
    """The same minimum with about as many evaluations."""
    library = pytest.importorskip("scipy.optimize")
    theirs = library.minimize(problem.function, problem.start, jac=True, method="L-BFGS-B")
    ours = minimize(problem.function, problem.start)
    record_figure(
        f"L-BFGS and SciPy's L-BFGS-B: {problem.name}",
        promised="1e-6, about as many evaluations",
        measured=f"{abs(ours.value - theirs.fun):.0e}, {ours.evaluations} for {theirs.nfev}",
    )
    assert ours.value == pytest.approx(theirs.fun, abs=1e-6)
    assert ours.evaluations <= 1.3 * theirs.nfev + 5
    assert ours.converged
