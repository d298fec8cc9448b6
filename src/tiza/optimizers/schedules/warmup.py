"""Rates that rise before they fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import maximum, minimum, where
from tiza.optimizers.hyperparameters import FRACTION, NOT_NEGATIVE, POSITIVE, Interval, check_number
from tiza.optimizers.schedules.constant import Constant
from tiza.optimizers.schedules.cosine import half_cosine
from tiza.optimizers.schedules.decay import ExponentialDecay
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class LinearWarmup(LearningRateSchedule):
    """A line up to another schedule, or to a rate that stays.

    rate = initial_learning_rate (start_factor + (1 - start_factor) step / warmup_steps) for the first
    warmup_steps steps, then what `after` gives, counted from there; initial_learning_rate is that of `after`

    Source: Goyal et al. (2017).

    Args:
        after: a schedule, or a rate.
        warmup_steps: steps until it begins.
        start_factor: part of its initial rate to start from.

    Example:
        >>> LinearWarmup(ExponentialDecay(0.4, 10, 0.5), warmup_steps=4)([0, 1, 4, 14, 24])
        array([0. , 0.1, 0.4, 0.2, 0.1])
    """

    after: LearningRateSchedule | float
    warmup_steps: float
    start_factor: float = 0.0
    allowed: ClassVar[Mapping[str, Interval]] = {"warmup_steps": POSITIVE, "start_factor": FRACTION}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"after": 0.1, "warmup_steps": 4},
        {"after": ExponentialDecay(0.1, 3, 0.5), "warmup_steps": 5, "start_factor": 0.2},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.after, LearningRateSchedule):
            check_number(type(self).__name__, "after", self.after, NOT_NEGATIVE)
            object.__setattr__(self, "after", Constant(self.after))

    @property
    def _after(self) -> LearningRateSchedule:
        assert isinstance(self.after, LearningRateSchedule)  # since __post_init__
        return self.after

    @property
    def initial(self) -> float:
        """The rate that the line leads to."""
        return self._after.initial

    def with_initial(self, rate: float) -> Self:
        """Return the same line to another rate."""
        return replace(self, after=self._after.with_initial(rate))

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate on the line, or the other schedule's."""
        length, start = float(self.warmup_steps), float(self.start_factor)
        rising = initial * (start + (1.0 - start) * (step / length))
        return where(step < length, rising, self._after.rate(initial, maximum(step - length, 0.0)))


@dataclass(frozen=True)
class OneCycle(LearningRateSchedule):
    """One rise and one fall, both along half a cosine, for training in few epochs at high rates.

    rate goes from max_learning_rate / div_factor to max_learning_rate in warmup_fraction total_steps - 1
    steps, then to max_learning_rate / (div_factor final_div_factor) at step total_steps - 1, where it stays

    Source: Smith and Topin (2018), with PyTorch's OneCycleLR's defaults.

    Args:
        max_learning_rate: the highest rate.
        total_steps: steps of the training: epochs times batches.
        warmup_fraction: part of them that rises.
        div_factor: how many times lower the first rate is.
        final_div_factor: how many times lower than that the last is.

    Example:
        >>> cycle = OneCycle(
        ...     1.0, total_steps=21, warmup_fraction=11 / 21, div_factor=10.0, final_div_factor=2.0
        ... )
        >>> cycle([0, 5, 10, 15, 20, 99]).round(6)
        array([0.1  , 0.55 , 1.   , 0.525, 0.05 , 0.05 ])
    """

    max_learning_rate: float
    total_steps: float
    warmup_fraction: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    allowed: ClassVar[Mapping[str, Interval]] = {
        "max_learning_rate": NOT_NEGATIVE,
        "total_steps": Interval(1.0, includes_low=False),
        "warmup_fraction": Interval(0.0, 1.0, includes_low=False),
        "div_factor": POSITIVE,
        "final_div_factor": POSITIVE,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"max_learning_rate": 0.2, "total_steps": 12},
        {
            "max_learning_rate": 0.2,
            "total_steps": 10,
            "warmup_fraction": 0.5,
            "div_factor": 10.0,
            "final_div_factor": 5.0,
        },
    )

    @property
    def initial(self) -> float:
        """The first rate."""
        return self.max_learning_rate / self.div_factor

    def with_initial(self, rate: float) -> Self:
        """Return the same cycle, higher or lower."""
        return replace(self, max_learning_rate=rate * self.div_factor)

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate on the rise or on the fall."""
        last = float(self.total_steps) - 1.0
        top = max(float(self.warmup_fraction) * float(self.total_steps) - 1.0, 0.0)
        highest, lowest = initial * float(self.div_factor), initial / float(self.final_div_factor)
        fall = half_cosine(maximum(minimum(step, last) - top, 0.0) / (last - top))
        falling = lowest + (highest - lowest) * fall
        if not top:
            return falling
        rising = highest + (initial - highest) * half_cosine(step / top)
        return where(step < top, rising, falling)
