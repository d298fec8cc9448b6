"""Nadam: Adam that looks ahead as Nesterov's momentum does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import power, sqrt
from tiza.optimizers.hyperparameters import DECAY, NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, Slot, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule

MOMENTUM_DECAY = 0.96
"""How the momentum's schedule approaches beta_1, as in the paper and in Keras."""


@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam with Nesterov's momentum, which is taken up slowly.

    mu_t = beta_1 (1 - 0.96^t / 2), product' = product mu_t (at first 1), m' = beta_1 m + (1 - beta_1) g,
    v' = beta_2 v + (1 - beta_2) g^2,
    ahead = mu_(t+1) m' / (1 - product' mu_(t+1)) + (1 - mu_t) g / (1 - product'),
    w' = w - learning_rate ahead / (sqrt(v' / (1 - beta_2^t)) + epsilon)

    Source: Dozat (2016).
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("m", "v", "product")
    allowed: ClassVar[Mapping[str, Interval]] = {"beta_1": DECAY, "beta_2": DECAY, "epsilon": NOT_NEGATIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.1, "beta_1": 0.6, "beta_2": 0.8, "epsilon": 0.01},
    )

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return the two means, and the product of all momentums so far, one number."""
        return (Slot("m"), Slot("v"), Slot("product", 1.0, scalar=True))

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter, the means and the product."""
        now = term(self._momentum(progress.step), "mu")
        following = term(self._momentum(progress.step + 1.0), "next_mu")
        product = term(slots["product"] * now, "product")
        mean = term(self.beta_1 * slots["m"] + (1.0 - self.beta_1) * gradient, "m")
        square = term(self.beta_2 * slots["v"] + (1.0 - self.beta_2) * (gradient * gradient), "v")
        kept = following / (1.0 - product * following) * mean
        ahead = term(kept + (1.0 - now) / (1.0 - product) * gradient, "ahead")
        size = sqrt(square / (1.0 - power(self.beta_2, progress.step)))
        new = {"m": mean, "v": square, "product": product}
        return parameter - progress.learning_rate * ahead / (size + self.epsilon), new

    def _momentum(self, step: Tensor) -> Tensor:
        return self.beta_1 * (1.0 - 0.5 * power(MOMENTUM_DECAY, step))
