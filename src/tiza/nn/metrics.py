"""Metrics: numbers a sample that are averaged over an epoch and not trained on.

Samples count as `sample_weight` says, as Keras' `weighted_metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses import over_samples, per_sample
from tiza.nn.registry import find
from tiza.ops.reduction import argmax

MetricFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def _check_same_shape(name: str, targets: Tensor, outputs: Tensor) -> None:
    """Refuse targets that would be repeated along the output, such as `(n,)` to `(n, n)`."""
    if targets.shape != outputs.shape:
        raise ModelError(
            f"metric {name!r}: got targets of shape {targets.shape} for outputs {outputs.shape}, expected "
            "equal shapes; use 'accuracy', which follows the targets, or encode labels with tz.data.one_hot."
        )


def binary_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return the share of outputs on the right side of 1/2."""
    _check_same_shape("binary_accuracy", targets, outputs)
    return ((outputs > 0.5) == (targets > 0.5)).astype(outputs.dtype)


def categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the class with the largest target."""
    _check_same_shape("categorical_accuracy", targets, outputs)
    return (argmax(outputs, axis=-1) == argmax(targets, axis=-1)).astype(outputs.dtype)


def sparse_categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the labelled class; targets `(batch,)` or `(batch, 1)`."""
    if targets.shape == (*outputs.shape[:-1], 1):
        targets = targets.reshape(outputs.shape[:-1])
    if targets.shape != outputs.shape[:-1]:
        raise ModelError(
            f"metric 'sparse_categorical_accuracy': got targets of shape {targets.shape} for outputs "
            f"{outputs.shape}, expected one label a sample; use 'categorical_accuracy' for one-hot targets."
        )
    return (argmax(outputs, axis=-1) == targets.astype("int32")).astype(outputs.dtype)


def mean_squared_error(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return (y - a)^2."""
    _check_same_shape("mean_squared_error", targets, outputs)
    difference = outputs - targets
    return difference * difference


def accuracy_for(targets: TensorType, outputs: TensorType) -> MetricFunction:
    """Return the accuracy that fits the targets: labels, classes one-hot, or yes-or-no."""
    one_label = targets.rank == outputs.rank and targets.shape[-1] == 1 < outputs.shape[-1]
    if targets.rank < outputs.rank or one_label:
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
        return over_samples(per_sample(f"metric {self.name!r}", values, outputs).astype(outputs.dtype))


def distinct(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return metrics whose names differ from one another and from `loss`.

    Raises:
        ModelError: a name stands for two numbers.
    """
    chosen = tuple(metrics)
    taken = {"loss"}
    for one in chosen:
        if one.name in taken:
            raise ModelError(
                f"metrics: the name {one.name!r} stands for two numbers; give functions other names."
            )
        taken.add(one.name)
    return chosen


def metric(name_or_function: object) -> Metric:
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
