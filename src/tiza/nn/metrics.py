"""Metrics: numbers a sample that are averaged over an epoch and not trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses import over_samples
from tiza.nn.registry import find
from tiza.ops.reduction import argmax

MetricFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def binary_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return the share of outputs on the right side of 1/2."""
    return ((outputs > 0.5) == (targets > 0.5)).astype(outputs.dtype)


def categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the class with the largest target."""
    return (argmax(outputs, axis=-1) == argmax(targets, axis=-1)).astype(outputs.dtype)


def sparse_categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the labelled class."""
    return (argmax(outputs, axis=-1) == targets.astype("int32")).astype(outputs.dtype)


def mean_squared_error(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return (y - a)^2."""
    difference = outputs - targets
    return difference * difference


def accuracy_for(targets: TensorType, outputs: TensorType) -> MetricFunction:
    """Return the accuracy that fits the targets: labels, classes one-hot, or yes-or-no."""
    if targets.rank < outputs.rank:
        return sparse_categorical_accuracy
    return binary_accuracy if outputs.shape[-1] == 1 else categorical_accuracy


METRICS: dict[str, MetricFunction | None] = {
    "acc": None,
    "accuracy": None,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "mean_squared_error": mean_squared_error,
    "mse": mean_squared_error,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric under its name; without a function it is the accuracy that fits the targets."""

    name: str
    function: MetricFunction | None

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the metric of each sample, `(batch,)`."""
        function = self.function or accuracy_for(targets.type, outputs.type)
        values = function(targets, outputs)
        if not isinstance(values, Tensor) or not values.shape or values.shape[0] != outputs.shape[0]:
            raise ModelError(
                f"metric {self.name!r} returned {values!r}, expected a traced value of shape "
                f"({outputs.shape[0]}, ...), a number or more a sample; do not average over the batch."
            )
        return over_samples(values.astype(outputs.dtype))


def metric(name_or_function: str | MetricFunction) -> Metric:
    """Return a metric by name, or a plain function of targets and outputs as one.

    Raises:
        NameNotFoundError: no metric has that name.
        ModelError: it is neither a name nor a function.

    Example:
        >>> metric("accuracy").name
        'accuracy'
    """
    if isinstance(name_or_function, str):
        return Metric(name_or_function, find("metric", name_or_function, METRICS))
    if callable(name_or_function):
        return Metric(getattr(name_or_function, "__name__", "metric"), name_or_function)
    raise ModelError(
        f"metrics: got {name_or_function!r}, expected a name or a function of targets and outputs."
    )
