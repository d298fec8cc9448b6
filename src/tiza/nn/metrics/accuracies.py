"""Accuracies: the share of samples, or of outputs, that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.checks import finite_number, whole_number
from tiza.nn.losses.base import over_samples
from tiza.nn.losses.crossentropy import chosen
from tiza.nn.metrics.base import Metric, MetricFunction, are_labels, as_labels, misfit
from tiza.ops.elementwise import where
from tiza.ops.reduction import argmax
from tiza.ops.reduction import sum as total


def _check_same_shape(name: str, targets: Tensor, outputs: Tensor) -> None:
    if targets.shape != outputs.shape:
        raise misfit(name, targets, outputs)


def binary_accuracy(targets: Tensor, outputs: Tensor, threshold: float = 0.5) -> Tensor:
    """Return 1 for each output on the side of the threshold where its target is of 1/2."""
    _check_same_shape("binary_accuracy", targets, outputs)
    return ((outputs > threshold) == (targets > 0.5)).astype(outputs.dtype)


def categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the class with the largest target."""
    _check_same_shape("categorical_accuracy", targets, outputs)
    return (argmax(outputs, axis=-1) == argmax(targets, axis=-1)).astype(outputs.dtype)


def sparse_categorical_accuracy(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return 1 where the largest output is the labelled class; targets `(batch,)` or `(batch, 1)`."""
    labels = as_labels("sparse_categorical_accuracy", targets, outputs)
    return (argmax(outputs, axis=-1) == labels).astype(outputs.dtype)


def top_k_categorical_accuracy(targets: Tensor, outputs: Tensor, k: int = 5) -> Tensor:
    """Return 1 where fewer than k outputs exceed that of the class with the largest target."""
    _check_same_shape("top_k_categorical_accuracy", targets, outputs)
    return _among_largest(argmax(targets, axis=-1), outputs, k)


def sparse_top_k_categorical_accuracy(targets: Tensor, outputs: Tensor, k: int = 5) -> Tensor:
    """Return 1 where fewer than k outputs exceed that of the labelled class."""
    return _among_largest(as_labels("sparse_top_k_categorical_accuracy", targets, outputs), outputs, k)


def _among_largest(labels: Tensor, outputs: Tensor, k: int) -> Tensor:
    own = total(where(chosen(labels, outputs.shape), outputs, 0.0), -1, keepdims=True)
    return (total(outputs > own, -1) < k).astype(outputs.dtype)


def accuracy_for(targets: TensorType, outputs: TensorType) -> MetricFunction:
    """Return the accuracy that fits the targets: labels, classes one-hot, or yes-or-no."""
    if are_labels(targets, outputs):
        return sparse_categorical_accuracy
    return binary_accuracy if outputs.shape[-1] == 1 else categorical_accuracy


@dataclass(frozen=True)
class FittingAccuracy(Metric):
    """The accuracy that fits the targets, as Keras' name `accuracy` means."""

    name: str = "accuracy"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(accuracy_for(targets.type, outputs.type)(targets, outputs))


@dataclass(frozen=True)
class BinaryAccuracy(Metric):
    """The share of outputs on the right side of a threshold."""

    name: str = "binary_accuracy"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        finite_number("BinaryAccuracy", "threshold", self.threshold)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(binary_accuracy(targets, outputs, self.threshold))


@dataclass(frozen=True)
class CategoricalAccuracy(Metric):
    """How often the largest output is the class with the largest target."""

    name: str = "categorical_accuracy"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(categorical_accuracy(targets, outputs))


@dataclass(frozen=True)
class SparseCategoricalAccuracy(Metric):
    """How often the largest output is the labelled class."""

    name: str = "sparse_categorical_accuracy"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(sparse_categorical_accuracy(targets, outputs))


@dataclass(frozen=True)
class TopKCategoricalAccuracy(Metric):
    """How often the class with the largest target is among the k largest outputs; equal ones count as in.

    Raises:
        ModelError: `k` is not a whole number of at least 1.
    """

    k: int = 5
    name: str = "top_k_categorical_accuracy"

    def __post_init__(self) -> None:
        whole_number("k", self.k)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(top_k_categorical_accuracy(targets, outputs, self.k))


@dataclass(frozen=True)
class SparseTopKCategoricalAccuracy(Metric):
    """How often the labelled class is among the k largest outputs; equal ones count as in.

    Raises:
        ModelError: `k` is not a whole number of at least 1.
    """

    k: int = 5
    name: str = "sparse_top_k_categorical_accuracy"

    def __post_init__(self) -> None:
        whole_number("k", self.k)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the share of each sample that is right."""
        return over_samples(sparse_top_k_categorical_accuracy(targets, outputs, self.k))


ACCURACIES: dict[str, Callable[[], Metric]] = {
    "acc": FittingAccuracy,
    "accuracy": FittingAccuracy,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
}
