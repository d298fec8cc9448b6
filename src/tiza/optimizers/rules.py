"""Update rules, with Keras' arguments and defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.nn.registry import find
from tiza.ops.elementwise import power, sqrt
from tiza.optimizers.optimizer import Optimizer, Progress, check_hyperparameter, term


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent: w' = w - learning_rate g.

    Example:
        >>> SGD(learning_rate=3.0)
        SGD(learning_rate=3.0)
    """

    learning_rate: float = 0.01

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return w - learning_rate g."""
        return parameter - progress.learning_rate * gradient, {}


@dataclass(frozen=True)
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square; Kingma and Ba (2015).

    m' = beta_1 m + (1 - beta_1) g,  v' = beta_2 v + (1 - beta_2) g^2,
    rate = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t),  w' = w - rate m' / (sqrt(v') + epsilon).

    The form of the paper's section 2 and of Keras: epsilon is added to sqrt(v'), not to the root of the
    corrected v.
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("beta_1", "beta_2"):
            check_hyperparameter("Adam", name, getattr(self, name), 0.0, 1.0)
        check_hyperparameter("Adam", "epsilon", self.epsilon, 0.0, float("inf"))

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter, m and v."""
        mean = self.beta_1 * slots["m"] + (1.0 - self.beta_1) * gradient
        square = self.beta_2 * slots["v"] + (1.0 - self.beta_2) * (gradient * gradient)
        mean, square = term(mean, "m"), term(square, "v")
        correction = sqrt(1.0 - power(self.beta_2, progress.step)) / (1.0 - power(self.beta_1, progress.step))
        rate = term(progress.learning_rate * correction, "rate")
        return parameter - rate * mean / (sqrt(square) + self.epsilon), {"m": mean, "v": square}


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"adam": Adam, "sgd": SGD}


def optimizer(name_or_object: object) -> Optimizer:
    """Return an optimizer by name (Keras' defaults), or the object itself.

    Raises:
        NameNotFoundError: no optimizer has that name.
        ModelError: it is neither a name nor an optimizer.
    """
    if isinstance(name_or_object, Optimizer):
        return name_or_object
    if isinstance(name_or_object, str):
        return find("optimizer", name_or_object.lower(), OPTIMIZERS)()
    raise ModelError(f"optimizer: got {name_or_object!r}, expected a name or a tz.optimizers object.")
