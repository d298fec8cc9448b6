"""Metrics of yes and no: precision, recall and F scores, from counts of right and wrong.

Targets say yes where they exceed 0; whole labels stand for their one-hot columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.checks import check_hyperparameter, whole_number
from tiza.nn.losses.base import over_outputs
from tiza.nn.losses.crossentropy import chosen
from tiza.nn.metrics.base import Array, Metric, are_labels, as_labels, misfit
from tiza.ops.layout import concatenate, iota, stack
from tiza.ops.reduction import argmax
from tiza.ops.reduction import max as largest
from tiza.ops.reduction import sum as total

Count = Callable[[Tensor, Tensor], Tensor]

COUNTS: dict[str, Count] = {
    "true_positives": lambda yes, said: yes & said,
    "false_positives": lambda yes, said: ~yes & said,
    "false_negatives": lambda yes, said: yes & ~said,
    "true_negatives": lambda yes, said: ~yes & ~said,
}
"""Where something is counted, from what is so and what the network said, both booleans."""


def positives(name: str, targets: Tensor, outputs: Tensor) -> Tensor:
    """Return where targets say yes, as booleans of the outputs' shape.

    Raises:
        ModelError: the shapes do not fit.
    """
    if are_labels(targets.type, outputs.type):
        return chosen(as_labels(name, targets, outputs), outputs.shape)
    if targets.shape != outputs.shape:
        raise misfit(name, targets, outputs)
    return targets > 0.0


def among_largest(outputs: Tensor, k: int) -> Tensor:
    """Return where the k largest of the last axis stand; of equal ones the first come first."""
    classes = iota(outputs.shape, outputs.ndim - 1)
    if k == 1:
        return classes == argmax(outputs, axis=-1).reshape((*outputs.shape[:-1], 1))
    size = outputs.shape[-1]
    own, own_place = (one.reshape((*outputs.shape, 1)) for one in (outputs, classes))
    other, place = (one.reshape((*outputs.shape[:-1], 1, size)) for one in (outputs, classes))
    ahead = (other > own) | ((other == own) & (place < own_place))
    return total(ahead, -1) < k


def quotient(part: Array, whole: Array) -> Array:
    """Return part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


@dataclass(frozen=True)
class CountingMetric(Metric):
    """What is made of counts of right and wrong.

    Args:
        thresholds: what an output must exceed to be a yes: a number, or several, which give as many
            results; 0.5 if None, and none at all if `top_k` is given.
        top_k: only the k largest outputs of a sample can be a yes.
        class_id: count this output alone.
        name: what it is called.

    Raises:
        ModelError: an argument does not fit.
    """

    thresholds: float | Sequence[float] | None = None
    top_k: int | None = None
    class_id: int | None = None
    name: str = "counts"
    counted: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for one in self.limits:
            if one != -math.inf:
                check_hyperparameter(type(self).__name__, "thresholds", one, 0.0, math.nextafter(1.0, 2.0))
        if self.top_k is not None:
            whole_number("top_k", self.top_k)
        if self.class_id is not None:
            whole_number("class_id", self.class_id, 0)

    @property
    def limits(self) -> tuple[float, ...]:
        """The thresholds, one or more."""
        if self.thresholds is None:
            return (0.5 if self.top_k is None else -math.inf,)
        return tuple(self.thresholds) if isinstance(self.thresholds, Sequence) else (self.thresholds,)

    def parts(self, outputs: TensorType) -> tuple[str, ...]:
        """Return a name a count and threshold."""
        if len(self.limits) == 1:
            return self.counted
        return tuple(f"{one}[{place}]" for place, _ in enumerate(self.limits) for one in self.counted)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return how often each sample counts, `(batch, thresholds x counts)`."""
        yes = positives(self.name, targets, outputs)
        possible = None if self.top_k is None else among_largest(outputs, self.top_k)
        columns = []
        for limit in self.limits:
            said = outputs > limit if possible is None else (outputs > limit) & possible
            columns += [self._number(COUNTS[one](yes, said)) for one in self.counted]
        return stack(columns, 1).astype(outputs.dtype)

    def _number(self, where: Tensor) -> Tensor:
        if self.class_id is None:
            return over_outputs(where.astype("int32"))
        if self.class_id >= where.shape[-1]:
            raise ModelError(
                f"metric {self.name!r}: got class_id={self.class_id}, expected 0 to {where.shape[-1] - 1} "
                f"for {where.shape[-1]} outputs."
            )
        return over_outputs(where[..., self.class_id].astype("int32"))

    def result(self, sums: Array, weight: float) -> float | Array:
        """Return the share that the first count has in all, 0 where nothing was counted."""
        counts = np.asarray(sums, dtype="float64").reshape(len(self.limits), len(self.counted))
        return quotient(counts[:, 0], counts.sum(axis=1))


@dataclass(frozen=True)
class Precision(CountingMetric):
    """How often a yes is right: true positives / (true positives + false positives), as Keras.

    Args:
        thresholds: what an output must exceed to be a yes: a number, or several, which give as many
            results; 0.5 if None, and none at all if `top_k` is given.
        top_k: only the k largest outputs of a sample can be a yes.
        class_id: count this output alone.
        name: what it is called.
    """

    name: str = "precision"
    counted: ClassVar[tuple[str, ...]] = ("true_positives", "false_positives")


@dataclass(frozen=True)
class Recall(CountingMetric):
    """How much of what is a yes was found: true positives / (true positives + false negatives), as Keras.

    Args:
        thresholds: what an output must exceed to be a yes: a number, or several, which give as many
            results; 0.5 if None, and none at all if `top_k` is given.
        top_k: only the k largest outputs of a sample can be a yes.
        class_id: count this output alone.
        name: what it is called.
    """

    name: str = "recall"
    counted: ClassVar[tuple[str, ...]] = ("true_positives", "false_negatives")


@dataclass(frozen=True)
class _Count(CountingMetric):
    def result(self, sums: Array, weight: float) -> float | Array:
        """Return the counts."""
        return np.asarray(sums)


@dataclass(frozen=True)
class TruePositives(_Count):
    """The number of times that yes was right."""

    name: str = "true_positives"
    counted: ClassVar[tuple[str, ...]] = ("true_positives",)


@dataclass(frozen=True)
class FalsePositives(_Count):
    """The number of times that yes was wrong."""

    name: str = "false_positives"
    counted: ClassVar[tuple[str, ...]] = ("false_positives",)


@dataclass(frozen=True)
class TrueNegatives(_Count):
    """The number of times that no was right."""

    name: str = "true_negatives"
    counted: ClassVar[tuple[str, ...]] = ("true_negatives",)


@dataclass(frozen=True)
class FalseNegatives(_Count):
    """The number of times that no was wrong."""

    name: str = "false_negatives"
    counted: ClassVar[tuple[str, ...]] = ("false_negatives",)


def f_score(counts: Array, beta: float) -> Array:
    """Return (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp) for rows tp, fp, fn; 0 where nothing was counted.

    Example:
        >>> f_score(np.array([[2.0], [1.0], [1.0]]), 1.0)
        array([0.66666667])
    """
    true_positives, false_positives, false_negatives = counts
    right = (1.0 + beta**2) * true_positives
    return quotient(right, right + beta**2 * false_negatives + false_positives)


F_COUNTS = ("true_positives", "false_positives", "false_negatives")
AVERAGES = (None, "micro", "macro", "weighted")


@dataclass(frozen=True)
class FBetaScore(Metric):
    """(1 + b^2) precision recall / (b^2 precision + recall) of each class, as Keras; van Rijsbergen (1979).

    Keras adds 1e-7 to denominators; here it is 0 where nothing was counted.

    Args:
        average: None gives a number a class (`fbeta_score[0]` ...), `macro` their mean, `weighted` their mean
            by how often a class is, `micro` the score of all counts together.
        beta: how many times as much recall counts as precision.
        threshold: what an output must exceed to be a yes; None takes the largest of a sample.
        name: what it is called.

    Raises:
        ModelError: an argument does not fit; or there is a single output and no threshold.
    """

    average: str | None = None
    beta: float = 1.0
    threshold: float | None = None
    name: str = "fbeta_score"

    def __post_init__(self) -> None:
        if self.average not in AVERAGES:
            raise ModelError(
                f"{self.name}: got average={self.average!r}, expected None, 'micro', 'macro' or 'weighted'."
            )
        check_hyperparameter(self.name, "beta", self.beta, math.ulp(0.0), math.inf)
        if self.threshold is not None:
            check_hyperparameter(self.name, "threshold", self.threshold, 0.0, math.nextafter(1.0, 2.0))

    def parts(self, outputs: TensorType) -> tuple[str, ...]:
        """Return a name a count and class."""
        if self.average == "micro":
            return F_COUNTS
        return tuple(f"{one}[{place}]" for one in F_COUNTS for place in range(outputs.shape[-1]))

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the counts of each sample, `(batch, counts x classes)`."""
        if outputs.ndim != 2:
            raise ModelError(
                f"metric {self.name!r}: got outputs of shape {outputs.shape}, expected (batch, classes)."
            )
        yes, said = positives(self.name, targets, outputs), self._said(outputs)
        counts = [COUNTS[one](yes, said).astype(outputs.dtype) for one in F_COUNTS]
        if self.average == "micro":
            return stack([total(one, 1) for one in counts], 1)
        return concatenate(counts, 1)

    def _said(self, outputs: Tensor) -> Tensor:
        if self.threshold is not None:
            return outputs > self.threshold
        if outputs.shape[-1] == 1:
            raise ModelError(
                f"metric {self.name!r}: the only output is always the largest, so that every sample would be "
                "a yes; give threshold=0.5."
            )
        # as Keras: equal ones are all a yes, but for zeros
        return (outputs >= largest(outputs, -1, keepdims=True)) & (abs(outputs) > 1e-9)

    def result(self, sums: Array, weight: float) -> float | Array:
        """Return the score of each class, or their average; 0 where nothing was counted."""
        counts = np.asarray(sums, dtype="float64").reshape(len(F_COUNTS), -1)
        scores = f_score(counts, self.beta)
        if self.average is None:
            return scores
        if self.average == "weighted":
            support = counts[0] + counts[2]
            return float((scores * support).sum() / (support.sum() or 1.0))
        return float(scores.mean())


@dataclass(frozen=True)
class F1Score(Metric):
    """2 precision recall / (precision + recall) of each class, as Keras.

    Args:
        average: None gives a number a class (`f1_score[0]` ...), `macro` their mean, `weighted` their mean by
            how often a class is, `micro` the score of all counts together.
        threshold: what an output must exceed to be a yes; None takes the largest of a sample.
        name: what it is called.

    Raises:
        ModelError: an argument does not fit; or there is a single output and no threshold.
    """

    average: str | None = None
    threshold: float | None = None
    name: str = "f1_score"

    def __post_init__(self) -> None:
        _ = self._score

    @property
    def _score(self) -> FBetaScore:
        return FBetaScore(self.average, 1.0, self.threshold, self.name)

    def parts(self, outputs: TensorType) -> tuple[str, ...]:
        """Return a name a count and class."""
        return self._score.parts(outputs)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the counts of each sample, `(batch, counts x classes)`."""
        return self._score.call(targets, outputs)

    def result(self, sums: Array, weight: float) -> float | Array:
        """Return the score of each class, or their average; 0 where nothing was counted."""
        return self._score.result(sums, weight)


COUNTING: dict[str, Callable[[], Metric]] = {
    "f1_score": F1Score,
    "false_negatives": FalseNegatives,
    "false_positives": FalsePositives,
    "fbeta_score": FBetaScore,
    "precision": Precision,
    "recall": Recall,
    "true_negatives": TrueNegatives,
    "true_positives": TruePositives,
}
