"""Lion: steps of one size in the direction of the momentum's sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import sign
from tiza.optimizers.hyperparameters import DECAY, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class Lion(Optimizer):
    """Steps of the size learning_rate, in the direction of a mean of gradients.

    direction = sign(beta_1 m + (1 - beta_1) g), w' = w - learning_rate direction,
    m' = beta_2 m + (1 - beta_2) g

    Source: Chen et al. (2023).
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99
    slots: ClassVar[tuple[str, ...]] = ("m",)
    allowed: ClassVar[Mapping[str, Interval]] = {"beta_1": DECAY, "beta_2": DECAY}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.02, "beta_1": 0.6, "beta_2": 0.8},
    )

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and the mean."""
        blend = term(self.beta_1 * slots["m"] + (1.0 - self.beta_1) * gradient, "blend")
        direction = term(sign(blend), "direction")
        mean = term(self.beta_2 * slots["m"] + (1.0 - self.beta_2) * gradient, "m")
        return parameter - progress.learning_rate * direction, {"m": mean}
