"""Rates that stay, and rates that stay for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Self

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor, constant
from tiza.ops.elementwise import where
from tiza.optimizers.hyperparameters import NOT_NEGATIVE, Interval, check_number
from tiza.optimizers.schedules.schedule import FromInitialRate, LearningRateSchedule


@dataclass(frozen=True)
class Constant(FromInitialRate):
    """One rate for all steps.

    rate = initial_learning_rate

    Source: what a number as learning rate is.

    Example:
        >>> Constant(0.1)(1000)
        0.1
    """

    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"initial_learning_rate": 0.1},)

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate itself."""
        return initial


@dataclass(frozen=True)
class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate for all steps up to a boundary (and at it), the next up to the next.

    rate = values[0] if step <= boundaries[0], values[1] if step <= boundaries[1], ..., else values[-1]

    Setting a model's learning rate changes values[0].

    Source: Keras' PiecewiseConstantDecay.

    Example:
        >>> PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1])([0, 100, 101, 200, 201])
        array([1. , 1. , 0.5, 0.5, 0.1])

    Raises:
        ModelError: there is not one value more than boundaries, or boundaries do not rise.
    """

    boundaries: Sequence[float]
    values: Sequence[float]
    allowed: ClassVar[Mapping[str, Interval]] = {}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"boundaries": [3], "values": [0.1, 0.05]},
        {"boundaries": [2, 5, 9], "values": [0.2, 0.1, 0.3, 0.01]},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        for field in ("boundaries", "values"):
            given = getattr(self, field)
            if not isinstance(given, list | tuple) or not given:
                raise ModelError(f"{name}: got {field}={given!r}, expected a list of numbers.")
            for at, number in enumerate(given):
                check_number(name, f"{field}[{at}]", number, NOT_NEGATIVE)
            object.__setattr__(self, field, tuple(given))
        if len(self.values) != len(self.boundaries) + 1:
            raise ModelError(
                f"{name}: got {len(self.values)} values for {len(self.boundaries)} boundaries, expected one "
                "value more than boundaries."
            )
        if any(one >= following for one, following in pairwise(self.boundaries)):
            raise ModelError(f"{name}: got boundaries={self.boundaries!r}, expected them to rise.")

    @property
    def initial(self) -> float:
        """The first value."""
        return float(self.values[0])

    def with_initial(self, rate: float) -> Self:
        """Return the same schedule with another first value."""
        return replace(self, values=(rate, *self.values[1:]))

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the value of the piece that the step lies in."""
        later = [constant(float(value), initial.dtype) for value in self.values[1:]]
        pieces = zip(self.boundaries, [initial, *later], strict=False)
        found = later[-1]
        for boundary, value in reversed(list(pieces)):
            found = where(step <= float(boundary), value, found)
        return found
