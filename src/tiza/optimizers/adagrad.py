"""Adagrad: rates that fall with all squares of the gradient so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import sqrt
from tiza.optimizers.hyperparameters import NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, Slot, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Each weight's rate is divided by the root of the sum of its squared gradients.

    accumulator' = accumulator + g^2, w' = w - learning_rate g / sqrt(accumulator' + epsilon); the first
    accumulator is initial_accumulator_value

    Source: Duchi, Hazan and Singer (2011), with Keras' place of epsilon.
    """

    learning_rate: float | LearningRateSchedule = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("accumulator",)
    allowed: ClassVar[Mapping[str, Interval]] = {
        "initial_accumulator_value": NOT_NEGATIVE,
        "epsilon": NOT_NEGATIVE,
    }
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.3, "initial_accumulator_value": 0.0, "epsilon": 0.01},
    )

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return the sum of squares, which does not start at 0."""
        return (Slot("accumulator", self.initial_accumulator_value),)

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and sum of squares."""
        squares = term(slots["accumulator"] + gradient * gradient, "accumulator")
        change = progress.learning_rate * gradient / sqrt(squares + self.epsilon)
        return parameter - change, {"accumulator": squares}
