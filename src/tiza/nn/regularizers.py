"""Regularizers: a penalty on weights that is added to the loss.

| class | penalty | whose scale |
|---|---|---|
| `L1` | l1 sum abs(w) | Keras |
| `L2` | l2 sum w^2 | Keras |
| `L1L2` | l1 sum abs(w) + l2 sum w^2 | Keras; elastic net |
| `PerSample(L2(c / 2))` | c / (2 n) sum w^2, n samples | the courses (c = lambda), scikit-learn (c = alpha) |

A penalty on a weight that does not train counts in the loss all the same, and a warning says so; Keras leaves
it out. By name, `l1`, `l2` and `l1_l2` have coefficients of 0.01.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.nn.checks import check_hyperparameter
from tiza.nn.registry import find
from tiza.ops.elementwise import absolute
from tiza.ops.reduction import sum as total


class Regularizer(ABC):
    """A penalty on a weight.

    Example:
        >>> import tiza as tz
        >>> layers = [tz.Input((2,)), tz.layers.Dense(1, kernel_regularizer=tz.regularizers.L2(0.01))]
        >>> model = tz.Sequential(layers)
    """

    @abstractmethod
    def penalty(self, weight: Tensor, samples: int) -> Tensor:
        """Return the penalty of a weight, a scalar, in a batch of so many samples."""


@dataclass(frozen=True)
class L1L2(Regularizer):
    """l1 sum abs(w) + l2 sum w^2, the elastic net.

    Raises:
        ModelError: a coefficient is negative or no number.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            check_hyperparameter(type(self).__name__, name, getattr(self, name), 0.0, math.inf)

    def penalty(self, weight: Tensor, samples: int) -> Tensor:
        """Return the sum of both terms; one whose coefficient is 0 is left out."""
        terms = []
        if self.l1:
            terms.append(self.l1 * total(absolute(weight)))
        if self.l2:
            terms.append(self.l2 * total(weight * weight))
        return terms[0] + terms[1] if len(terms) == 2 else terms[0] if terms else 0.0 * total(weight)


@dataclass(frozen=True, init=False)
class L1(L1L2):
    """l1 sum abs(w); the lasso."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1, 0.0)


@dataclass(frozen=True, init=False)
class L2(L1L2):
    """l2 sum w^2; ridge.

    Example:
        >>> import tiza as tz
        >>> penalty = tz.regularizers.L2(0.5).penalty(tz.ops.constant([1.0, 2.0]), 1)
        >>> float(tz.evaluate(penalty))
        2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(0.0, l2)


@dataclass(frozen=True)
class PerSample(Regularizer):
    """A penalty divided by the number of samples of the batch.

    `PerSample(L2(c / 2))` is c / (2 n) sum w^2: with c = lambda the cost of the courses, where a batch is all
    m samples; with c = alpha that of scikit-learn's networks.

    Raises:
        ModelError: `of` is no regularizer.
    """

    of: Regularizer

    def __post_init__(self) -> None:
        if not isinstance(self.of, Regularizer):
            raise ModelError(
                f"PerSample: got of={self.of!r}, expected a tz.regularizers object, such as L2(0.5)."
            )

    def penalty(self, weight: Tensor, samples: int) -> Tensor:
        """Return the penalty divided by the number of samples."""
        return self.of.penalty(weight, samples) / float(samples)


REGULARIZERS: dict[str, Regularizer] = {"l1": L1(), "l2": L2(), "l1_l2": L1L2(0.01, 0.01)}


def regularizer(name_or_object: object) -> Regularizer | None:
    """Return a regularizer by name (Keras' defaults), the object itself, or None for None.

    Raises:
        NameNotFoundError: none has that name.
        ModelError: it is neither.
    """
    if name_or_object is None or isinstance(name_or_object, Regularizer):
        return name_or_object
    if isinstance(name_or_object, str):
        return find("regularizer", name_or_object, REGULARIZERS)
    raise ModelError(f"regularizer: got {name_or_object!r}, expected a name or a tz.regularizers object.")
