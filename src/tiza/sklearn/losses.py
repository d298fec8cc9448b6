"""Losses of regressions: scikit-learn's two by its names, and Tiza's own by theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tiza.graph.tensor import Tensor
from tiza.nn.losses import Loss, Quadratic, ReducedLoss, Statement
from tiza.nn.losses import loss as find_loss
from tiza.nn.losses.base import over_outputs
from tiza.nn.targets import NON_NEGATIVE
from tiza.ops.composite import xlogy

BY_WEIGHT = "mean_with_sample_weight"
"""How the losses of samples become one number: weighted samples are divided by the sum of their weights."""


@dataclass(frozen=True)
class HalfPoissonDeviance(ReducedLoss):
    """Half the deviance of counts y from rates a: the sum over outputs of y log(y / a) - y + a.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(HalfPoissonDeviance().call(tz.ops.constant([[1.0]]), tz.ops.constant([[1.0]])))
        array([0.])
    """

    reduction: str = field(default=BY_WEIGHT, kw_only=True)
    name: ClassVar[str] = "half_poisson_deviance"
    statement: ClassVar[Statement] = Statement(
        "sum(xlogy(y, y) - xlogy(y, a) - y + a)",
        targets=NON_NEGATIVE,
        outputs="exponential",
        sklearn="poisson of MLPRegressor",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return sum y log(y / a) - y + a."""
        return over_outputs(xlogy(targets, targets) - xlogy(targets, outputs) - targets + outputs)


@dataclass(frozen=True, slots=True)
class RegressionLoss:
    """A loss, and what belongs to it.

    Attributes:
        loss: what is made small.
        activation: of the output, by scikit-learn's name.
        is_mean_over_outputs: whether the loss that is told is divided by the number of outputs. scikit-learn
            tells that mean, and follows the gradient of the sum.
    """

    loss: Loss
    activation: str = "identity"
    is_mean_over_outputs: bool = False


OF_SCIKIT_LEARN: Mapping[str, Callable[[], RegressionLoss]] = {
    "squared_error": lambda: RegressionLoss(Quadratic(reduction=BY_WEIGHT), is_mean_over_outputs=True),
    "poisson": lambda: RegressionLoss(HalfPoissonDeviance(), "exp"),
}


def regression_loss(name_or_object: object) -> RegressionLoss:
    """Return a loss by scikit-learn's name or by Tiza's, or an object with what belongs to it.

    Raises:
        NameNotFoundError: no loss has that name.
        ModelError: it is no loss.

    Example:
        >>> regression_loss("squared_error").loss, regression_loss("poisson").activation
        (Quadratic(reduction='mean_with_sample_weight'), 'exp')
    """
    if isinstance(name_or_object, str) and name_or_object in OF_SCIKIT_LEARN:
        return OF_SCIKIT_LEARN[name_or_object]()
    return RegressionLoss(find_loss(name_or_object))
