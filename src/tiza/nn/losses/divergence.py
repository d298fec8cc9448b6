"""Losses between distributions and for counts: the divergence of Kullback and Leibler, Poisson's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses.base import ReducedLoss, Statement, over_samples
from tiza.nn.losses.crossentropy import check_probabilities_of
from tiza.nn.targets import CLASSES, NON_NEGATIVE
from tiza.ops.composite import xlogy
from tiza.ops.elementwise import log
from tiza.ops.reduction import sum as total

EPSILON = 1e-7
"""What Keras adds to a rate before it takes its logarithm."""


@dataclass(frozen=True)
class KLDivergence(ReducedLoss):
    """How much longer a message gets that is coded for a in place of y; Kullback and Leibler (1951).

    Keras clips y and a at 1e-7; here 0 log 0 is 0, and a = 0 where y is not costs infinity.

    Example:
        >>> import tiza as tz
        >>> y, a = tz.ops.constant([[1.0, 0.0]]), tz.ops.constant([[0.5, 0.5]])
        >>> tz.evaluate(tz.losses.KLDivergence().call(y, a)).round(6)
        array([0.693147])
    """

    name: ClassVar[str] = "kl_divergence"
    statement: ClassVar[Statement] = Statement(
        "sum(xlogy(y, y) - xlogy(y, a))", targets=CLASSES, outputs="softmax", keras="KLDivergence"
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return sum y log(y / a) over the last axis."""
        return over_samples(total(xlogy(targets, targets) - xlogy(targets, outputs), -1))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output may be probabilities."""
        if activation != "sigmoid":
            check_probabilities_of(self.name, "softmax", activation, from_logits=None)


@dataclass(frozen=True)
class Poisson(ReducedLoss):
    """The mean over outputs of a - y log a, for counts y of a Poisson process with rate a, as Keras.

    As there, 1e-7 is added to a before the logarithm. Terms of y alone are left out, so that it may be
    negative. The rate must be positive: softplus or exp gives such outputs.
    """

    name: ClassVar[str] = "poisson"
    statement: ClassVar[Statement] = Statement(
        "mean(a - y * log(a + 1e-7))",
        targets=NON_NEGATIVE,
        outputs="sigmoid",
        keras="Poisson",
        sklearn="half of mean_poisson_deviance, but for terms of y",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean a - y log(a + 1e-7)."""
        return over_samples(outputs - targets * log(outputs + EPSILON))
