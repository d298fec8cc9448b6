"""RMSprop: rates divided by the size of recent gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import sqrt
from tiza.optimizers.hyperparameters import DECAY, FRACTION, NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, Slot, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients.

    v' = rho v + (1 - rho) g^2, change = learning_rate g / sqrt(v' + epsilon), w' = w - change; centered:
    m' = rho m + (1 - rho) g and v' - m'^2 instead of v'; with momentum
    velocity' = momentum velocity + change and w' = w - velocity'

    Source: Tieleman and Hinton (2012); centered: Graves (2013).
    """

    learning_rate: float | LearningRateSchedule = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False
    slots: ClassVar[tuple[str, ...]] = ("v", "m", "velocity")
    allowed: ClassVar[Mapping[str, Interval]] = {
        "rho": DECAY,
        "momentum": FRACTION,
        "epsilon": NOT_NEGATIVE,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.03, "rho": 0.7, "momentum": 0.5},
        {"learning_rate": 0.03, "centered": True, "epsilon": 1e-3},
        {"learning_rate": 0.03, "centered": True, "momentum": 0.9},
    )

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return the mean square, the mean if centered, the velocity if there is momentum."""
        unused = {name for name, used in (("m", self.centered), ("velocity", self.momentum)) if not used}
        return tuple(Slot(name) for name in self.slots if name not in unused)

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and what is kept."""
        square = term(self.rho * slots["v"] + (1.0 - self.rho) * (gradient * gradient), "v")
        new = {"v": square}
        spread = square
        if self.centered:
            new["m"] = term(self.rho * slots["m"] + (1.0 - self.rho) * gradient, "m")
            spread = square - new["m"] * new["m"]
        change = progress.learning_rate * gradient / sqrt(spread + self.epsilon)
        if self.momentum:
            change = new["velocity"] = term(self.momentum * slots["velocity"] + change, "velocity")
        return parameter - change, new
