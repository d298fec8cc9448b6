"""What a schedule is: the learning rate as a function of the number of steps done, emitted as ops."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from tiza.engines.reference.evaluation import evaluate
from tiza.graph.tensor import Tensor
from tiza.graph.tracing import trace
from tiza.nn.checks import check_switches
from tiza.optimizers.hyperparameters import (
    NOT_NEGATIVE,
    Interval,
    check_number,
    check_numbers,
)


class LearningRateSchedule(ABC):
    """The learning rate as a function of the number of steps done.

    The rate that a schedule starts from is an input of every step, so another one compiles nothing anew.
    A schedule of your own is a dataclass that says how the rate follows:

    Example:
        >>> from dataclasses import dataclass
        >>> import tiza as tz
        >>> @dataclass(frozen=True)
        ... class Harmonic(tz.optimizers.schedules.FromInitialRate):
        ...     initial_learning_rate: float
        ...
        ...     def rate(self, initial, step):
        ...         return initial / (1.0 + step)
        >>> Harmonic(0.5)(3)
        0.125
    """

    allowed: ClassVar[Mapping[str, Interval]] = {}
    """Which numbers the arguments may be."""
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Arguments that show all that the schedule can do."""

    def __post_init__(self) -> None:
        check_numbers(self, self.allowed)
        check_switches(self)

    @property
    @abstractmethod
    def initial(self) -> float:
        """The rate that the schedule starts from."""

    @abstractmethod
    def with_initial(self, rate: float) -> Self:
        """Return the same schedule from another rate."""

    @abstractmethod
    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate after `step` steps; both and the result are scalars of one dtype."""

    def __call__(self, step: Any) -> Any:
        """Return the rate after a number of steps (an array gives an array), in float64.

        Example:
            >>> import tiza as tz
            >>> tz.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)([0, 10, 20])
            array([0.1  , 0.05 , 0.025])
        """
        steps = np.asarray(step, "float64")
        initial = np.full(steps.shape, self.initial)
        rates = evaluate(trace(self.rate, initial, steps), initial, steps)
        return rates if steps.shape else float(rates)


@dataclass(frozen=True)
class FromInitialRate(LearningRateSchedule):
    """A schedule whose first argument is the rate that it starts from."""

    initial_learning_rate: float

    def __post_init__(self) -> None:
        check_number(type(self).__name__, "initial_learning_rate", self.initial_learning_rate, NOT_NEGATIVE)
        super().__post_init__()

    @property
    def initial(self) -> float:
        """The rate that the schedule starts from."""
        return float(self.initial_learning_rate)

    def with_initial(self, rate: float) -> Self:
        """Return the same schedule from another rate."""
        return replace(self, initial_learning_rate=rate)
