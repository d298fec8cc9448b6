"""What an optimizer is: an update rule with slots, on traced values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

from tiza.errors import ModelError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark


@dataclass(frozen=True, slots=True)
class Progress:
    """What an update may read besides the parameter.

    Attributes:
        learning_rate: the rate of this step, a run-time input.
        step: number of this step, from 1, in the parameters' dtype.
    """

    learning_rate: Tensor
    step: Tensor


@dataclass(frozen=True)
class Optimizer(ABC):
    """An update rule.

    Attributes:
        learning_rate: the rate to start with.
    """

    learning_rate: float
    slots: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        check_hyperparameter(type(self).__name__, "learning_rate", self.learning_rate, 0.0, math.inf)

    @abstractmethod
    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and the new slots."""


def check_hyperparameter(owner: str, name: str, value: object, low: float, high: float) -> None:
    """Check that a hyperparameter lies in [low, high).

    Raises:
        ModelError: it does not, or is no number.
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number) or not low <= number < high:
        upper = "no upper limit" if high == math.inf else f"below {high:g}"
        raise ModelError(f"{owner}: got {name}={value!r}, expected a number of at least {low:g}, {upper}.")


def term(value: Tensor, name: str) -> Tensor:
    """Return one term of an update under the name that explanations use."""
    return mark(value, Role.UPDATE, name)
