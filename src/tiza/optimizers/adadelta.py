"""Adadelta: steps in the size of earlier steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import sqrt
from tiza.optimizers.hyperparameters import DECAY, NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Steps scaled by the size of earlier steps over that of gradients. The paper's learning_rate is 1.

    v' = rho v + (1 - rho) g^2, change = sqrt(d + epsilon) / sqrt(v' + epsilon) g,
    d' = rho d + (1 - rho) change^2, w' = w - learning_rate change

    Source: Zeiler (2012).
    """

    learning_rate: float | LearningRateSchedule = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("v", "d")
    allowed: ClassVar[Mapping[str, Interval]] = {"rho": DECAY, "epsilon": NOT_NEGATIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 1.0},
        {"learning_rate": 1.0, "rho": 0.8, "epsilon": 0.001},
    )

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and the mean squares of gradients and of changes."""
        square = term(self.rho * slots["v"] + (1.0 - self.rho) * (gradient * gradient), "v")
        ratio = sqrt(slots["d"] + self.epsilon) / sqrt(square + self.epsilon)
        change = term(ratio * gradient, "change")
        changes = term(self.rho * slots["d"] + (1.0 - self.rho) * (change * change), "d")
        return parameter - progress.learning_rate * change, {"v": square, "d": changes}
