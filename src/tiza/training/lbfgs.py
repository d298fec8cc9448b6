"""L-BFGS: minimising a function of all samples at once, by its curvature as the last steps show it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from tiza.errors import NonFiniteError, ShapeError
from tiza.nn.checks import whole_number
from tiza.optimizers.hyperparameters import NOT_NEGATIVE, check_number
from tiza.training.line_search import LineSearch, Trial

Array = np.ndarray[Any, Any]
ValueAndGradient = Callable[[Array], tuple[Any, Any]]

EPSILON = float(np.finfo("float64").eps)
SMALLEST_REDUCTION = 1e7 * EPSILON
"""SciPy's ftol: a step that lowers the value by a smaller part is the last."""


class Reason(StrEnum):
    """Why a minimisation stopped."""

    GRADIENT = "every element of the gradient is within the tolerance"
    REDUCTION = "the last step hardly lowered the value"
    ITERATIONS = "the most iterations are done"
    EVALUATIONS = "the most evaluations are done"
    LINE_SEARCH = "no lower value was found along the direction"


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where a minimisation has come to.

    Attributes:
        x: the point, `(n,)`.
        value: of the function there.
        gradient: there, `(n,)`.
        iterations: steps taken.
        evaluations: calls of the function.
        reason: why it stopped; None while it goes on.
    """

    x: Array
    value: float
    gradient: Array
    iterations: int
    evaluations: int
    reason: Reason | None = None

    @property
    def converged(self) -> bool:
        """Whether it stopped because there was nothing more to gain."""
        return self.reason in (Reason.GRADIENT, Reason.REDUCTION)


def minimize(
    value_and_gradient: ValueAndGradient,
    start: object,
    max_iterations: int = 15000,
    tolerance: float = 1e-5,
    memory: int = 10,
    reduction: float = SMALLEST_REDUCTION,
    max_evaluations: int = 15000,
) -> Minimum:
    """Return a local minimum of a function, found by L-BFGS in float64.

    direction = -H g, where H, the inverse of the curvature, comes from the last `memory` changes of x and g
    by the two-loop recursion; the step along it meets the strong Wolfe conditions, or is within a tenth of a
    minimum along it, as at a kink they hold nowhere.

    Args:
        value_and_gradient: from a point `(n,)` to the value there and the gradient `(n,)`.
        start: first point, `(n,)`.
        max_iterations: most steps.
        tolerance: stop when no element of the gradient is larger (SciPy's gtol).
        memory: how many changes are kept (SciPy's maxcor).
        reduction: stop when a step lowers the value by a smaller part of max(|value|, 1) (SciPy's ftol).
        max_evaluations: most calls of the function; an iteration that has begun is finished.

    Raises:
        ModelError: an argument is out of range.
        ShapeError: the start is no vector, or the gradient has another shape.
        NonFiniteError: the function is not finite at the start.

    Source: Liu and Nocedal (1989); Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 7.5.

    Example:
        >>> found = minimize(lambda x: (((x - 3.0) ** 2).sum(), 2.0 * (x - 3.0)), [0.0, 10.0])
        >>> found.x.round(6), found.converged
        (array([3., 3.]), True)
    """
    *_, last = minima(
        value_and_gradient, start, max_iterations, tolerance, memory, reduction, max_evaluations
    )
    return last


def minima(
    value_and_gradient: ValueAndGradient,
    start: object,
    max_iterations: int = 15000,
    tolerance: float = 1e-5,
    memory: int = 10,
    reduction: float = SMALLEST_REDUCTION,
    max_evaluations: int = 15000,
) -> Iterator[Minimum]:
    """Yield the start, and where each iteration of `minimize` came to; the last says why it is the last."""
    limits = _Limits(
        whole_number("max_iterations", max_iterations),
        tolerance,
        reduction,
        whole_number("max_evaluations", max_evaluations),
    )
    descent = _Descent(
        _Function(value_and_gradient), _Curvature(deque(maxlen=whole_number("memory", memory)))
    )
    return descent.run(_vector(start), limits)


def _vector(start: object) -> Array:
    vector = np.array(start, "float64")
    if vector.ndim != 1 or not vector.size:
        raise ShapeError(f"start: got shape {vector.shape}, expected a vector of at least one number.")
    return vector


@dataclass(frozen=True, slots=True)
class _Limits:
    """When to stop."""

    iterations: int
    tolerance: float
    reduction: float
    evaluations: int

    def __post_init__(self) -> None:
        for name in ("tolerance", "reduction"):
            check_number("minimize", name, getattr(self, name), NOT_NEGATIVE)

    def reason(self, new: Minimum, old: Minimum | None) -> Reason | None:
        """Return why to stop at `new`, if there is a reason."""
        if np.abs(new.gradient).max() <= self.tolerance:
            return Reason.GRADIENT
        if old is not None and old.value - new.value <= self.reduction * max(
            abs(old.value), abs(new.value), 1.0
        ):
            return Reason.REDUCTION
        if new.iterations >= self.iterations:
            return Reason.ITERATIONS
        return Reason.EVALUATIONS if new.evaluations >= self.evaluations else None


@dataclass(slots=True)
class _Function:
    """The function that is made small, its calls counted."""

    value_and_gradient: ValueAndGradient
    calls: int = 0

    def at(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient.

        Raises:
            ShapeError: the value is no number, or the gradient has another shape than the point.
        """
        self.calls += 1
        value, gradient = self.value_and_gradient(x.copy())
        number, vector = np.asarray(value, "float64"), np.array(gradient, "float64")
        if number.size != 1 or vector.shape != x.shape:
            raise ShapeError(
                f"value_and_gradient: got a value of shape {number.shape} and a gradient of shape "
                f"{vector.shape}, expected one number and {x.shape}."
            )
        return float(number.reshape(())), vector


@dataclass(frozen=True, slots=True)
class _Change:
    """One step: the change of the point, that of the gradient, and one over their product."""

    point: Array
    gradient: Array
    scale: float


@dataclass(slots=True)
class _Curvature:
    """The last changes, from which a direction follows."""

    changes: deque[_Change] = field(default_factory=deque)

    def add(self, point: Array, gradient: Array) -> None:
        """Keep a change, unless it shows no positive curvature."""
        product = float(point @ gradient)
        if product > EPSILON * float(gradient @ gradient):
            self.changes.append(_Change(point, gradient, 1.0 / product))

    def direction(self, gradient: Array) -> Array:
        """Return -H g by the two-loop recursion."""
        found = -gradient
        along = []
        for change in reversed(self.changes):
            along.append(change.scale * float(change.point @ found))
            found = found - along[-1] * change.gradient
        if self.changes:
            last = self.changes[-1]
            found = found / (last.scale * float(last.gradient @ last.gradient))
        for change, before in zip(self.changes, reversed(along), strict=True):
            found = found + (before - change.scale * float(change.gradient @ found)) * change.point
        return found


@dataclass(slots=True)
class _Descent:
    """The iterations."""

    function: _Function
    curvature: _Curvature

    def run(self, start: Array, limits: _Limits) -> Iterator[Minimum]:
        value, gradient = self.function.at(start)
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            raise NonFiniteError(
                f"minimize: at the start the value is {value} and the gradient is "
                f"{'finite' if np.isfinite(gradient).all() else 'not'}; start from another point."
            )
        at = Minimum(start, value, gradient, 0, self.function.calls)
        at = replace(at, reason=limits.reason(at, None))
        yield at
        while at.reason is None:
            trial = self._next(at)
            if trial is None:
                at = replace(at, evaluations=self.function.calls, reason=Reason.LINE_SEARCH)
            else:
                self.curvature.add(trial.x - at.x, trial.gradient - at.gradient)
                new = Minimum(trial.x, trial.value, trial.gradient, at.iterations + 1, self.function.calls)
                at = replace(new, reason=limits.reason(new, at))
            yield at

    def _next(self, at: Minimum) -> Trial | None:
        """Return the next point; where the curvature leads nowhere it is forgotten."""
        found = self._along(at, self.curvature.direction(at.gradient))
        if found is None and self.curvature.changes:
            self.curvature.changes.clear()
            found = self._along(at, -at.gradient)
        return found

    def _along(self, at: Minimum, direction: Array) -> Trial | None:
        slope = float(direction @ at.gradient)
        if not slope < 0.0:
            return None

        def trial(step: float) -> Trial:
            x = at.x + step * direction
            value, gradient = self.function.at(x)
            with np.errstate(all="ignore"):  # far out nothing need be finite
                slope = float(gradient @ direction)
            return Trial(step, value, slope, x, gradient)

        # the first direction is the gradient itself, of any size: later ones have the size of the step
        first = 1.0 if self.curvature.changes else min(1.0, 1.0 / float(np.linalg.norm(direction)))
        return LineSearch(trial, Trial(0.0, at.value, slope, at.x, at.gradient)).run(first)
