"""Losses: one number a sample, averaged over the batch.

| class | loss of a sample | targets |
|---|---|---|
| `Quadratic` | 1/2 sum (y - a)^2 | shape of the output |
| `MeanSquaredError` | mean (y - a)^2 | shape of the output |
| `BinaryCrossentropy` | mean -(y log a + (1 - y) log(1 - a)) | 0..1, shape of the output |
| `CategoricalCrossentropy` | -sum y log a | probabilities, shape of the output |
| `SparseCategoricalCrossentropy` | -log a[y] | whole labels |

Logarithms are never clipped: p = 0 where the target is 0 costs 0, where it is 1 it costs infinity. Keras
clips at 1e-7, so the two differ there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.nn.registry import find
from tiza.nn.targets import check_probabilities, check_whole_labels, converted, fitted_shape
from tiza.ops.composite import log_softmax, xlogy
from tiza.ops.elementwise import log, softplus, where
from tiza.ops.layout import iota
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]


def over_samples(values: Tensor) -> Tensor:
    """Return the mean over all axes but the batch: `(batch, ...)` -> `(batch,)`."""
    return mean(values, tuple(range(1, values.ndim))) if values.ndim > 1 else values


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


def _as_expected(targets: Array, expected: TensorType, remedy: str) -> Array:
    """Return targets in the sample shape and dtype of `expected`; errors name indices of what was given."""
    shape = fitted_shape(targets, expected.shape[1:], remedy).shape
    return converted("y", targets, expected.dtype).reshape(shape)


class Loss(ABC):
    """How far outputs are from targets.

    A loss of your own is a plain function of targets and outputs, or a class:

    Example:
        >>> import tiza as tz
        >>> def absolute_error(y_true, y_pred):
        ...     return tz.ops.absolute(y_true - y_pred)
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", absolute_error)
        >>> model.evaluate([[1.0], [2.0]], [0.0, 0.0])
        1.5
    """

    name: ClassVar[str] = ""

    @abstractmethod
    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return each sample's loss, `(batch,)`, from targets and outputs `(batch, ...)`."""

    def target_type(self, outputs: TensorType, given: TensorType) -> TensorType:
        """Return the type of targets for outputs of a type, when the user gives another."""
        return outputs

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
        remedy = "encode labels with tz.data.one_hot, or change the number of units of the last layer."
        return _as_expected(targets, outputs, remedy)


@dataclass(frozen=True)
class Quadratic(Loss):
    """The quadratic cost C = 1/(2n) sum over samples of |y - a|^2 (course 002).

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.Quadratic()
        >>> tz.evaluate(loss.call(tz.ops.constant([[1.0, 0.0]]), tz.ops.constant([[0.0, 0.0]])))
        array([0.5])
    """

    name: ClassVar[str] = "quadratic"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return 1/2 sum (y - a)^2."""
        difference = outputs - targets
        return total(0.5 * (difference * difference), tuple(range(1, outputs.ndim)))


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The mean over outputs of (y - a)^2, as Keras."""

    name: ClassVar[str] = "mean_squared_error"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean (y - a)^2."""
        difference = outputs - targets
        return over_samples(difference * difference)


@dataclass(frozen=True)
class _Crossentropy(Loss):
    """What the cross-entropies share: outputs are probabilities, or logits on request."""

    from_logits: bool = False
    activation: ClassVar[str] = "softmax"

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is what `from_logits` says."""
        expected = self.activation
        if self.from_logits and activation in ("softmax", "sigmoid"):
            raise ModelError(
                f"loss: {self.name} with from_logits=True expects raw scores, but the last layer's "
                f"activation is {activation}; remove the activation or from_logits."
            )
        if not self.from_logits and activation in _NOT_PROBABILITIES | ({"softmax", "sigmoid"} - {expected}):
            raise ModelError(
                f"loss: {self.name} expects probabilities from {expected}, but the last layer's "
                f"activation is {activation or 'linear'}; set activation={expected!r}, "
                "or use from_logits=True on raw scores."
            )


_NOT_PROBABILITIES = {"", "identity", "linear", "relu", "tanh", "rescaling"}


@dataclass(frozen=True)
class BinaryCrossentropy(_Crossentropy):
    """Cross-entropy of independent yes-or-no outputs, the mean over outputs, as Keras.

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.BinaryCrossentropy()
        >>> cost = loss.call(tz.ops.constant([[0.0], [1.0]]), tz.ops.constant([[0.8], [0.2]]))
        >>> tz.evaluate(cost).round(6)
        array([1.609438, 1.609438])
    """

    name: ClassVar[str] = "binary_crossentropy"
    activation: ClassVar[str] = "sigmoid"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean -(y log a + (1 - y) log(1 - a))."""
        if self.from_logits:
            return over_samples(softplus(outputs) - targets * outputs)
        return over_samples(-(xlogy(targets, outputs) + xlogy(1.0 - targets, 1.0 - outputs)))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a sigmoid's."""
        if activation == "softmax" and not self.from_logits:
            raise ModelError(
                "loss: binary_crossentropy takes each output as a yes or no of its own, but the last layer's "
                "activation is softmax; use categorical_crossentropy, or activation='sigmoid'."
            )
        super().check_output(outputs, activation)

    def checked_targets(self, targets: Array, outputs: TensorType) -> Array:
        """Return targets from 0 to 1."""
        remedy = (
            "give one column a unit (tz.data.one_hot for classes), or use one sigmoid unit for two classes, "
            "or softmax with sparse_categorical_crossentropy for whole labels."
        )
        fitted = _as_expected(targets, outputs, remedy)
        check_probabilities(targets)
        return fitted


def _check_classes(loss: Loss, outputs: TensorType) -> None:
    if outputs.shape[-1] == 1:
        raise ModelError(
            f"loss: {loss.name} over one unit is always the same (its softmax is 1); use one sigmoid unit "
            "with binary_crossentropy, or a unit a class."
        )


@dataclass(frozen=True)
class CategoricalCrossentropy(_Crossentropy):
    """Cross-entropy of one choice among classes, targets as probabilities (one-hot)."""

    name: ClassVar[str] = "categorical_crossentropy"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -sum y log a."""
        if self.from_logits:
            return over_samples(-total(targets * log_softmax(outputs), -1))
        return over_samples(-total(xlogy(targets, outputs), -1))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a softmax of several units."""
        _check_classes(self, outputs)
        super().check_output(outputs, activation)

    def checked_targets(self, targets: Array, outputs: TensorType) -> Array:
        """Return targets from 0 to 1, one column a class."""
        remedy = "use sparse_categorical_crossentropy for whole labels, or encode them with tz.data.one_hot."
        fitted = _as_expected(targets, outputs, remedy)
        check_probabilities(targets)
        return fitted


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(_Crossentropy):
    """Cross-entropy of one choice among classes, targets as whole labels.

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.SparseCategoricalCrossentropy()
        >>> labels = tz.ops.constant([1], "int32")
        >>> tz.evaluate(loss.call(labels, tz.ops.constant([[0.75, 0.25]]))).round(6)
        array([1.386294])
    """

    name: ClassVar[str] = "sparse_categorical_crossentropy"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -log a[y]."""
        labelled = chosen(targets, outputs.shape)
        if self.from_logits:
            return over_samples(-total(where(labelled, log_softmax(outputs), 0.0), -1))
        # other classes count log 1, not log p: at p = 0 its slope would make 0 times infinity
        return over_samples(-total(log(where(~labelled, 1.0, outputs)), -1))

    def target_type(self, outputs: TensorType, given: TensorType) -> TensorType:
        """Return int32 labels."""
        return TensorType(outputs.shape[:-1], as_dtype("int32"))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a softmax of several units."""
        _check_classes(self, outputs)
        super().check_output(outputs, activation)

    def checked_targets(self, targets: Array, outputs: TensorType) -> Array:
        """Return whole labels as int32."""
        remedy = "give one whole label a sample, or use categorical_crossentropy for one-hot targets."
        fitted = fitted_shape(targets, outputs.shape[1:-1], remedy)
        check_whole_labels(targets, outputs.shape[-1])
        return fitted.astype("int32")  # whole and small, as was checked


def chosen(labels: Tensor, shape: Shape) -> Tensor:
    """Return where the class of each sample stands, as booleans of `shape`, `(batch, ..., classes)`."""
    classes = iota(shape, len(shape) - 1)
    return classes == labels.reshape((*labels.shape, 1))


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
        return _as_expected(targets, wanted, "change the targets' shape.")


LOSSES: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "quadratic": Quadratic,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def loss(name_or_object: object) -> Loss:
    """Return a loss by name, the object itself, or a function as a loss.

    Raises:
        NameNotFoundError: no loss has that name.
        ModelError: it is none of these.
    """
    if isinstance(name_or_object, Loss):
        return name_or_object
    if isinstance(name_or_object, str):
        return find("loss", name_or_object, LOSSES)()
    if isinstance(name_or_object, type) and issubclass(name_or_object, Loss):
        return name_or_object()
    if callable(name_or_object):
        return FunctionLoss(name_or_object)
    raise ModelError(f"loss: got {name_or_object!r}, expected a name, a tz.losses object or a function.")
