"""Rates that fall along half a cosine, once or again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor, constant
from tiza.ops.elementwise import cos, floor, log, maximum, minimum, power, where
from tiza.optimizers.hyperparameters import FRACTION, NOT_NEGATIVE, POSITIVE, Interval
from tiza.optimizers.schedules.schedule import FromInitialRate

SLACK = 1e-6
"""Part of the time so far by which a restart may come early, so that rounding never makes it late."""


def half_cosine(passed: Tensor) -> Tensor:
    """Return (1 + cos(pi passed)) / 2, which falls from 1 to 0 while `passed` goes from 0 to 1."""
    return 0.5 * (1.0 + cos(math.pi * passed))


@dataclass(frozen=True)
class CosineDecay(FromInitialRate):
    """A rate that falls along half a cosine to `alpha` times itself, on request after a linear rise.

    rate = initial_learning_rate ((1 - alpha) (1 + cos(pi min(step, decay_steps) / decay_steps)) / 2 + alpha);
    with a warmup_target the rate first goes from initial_learning_rate to it in a line of warmup_steps
    steps, and then falls from the target

    Source: Loshchilov and Hutter (2017); warming up: Goyal et al. (2017).

    Example:
        >>> CosineDecay(0.0, decay_steps=30, warmup_target=0.4, warmup_steps=10)([0, 5, 10, 20, 25, 40, 99])
        array([0. , 0.2, 0.4, 0.3, 0.2, 0. , 0. ])
    """

    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = field(default=None, kw_only=True)
    warmup_steps: float = field(default=0, kw_only=True)
    allowed: ClassVar[Mapping[str, Interval]] = {
        "decay_steps": POSITIVE,
        "alpha": FRACTION,
        "warmup_target": NOT_NEGATIVE,
        "warmup_steps": NOT_NEGATIVE,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"initial_learning_rate": 0.1, "decay_steps": 8},
        {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.2},
        {"initial_learning_rate": 0.0, "decay_steps": 5, "warmup_target": 0.2, "warmup_steps": 3},
        {"initial_learning_rate": 0.01, "decay_steps": 5, "alpha": 0.1, "warmup_target": 0.2},
    )

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate on the line or on the cosine."""
        if self.warmup_target is None:
            return self._fallen(initial, step)
        target = constant(float(self.warmup_target), initial.dtype)
        warmup = float(self.warmup_steps)
        fallen = self._fallen(target, maximum(step - warmup, 0.0))
        if not warmup:
            return fallen
        return where(step < warmup, initial + (target - initial) * (step / warmup), fallen)

    def _fallen(self, start: Tensor, step: Tensor) -> Tensor:
        length, alpha = float(self.decay_steps), float(self.alpha)
        return start * ((1.0 - alpha) * half_cosine(minimum(step, length) / length) + alpha)


@dataclass(frozen=True)
class CosineDecayRestarts(FromInitialRate):
    """Half cosines one after another, each `t_mul` times as long and `m_mul` times as high as the last.

    rate = initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi passed)) / 2 + alpha), with i restarts so
    far and passed the part of the present period that is over; periods take first_decay_steps t_mul^i steps

    Source: Loshchilov and Hutter (2017).

    Example:
        >>> CosineDecayRestarts(0.4, first_decay_steps=10, m_mul=0.5)([0, 5, 10, 20, 30])
        array([0.4, 0.2, 0.2, 0.1, 0.1])
    """

    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    allowed: ClassVar[Mapping[str, Interval]] = {
        "first_decay_steps": POSITIVE,
        "t_mul": Interval(low=1.0),
        "m_mul": POSITIVE,
        "alpha": FRACTION,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"initial_learning_rate": 0.1, "first_decay_steps": 3},
        {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.5},
        {"initial_learning_rate": 0.1, "first_decay_steps": 2, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
    )

    def rate(self, initial: Tensor, step: Tensor) -> Tensor:
        """Return the rate on the present cosine."""
        restarts, passed = self._period(step / float(self.first_decay_steps))
        height = half_cosine(passed) * power(float(self.m_mul), restarts)
        return initial * ((1.0 - float(self.alpha)) * height + float(self.alpha))

    def _period(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return how many restarts there were, and the part of the period that is over, at a time."""
        growth = float(self.t_mul)
        if growth == 1.0:
            restarts = floor(time)
            return restarts, time - restarts
        # the logarithm finds the number of the nearest restart, and comparing times finds whether it is past
        nearest = floor(log(1.0 + time * (growth - 1.0)) * (1.0 / math.log(growth)) + 0.5)
        restarts = where(_start(nearest, growth) > time + SLACK * (1.0 + time), nearest - 1.0, nearest)
        passed = (time - _start(restarts, growth)) / power(growth, restarts)
        return restarts, maximum(passed, 0.0)


def _start(restarts: Tensor, growth: float) -> Tensor:
    """Return when a period starts, in first periods: 1 + growth + growth^2 + ..."""
    return (power(growth, restarts) - 1.0) / (growth - 1.0)
