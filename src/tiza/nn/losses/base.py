"""What a loss is: one number a sample, how a batch's numbers become one, and what it states of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.nn.checks import check_switches
from tiza.nn.registry import find
from tiza.nn.targets import NUMBERS, TargetKind, as_expected
from tiza.ops.elementwise import where
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]


def over_samples(values: Tensor) -> Tensor:
    """Return the mean over all axes but the batch: `(batch, ...)` -> `(batch,)`."""
    return mean(values, tuple(range(1, values.ndim))) if values.ndim > 1 else values


def over_outputs(values: Tensor) -> Tensor:
    """Return the sum over all axes but the batch: `(batch, ...)` -> `(batch,)`."""
    return total(values, tuple(range(1, values.ndim))) if values.ndim > 1 else values


def per_sample(owner: str, values: object, outputs: Tensor) -> Tensor:
    """Return what a user's function gave, after checking that it is a number or more a sample.

    Raises:
        ModelError: it is not traced, or does not keep the batch.
    """
    if not isinstance(values, Tensor) or not values.shape or values.shape[0] != outputs.shape[0]:
        raise ModelError(
            f"{owner}: your function returned {values!r}, expected a traced value of shape "
            f"({outputs.shape[0]}, ...), a number or more a sample; do not average over the batch."
        )
    return values


@dataclass(frozen=True, slots=True)
class Reduction:
    """How the losses of samples become one number.

    Attributes:
        batch: (losses `(batch,)`, weights or None) -> the loss of the batch.
        epoch: (weighted sum of losses, sum of weights) -> the loss of all samples measured.
    """

    batch: Callable[[Tensor, Tensor | None], Tensor]
    epoch: Callable[[float, float], float]


def _summed(losses: Tensor, weight: Tensor | None) -> Tensor:
    return total(losses if weight is None else losses * weight)


def _averaged(losses: Tensor, weight: Tensor | None) -> Tensor:
    return _summed(losses, weight) / float(losses.shape[0])


def _averaged_by_weight(losses: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return _averaged(losses, weight)
    count = total(weight)
    return _summed(losses, weight) / where(count == 0.0, 1.0, count)


def _mean_of(summed: float, weight: float) -> float:
    return summed / (weight or 1.0)


def _sum_of(summed: float, weight: float) -> float:
    return summed


MEAN = Reduction(_averaged, _mean_of)
REDUCTIONS: dict[str, Reduction] = {
    "mean": MEAN,
    "mean_with_sample_weight": Reduction(_averaged_by_weight, _mean_of),
    "sum": Reduction(_summed, _sum_of),
    "sum_over_batch_size": MEAN,
}
"""Keras' names. The mean divides by the number of samples, that with sample weights by their sum."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a loss states of itself: documents and tests are made from it.

    Attributes:
        equation: the loss of one sample with targets y and outputs a, both vectors, as NumPy would
            compute it but with ^ for powers; arguments of the loss go by their names.
        targets: what targets it takes.
        outputs: the activation whose output it reads; `linear` for any.
        keras: what Keras calls it.
        sklearn: what scikit-learn calls it.
        course: where it stands in the courses.
        examples: arguments to try besides the defaults.
    """

    equation: str = ""
    targets: TargetKind = NUMBERS
    outputs: str = "linear"
    keras: str = ""
    sklearn: str = ""
    course: str = ""
    examples: tuple[Mapping[str, Any], ...] = ()


class Loss(ABC):
    """How far outputs are from targets.

    A loss of your own is a plain function of targets and outputs, or a class:

    Example:
        >>> import tiza as tz
        >>> def largest_error(y_true, y_pred):
        ...     return tz.ops.max(tz.ops.absolute(y_true - y_pred), 1)
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", largest_error)
        >>> model.evaluate([[1.0], [2.0]], [0.0, 0.0])
        1.5
    """

    name: ClassVar[str] = ""
    statement: ClassVar[Statement] = Statement()

    sums_outputs: ClassVar[bool] = False
    """Whether a sample's loss is the sum over its outputs, not their mean."""

    @abstractmethod
    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return each sample's loss, `(batch,)`, from targets and outputs `(batch, ...)`."""

    @property
    def over_batch(self) -> Reduction:
        """How the losses of samples become one number: their mean."""
        return MEAN

    def target_type(self, outputs: TensorType, given: TensorType) -> TensorType:
        """Return the type of targets for outputs of a type, when the user gives another."""
        return self.statement.targets.type_for(outputs)

    def check_output(self, outputs: TensorType, activation: str) -> None:  # noqa: B027 - any output fits
        """Check that the network's output fits.

        Raises:
            ModelError: it does not; the remedy is named.
        """

    def checked_targets(self, targets: Array, outputs: TensorType) -> Array:
        """Return the user's targets as the array the loss reads.

        Raises:
            DataError: shape or values do not fit.
        """
        return self.statement.targets.checked(targets, outputs)


@dataclass(frozen=True)
class ReducedLoss(Loss):
    """What the losses of this library share: Keras' argument `reduction`.

    Args:
        reduction: `sum_over_batch_size` (the mean over samples), `sum`, or `mean_with_sample_weight`.

    Raises:
        NameNotFoundError: no reduction has that name.
    """

    reduction: str = field(default="sum_over_batch_size", kw_only=True)

    def __post_init__(self) -> None:
        find("reduction", self.reduction, REDUCTIONS)
        check_switches(self)

    @property
    def over_batch(self) -> Reduction:
        """How the losses of samples become one number."""
        return REDUCTIONS[self.reduction]


class FunctionLoss(Loss):
    """A plain function of targets and outputs as a loss."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.function = function

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the function's value, averaged over all axes but the batch."""
        return over_samples(per_sample("loss", self.function(targets, outputs), outputs))

    def target_type(self, outputs: TensorType, given: TensorType) -> TensorType:
        """Return the output's type for targets that match it; others keep their shape, labels as int32."""
        sample, output = given.shape[1:], outputs.shape[1:]
        if sample == output or (sample, output) == ((), (1,)):
            return outputs
        return TensorType(given.shape, as_dtype("int32") if given.dtype.kind in "iu" else outputs.dtype)

    def checked_targets(self, targets: Array, outputs: TensorType) -> Array:
        """Return targets in the dtype that the function reads."""
        given = TensorType(targets.shape, targets.dtype)
        wanted = self.target_type(outputs, given)
        return as_expected(targets, wanted, "change the targets' shape.")
