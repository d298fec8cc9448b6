"""Hinge losses: nothing to pay for the right side with a margin of 1; targets are signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tiza.graph.tensor import Tensor
from tiza.nn.losses.base import ReducedLoss, Statement, over_samples
from tiza.nn.targets import CLASSES, SIGNS
from tiza.ops.elementwise import maximum, where
from tiza.ops.reduction import max as largest
from tiza.ops.reduction import sum as total


def _missing(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return what is missing to the margin; a target of 0 stands for -1."""
    signs = where(targets == 0.0, -1.0, targets)
    return maximum(1.0 - signs * outputs, 0.0)


@dataclass(frozen=True)
class Hinge(ReducedLoss):
    """The mean over outputs of max(0, 1 - y a), y being -1 or 1 (0 counts as -1), as Keras.

    Keras takes other targets as they are; here they are refused.

    Example:
        >>> import tiza as tz
        >>> y, a = tz.ops.constant([[1.0], [0.0]]), tz.ops.constant([[0.25], [-2.0]])
        >>> tz.evaluate(tz.losses.Hinge().call(y, a))
        array([0.75, 0.  ])
    """

    name: ClassVar[str] = "hinge"
    statement: ClassVar[Statement] = Statement(
        "mean(maximum(0, 1 - where(y == 0, -1, y) * a))",
        targets=SIGNS,
        keras="Hinge",
        sklearn="hinge_loss",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean max(0, 1 - y a)."""
        return over_samples(_missing(targets, outputs))


@dataclass(frozen=True)
class SquaredHinge(ReducedLoss):
    """The mean over outputs of max(0, 1 - y a)^2, y being -1 or 1 (0 counts as -1), as Keras."""

    name: ClassVar[str] = "squared_hinge"
    statement: ClassVar[Statement] = Statement(
        "mean(maximum(0, 1 - where(y == 0, -1, y) * a)^2)",
        targets=SIGNS,
        keras="SquaredHinge",
        sklearn="squared_hinge of LinearSVC",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean max(0, 1 - y a)^2."""
        missing = _missing(targets, outputs)
        return over_samples(missing * missing)


@dataclass(frozen=True)
class CategoricalHinge(ReducedLoss):
    """max(0, 1 + the largest output of a wrong class - that of the right one), as Keras."""

    name: ClassVar[str] = "categorical_hinge"
    statement: ClassVar[Statement] = Statement(
        "maximum(0, max((1 - y) * a) - sum(y * a) + 1)", targets=CLASSES, keras="CategoricalHinge"
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return max(0, max (1 - y) a - sum y a + 1)."""
        right = total(targets * outputs, -1)
        wrong = largest((1.0 - targets) * outputs, -1)
        return over_samples(maximum(wrong - right + 1.0, 0.0))
