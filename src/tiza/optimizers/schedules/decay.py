"""Rates that fall by a formula: exponentially, inversely with time, as a polynomial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import floor, maximum, minimum, power
from tiza.optimizers.hyperparameters import NOT_NEGATIVE, POSITIVE, Interval
from tiza.optimizers.schedules.schedule import FromInitialRate


def periods(step: Tensor, decay_steps: float, staircase: bool) -> Tensor:
    """Return how many times `decay_steps` is in `step`; on a staircase the whole number of times."""
    passed = step / float(decay_steps)
    return floor(passed) if staircase else passed


@dataclass(frozen=True)
class ExponentialDecay(FromInitialRate):
    """A rate that is multiplied by `decay_rate` every `decay_steps` steps, smoothly or at once.

    rate = initial_learning_rate decay_rate^(step / decay_steps); staircase: the whole part of the exponent

    Source: Keras' ExponentialDecay.

    Example:
        >>> ExponentialDecay(0.8, decay_steps=10, decay_rate=0.5, staircase=True)([9, 10, 35])
        array([0.8, 0.4, 0.1])
    """

    decay_steps: float
    decay_rate: float
    staircase: bool = False
    allowed: ClassVar[Mapping[str, Interval]] = {"decay_steps": POSITIVE, "decay_rate": POSITIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.9, "staircase": True},
    )

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the initial rate times a power of `decay_rate`."""
        return initial * power(float(self.decay_rate), periods(step, self.decay_steps, self.staircase))


@dataclass(frozen=True)
class InverseTimeDecay(FromInitialRate):
    """A rate that falls as one over the time.

    rate = initial_learning_rate / (1 + decay_rate step / decay_steps); staircase: the whole part of
    the quotient

    Source: Keras' InverseTimeDecay.

    Example:
        >>> InverseTimeDecay(0.6, decay_steps=10, decay_rate=0.5)([0, 10, 20, 40])
        array([0.6, 0.4, 0.3, 0.2])
    """

    decay_steps: float
    decay_rate: float
    staircase: bool = False
    allowed: ClassVar[Mapping[str, Interval]] = {"decay_steps": POSITIVE, "decay_rate": NOT_NEGATIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.9, "staircase": True},
    )

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the initial rate over a line."""
        return initial / (1.0 + float(self.decay_rate) * periods(step, self.decay_steps, self.staircase))


@dataclass(frozen=True)
class PolynomialDecay(FromInitialRate):
    """A rate that falls to `end_learning_rate` in `decay_steps` steps and stays there, or begins again.

    rate = (initial_learning_rate - end_learning_rate) (1 - min(step, decay_steps) / decay_steps)^power
    + end_learning_rate; cycle: decay_steps times ceil(step / decay_steps) (at least 1) instead of min

    Source: Keras' PolynomialDecay.

    Example:
        >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.1, power=2.0)([0, 5, 10, 99])
        array([0.5, 0.2, 0.1, 0.1])
    """

    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    allowed: ClassVar[Mapping[str, Interval]] = {
        "decay_steps": POSITIVE,
        "end_learning_rate": NOT_NEGATIVE,
        "power": POSITIVE,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"initial_learning_rate": 0.1, "decay_steps": 7},
        {"initial_learning_rate": 0.1, "decay_steps": 7, "end_learning_rate": 0.01, "power": 0.5},
        {"initial_learning_rate": 0.1, "decay_steps": 4, "power": 2.0, "cycle": True},
    )

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the initial rate times a power of the time that is left, from the end rate on."""
        end = float(self.end_learning_rate)
        left = power(1.0 - self._passed(step), float(self.power))
        return (initial - end) * left + end

    def _passed(self, step: Tensor) -> Tensor:
        length = float(self.decay_steps)
        if not self.cycle:
            return minimum(step, length) / length
        times = maximum(1.0, -floor(-(step / length)))
        return step / (length * times)
