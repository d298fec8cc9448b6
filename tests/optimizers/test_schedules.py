"""Schedules: in the graph, on both engines, settable; what their arguments may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from schedule_examples import CASES, SCHEDULES, made, rate_model, rates_in_training, weight_of
from tiza.errors import ModelError
from tiza.optimizers import schedules
from tiza.optimizers.schedules.schedule import FromInitialRate, LearningRateSchedule

Kind = type[LearningRateSchedule]
STEPS = 16
ENGINES = ["reference", "native"]


@pytest.mark.parametrize("name", SCHEDULES)
def test_examples_show_every_argument(name: str) -> None:
    given = {argument for arguments in SCHEDULES[name].examples for argument in arguments}
    assert given == {one.name for one in fields(SCHEDULES[name])}  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_training_follows_the_schedule(kind: Kind, arguments: Mapping[str, Any], engine: str) -> None:
    check_followed(made(kind, arguments), kind(**arguments), engine)


def check_followed(followed: LearningRateSchedule, stated: LearningRateSchedule, engine: str) -> None:
    """Check the rate of each step, and the sum of rates over one epoch, which is never left in between."""
    expected = stated(np.arange(STEPS))
    assert (expected >= 0.0).all()
    np.testing.assert_allclose(rates_in_training(followed, engine, STEPS), expected, rtol=1e-12, atol=1e-15)
    model = rate_model(followed, engine)
    model.fit(np.ones((STEPS, 1)), np.ones(STEPS), batch_size=1, verbose=0)
    assert weight_of(model) == pytest.approx(expected.sum(), rel=1e-12)


@dataclass(frozen=True)
class OneStepLate(schedules.ExponentialDecay):
    """Counts the step that is being taken."""

    def rate(self, initial: tz.Tensor, step: tz.Tensor) -> tz.Tensor:
        return super().rate(initial, step + 1.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_late_schedule_is_caught(engine: str) -> None:
    with pytest.raises(AssertionError):
        check_followed(OneStepLate(0.1, 4, 0.5), schedules.ExponentialDecay(0.1, 4, 0.5), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_in_float32_too(kind: Kind, arguments: Mapping[str, Any], engine: str) -> None:
    schedule = made(kind, arguments)
    rates = rates_in_training(schedule, engine, STEPS, "float32")
    np.testing.assert_allclose(rates, schedule(np.arange(STEPS)), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_the_initial_rate_is_an_input(kind: Kind, arguments: Mapping[str, Any]) -> None:
    """Another one compiles nothing and means what the schedule made with it means."""
    schedule = made(kind, arguments)
    model = rate_model(schedule, "native")
    model.fit([[1.0]], [1.0], verbose=0)
    programs = dict(model.trainer._programs)
    assert model.learning_rate == pytest.approx(schedule.initial)
    model.learning_rate = 0.75
    assert model.learning_rate == pytest.approx(0.75)
    before = weight_of(model)
    model.fit([[1.0]], [1.0], verbose=0)
    assert weight_of(model) - before == pytest.approx(schedule.with_initial(0.75)(1), rel=1e-9)
    assert model.trainer._programs == programs
    with pytest.raises(ModelError, match="learning_rate=-1"):
        model.learning_rate = -1.0
    with pytest.raises(ModelError, match="learning_rate"):
        model.learning_rate = schedule  # type: ignore[assignment]


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_one_number_and_many(kind: Kind, arguments: Mapping[str, Any]) -> None:
    schedule = made(kind, arguments)
    rates = schedule([[0, 3], [7, 100]])
    assert rates.shape == (2, 2)
    assert isinstance(schedule(7), float)
    assert schedule(7) == rates[1, 0]


@settings(max_examples=60, deadline=None)
@given(
    first=st.integers(1, 300),
    growth=st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    restarts=st.integers(0, 6),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_restarts_are_neither_early_nor_late(first: int, growth: float, restarts: int, dtype: str) -> None:
    """At the first whole step of a period the rate is at its height, and before it near the bottom."""
    start = first * (restarts if growth == 1.0 else (growth**restarts - 1.0) / (growth - 1.0))
    step = int(np.ceil(start))
    schedule = schedules.CosineDecayRestarts(1.0, 2 * first, t_mul=growth)

    def rate(initial: tz.Tensor, step: tz.Tensor) -> tz.Tensor:
        return schedule.rate(initial, step)

    def at(number: int) -> float:
        values = np.asarray(1.0, dtype), np.asarray(number, dtype)
        return float(tz.evaluate(tz.trace(rate, *values), *values))

    length = first * growth**restarts
    passed = (2 * step - 2 * start) / (2 * length)
    assert at(2 * step) == pytest.approx(0.5 * (1.0 + np.cos(np.pi * passed)), abs=2e-3)


def test_one_cycle_rises_and_falls() -> None:
    cycle = schedules.OneCycle(0.5, total_steps=100)
    rates = cycle(np.arange(120))
    assert rates[0] == pytest.approx(0.5 / 25)
    assert rates.argmax() == 29
    assert rates[29] == pytest.approx(0.5)
    assert (np.diff(rates[:30]) > 0).all()
    assert (np.diff(rates[29:100]) < 0).all()
    np.testing.assert_allclose(rates[99:], 0.5 / 25 / 1e4)


def test_a_rate_without_a_schedule_is_the_input_itself() -> None:
    model = rate_model(0.1, "reference")
    model.fit([[1.0]], [1.0], verbose=0)
    (graph,) = model.trainer._graphs.values()
    assert graph.inputs[-1].provenance.name == "learning_rate"
    assert [node.provenance.name for node in graph.nodes].count("learning_rate") == 1


@dataclass(frozen=True)
class Harmonic(FromInitialRate):
    """A schedule of one's own."""

    def rate(self, initial: tz.Tensor, step: tz.Tensor) -> tz.Tensor:
        return initial / (1.0 + step)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_schedule_of_ones_own(engine: str) -> None:
    np.testing.assert_allclose(rates_in_training(Harmonic(0.5), engine, 4), [0.5, 0.25, 0.5 / 3, 0.125])


@pytest.mark.parametrize("name", SCHEDULES)
def test_arguments_out_of_range(name: str) -> None:
    kind = SCHEDULES[name]
    arguments = dict(kind.examples[0])
    for argument, interval in kind.allowed.items():
        below = interval.low - (1.0 if interval.includes_low else 0.0)
        for value in (below, float("nan"), float("inf"), "3", True):
            with pytest.raises(ModelError) as error:
                kind(**{**arguments, argument: value})
            assert f"{name}: got {argument}={value!r}, expected a number" in str(error.value)


@pytest.mark.parametrize(
    ("make", "arguments", "told"),
    [
        (schedules.ExponentialDecay, (-0.1, 10, 0.5), "got initial_learning_rate=-0.1"),
        (schedules.ExponentialDecay, (0.1, 10, 0.5, "yes"), "got staircase='yes', expected True or False"),
        (schedules.PiecewiseConstantDecay, ([1, 2], [0.1, 0.2]), "got 2 values for 2 boundaries"),
        (schedules.PiecewiseConstantDecay, ([2, 2], [0.1, 0.2, 0.3]), "expected them to rise"),
        (schedules.PiecewiseConstantDecay, ([], [0.1]), r"got boundaries=\[\]"),
        (schedules.PiecewiseConstantDecay, ([1], [0.1, -2]), r"got values\[1\]=-2"),
        (schedules.PiecewiseConstantDecay, (3, [0.1, 0.2]), "got boundaries=3"),
        (schedules.LinearWarmup, ("0.1", 10), "LinearWarmup: got after='0.1'"),
        (schedules.CosineDecayRestarts, (0.1, 10, 0.5), "got t_mul=0.5"),
        (schedules.OneCycle, (0.1, 1), "got total_steps=1, expected a number above 1"),
        (tz.optimizers.SGD, (lambda step: 0.1,), "SGD: got learning_rate=<function"),
    ],
)
def test_bad_arguments(make: Any, arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ModelError, match=told):
        make(*arguments)
