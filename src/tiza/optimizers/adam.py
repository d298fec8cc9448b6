"""Adam, and Adam with weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import maximum, power, sqrt
from tiza.optimizers.hyperparameters import DECAY, NOT_NEGATIVE, Interval
from tiza.optimizers.optimizer import Optimizer, Progress, Slot, term
from tiza.optimizers.schedules.schedule import LearningRateSchedule


@dataclass(frozen=True)
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    m' = beta_1 m + (1 - beta_1) g, v' = beta_2 v + (1 - beta_2) g^2,
    rate = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t), w' = w - rate m' / (sqrt(v') + epsilon);
    with amsgrad v_max' = max(v_max, v') instead of v'

    Source: Kingma and Ba (2015), in the form of their section 2, as Keras: epsilon is added to sqrt(v'), not
    to the root of the corrected v; amsgrad: Reddi, Kale and Kumar (2018).
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False
    slots: ClassVar[tuple[str, ...]] = ("m", "v", "v_max")
    allowed: ClassVar[Mapping[str, Interval]] = {"beta_1": DECAY, "beta_2": DECAY, "epsilon": NOT_NEGATIVE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": 0.1, "beta_2": 0.5, "amsgrad": True},
    )

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return the two means, with amsgrad the largest mean square too."""
        return tuple(Slot(name) for name in self.slots if self.amsgrad or name != "v_max")

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and the means."""
        mean = self.beta_1 * slots["m"] + (1.0 - self.beta_1) * gradient
        square = self.beta_2 * slots["v"] + (1.0 - self.beta_2) * (gradient * gradient)
        mean, square = term(mean, "m"), term(square, "v")
        new = {"m": mean, "v": square}
        if self.amsgrad:
            square = new["v_max"] = term(maximum(slots["v_max"], square), "v_max")
        correction = sqrt(1.0 - power(self.beta_2, progress.step)) / (1.0 - power(self.beta_1, progress.step))
        rate = term(progress.learning_rate * correction, "rate")
        return parameter - rate * mean / (sqrt(square) + self.epsilon), new


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with weight decay, apart from the gradient.

    w <- w - weight_decay learning_rate w, then as Adam

    Source: Loshchilov and Hutter (2019), with Keras' default of 0.004.
    """

    weight_decay: float | None = 0.004
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        *Adam.examples,
        {"learning_rate": 0.1, "weight_decay": 0.2},
    )
