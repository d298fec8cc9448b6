"""Targets: what users give as the numbers that a network learns, and its outputs as what users expect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.multiclass import unique_labels

from tiza.nn.losses import BinaryCrossentropy, Loss, SparseCategoricalCrossentropy, SummedBinaryCrossentropy
from tiza.sklearn.losses import BY_WEIGHT, RegressionLoss

Array = np.ndarray[Any, Any]

THRESHOLD = 0.5
"""A class is told where its probability is above this."""


class Targets(ABC):
    """What is learned, and how a network says it."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number of the network's outputs."""

    @property
    @abstractmethod
    def out_activation(self) -> str:
        """Activation of the output, by scikit-learn's name."""

    @property
    @abstractmethod
    def loss(self) -> Loss:
        """What is made small."""

    def told_loss(self, loss: float, penalty: float) -> float:
        """Return the loss that is told, of what is made small and the penalty in it: they are the same."""
        return loss

    @abstractmethod
    def encoded(self, y: Any) -> Array:
        """Return targets as numbers; losses take them in their own dtype."""

    @abstractmethod
    def decoded(self, outputs: Array) -> Any:
        """Return what outputs say, as users give targets."""

    @abstractmethod
    def score(self, y: Any, outputs: Array, sample_weight: Array | None) -> float:
        """Return the accuracy, or R^2."""

    def strata(self, y: Any) -> Any:
        """Return what a split keeps the shares of; None if there is nothing."""
        return None


@dataclass(frozen=True, eq=False)
class Labels(Targets):
    """Targets that are classes.

    Attributes:
        classes: the classes, in order.
    """

    classes: Array

    def score(self, y: Any, outputs: Array, sample_weight: Array | None) -> float:
        """Return the share of samples that are right."""
        return float(accuracy_score(y, self.decoded(outputs), sample_weight=sample_weight))

    def probabilities(self, outputs: Array) -> Array:
        """Return the probability of each class, `(samples, classes)`."""
        return outputs


@dataclass(frozen=True, eq=False)
class TwoClasses(Labels):
    """One of two classes, or always the same one: one output, the probability of the second."""

    @property
    def outputs(self) -> int:
        """One probability."""
        return 1

    @property
    def out_activation(self) -> str:
        """The logistic function."""
        return "logistic"

    @property
    def loss(self) -> Loss:
        """The cross-entropy of a yes or no."""
        return BinaryCrossentropy(reduction=BY_WEIGHT)

    def encoded(self, y: Any) -> Array:
        """Return 1 for the second class, else 0."""
        second: Array = y == self.classes[1] if len(self.classes) == 2 else np.zeros(len(y), bool)
        return second[:, None].astype("uint8")

    def decoded(self, outputs: Array) -> Any:
        """Return the more probable class."""
        return self.classes[(outputs[:, 0] > THRESHOLD).astype("intp") % len(self.classes)]

    def probabilities(self, outputs: Array) -> Array:
        """Return the probabilities of both."""
        return np.hstack([1 - outputs, outputs])

    def strata(self, y: Any) -> Any:
        """Return the classes."""
        return y


@dataclass(frozen=True, eq=False)
class ManyClasses(Labels):
    """One of three classes or more: an output each."""

    @property
    def outputs(self) -> int:
        """A probability a class."""
        return len(self.classes)

    @property
    def out_activation(self) -> str:
        """The softmax."""
        return "softmax"

    @property
    def loss(self) -> Loss:
        """The cross-entropy of one choice."""
        return SparseCategoricalCrossentropy(reduction=BY_WEIGHT)

    def encoded(self, y: Any) -> Array:
        """Return the number of each class."""
        numbers: Array = np.searchsorted(self.classes, y)
        return numbers

    def decoded(self, outputs: Array) -> Any:
        """Return the most probable class."""
        return self.classes[outputs.argmax(axis=1)]


@dataclass(frozen=True, eq=False)
class ManyLabels(Labels):
    """A yes or no for each of several labels.

    Attributes:
        sparse: whether targets are sparse matrices.
    """

    sparse: bool

    @property
    def outputs(self) -> int:
        """A probability a label."""
        return len(self.classes)

    @property
    def out_activation(self) -> str:
        """The logistic function."""
        return "logistic"

    @property
    def loss(self) -> Loss:
        """The cross-entropies of all labels, added."""
        return SummedBinaryCrossentropy(reduction=BY_WEIGHT)

    def encoded(self, y: Any) -> Array:
        """Return 1 for yes, else 0."""
        indicators: Array = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
        return (indicators > 0).astype("uint8")

    def decoded(self, outputs: Array) -> Any:
        """Return 1 where yes is the more probable, else 0; sparse if what was learned was."""
        indicators = (outputs > THRESHOLD).astype("int64")
        return csr_array(indicators) if self.sparse else indicators


def labels_of(y: Any, kind: str) -> Labels:
    """Return what classes are learned from targets.

    Args:
        y: targets, or all the classes there will be.
        kind: scikit-learn's type of target.
    """
    classes = unique_labels(y)
    if kind.startswith("multilabel"):
        return ManyLabels(classes, hasattr(y, "toarray"))
    return TwoClasses(classes) if len(classes) <= 2 else ManyClasses(classes)


@dataclass(frozen=True)
class Quantities(Targets):
    """Numbers, one or several a sample.

    Attributes:
        regression: the loss, and what belongs to it.
        count: how many numbers a sample.
    """

    regression: RegressionLoss
    count: int

    @property
    def outputs(self) -> int:
        """One for each number."""
        return self.count

    @property
    def out_activation(self) -> str:
        """That which belongs to the loss."""
        return self.regression.activation

    @property
    def loss(self) -> Loss:
        """The loss."""
        return self.regression.loss

    def told_loss(self, loss: float, penalty: float) -> float:
        """Return the loss that is told; that of scikit-learn's squares is a mean over outputs."""
        if not self.regression.is_mean_over_outputs:
            return loss
        return (loss - penalty) / self.count + penalty

    def encoded(self, y: Any) -> Array:
        """Return the numbers, `(samples, outputs)`."""
        return np.reshape(y, (len(y), self.count))

    def decoded(self, outputs: Array) -> Any:
        """Return the numbers, `(samples,)` if there is one a sample."""
        return outputs[:, 0] if self.count == 1 else outputs

    def score(self, y: Any, outputs: Array, sample_weight: Array | None) -> float:
        """Return R^2; not a number if an output is none."""
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(y, self.decoded(outputs), sample_weight=sample_weight))
