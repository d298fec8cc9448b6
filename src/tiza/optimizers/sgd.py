"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.optimizers.hyperparameters import FRACTION, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, Slot, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent, on request with momentum. With all samples in one batch it is the full gradient's.

    w' = w - learning_rate g; with momentum v' = momentum v - learning_rate g and w' = w + v', or, with
    nesterov, w' = w + momentum v' - learning_rate g

    Source: Robbins and Monro (1951); Polyak (1964); Nesterov's in the form of Sutskever et al. (2013).

    Example:
        >>> SGD(0.1, momentum=0.9).kept_slots()
        (Slot(name='velocity', initial=0.0, scalar=False),)
    """

    learning_rate: float | LearningRateSchedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    allowed: ClassVar[Mapping[str, Interval]] = {"momentum": FRACTION}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.1, "momentum": 0.9},
        {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True},
    )

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return the velocity, if there is momentum."""
        return super().kept_slots() if self.momentum else ()

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and velocity."""
        if not self.momentum:
            return parameter - progress.learning_rate * gradient, {}
        velocity = self.momentum * slots["velocity"] - progress.learning_rate * gradient
        velocity = term(velocity, "velocity")
        if not self.nesterov:
            return parameter + velocity, {"velocity": velocity}
        ahead = term(self.momentum * velocity - progress.learning_rate * gradient, "ahead")
        return parameter + ahead, {"velocity": velocity}
