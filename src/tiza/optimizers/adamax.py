"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import absolute, maximum, power
from tiza.optimizers.hyperparameters import DECAY, NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the largest recent size of the gradient in place of its mean square.

    m' = beta_1 m + (1 - beta_1) g, u' = max(beta_2 u, |g|), rate = learning_rate / (1 - beta_1^t),
    w' = w - rate m' / (u' + epsilon)

    Source: Kingma and Ba (2015), section 7.1; epsilon as Keras.
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("m", "u")
    allowed: ClassVar[Mapping[str, Interval]] = {"beta_1": DECAY, "beta_2": DECAY, "epsilon": NOT_NEGATIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.1, "beta_1": 0.6, "beta_2": 0.8, "epsilon": 0.01},
    )

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter, the mean and the largest size."""
        mean = term(self.beta_1 * slots["m"] + (1.0 - self.beta_1) * gradient, "m")
        largest = term(maximum(self.beta_2 * slots["u"], absolute(gradient)), "u")
        rate = term(progress.learning_rate / (1.0 - power(self.beta_1, progress.step)), "rate")
        return parameter - rate * mean / (largest + self.epsilon), {"m": mean, "u": largest}
