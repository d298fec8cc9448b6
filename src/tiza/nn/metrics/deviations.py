"""Metrics of quantities: the root of the mean square, the share of variance explained, the cosine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses.base import over_samples
from tiza.nn.losses.regression import CosineSimilarity as CosineLoss
from tiza.nn.metrics.base import Array, Metric, misfit
from tiza.ops.layout import concatenate


@dataclass(frozen=True)
class RootMeanSquaredError(Metric):
    """The root of the mean over samples and outputs of (y - a)^2."""

    name: str = "root_mean_squared_error"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the mean over outputs of (y - a)^2."""
        if targets.shape != outputs.shape:
            raise misfit(self.name, targets, outputs)
        difference = outputs - targets
        return over_samples(difference * difference)

    def result(self, sums: Array, weight: float) -> float:
        """Return the root of the mean."""
        return math.sqrt(float(sums[0]) / (weight or 1.0))


@dataclass(frozen=True)
class CosineSimilarity(Metric):
    """The mean cosine of the angle between y and a: 1 where they point alike, as Keras.

    The loss of that name is its negative, as there.
    """

    name: str = "cosine_similarity"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return y.a / (|y| |a|)."""
        if targets.shape != outputs.shape:
            raise misfit(self.name, targets, outputs)
        return -CosineLoss().call(targets, outputs)


AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@dataclass(frozen=True)
class R2Score(Metric):
    """1 - sum (y - a)^2 / sum (y - mean y)^2, the coefficient of determination, as Keras and scikit-learn.

    Sums are taken in float64. Where targets do not vary it is 1 if all outputs are right, else 0, as
    scikit-learn. Keras' argument `num_regressors` does not exist here.

    Args:
        class_aggregation: `uniform_average` of the outputs, `variance_weighted_average`, or None for a number
            an output (`r2_score[0]` ...).
        name: what it is called.

    Raises:
        ModelError: `class_aggregation` is something else.
    """

    class_aggregation: str | None = "uniform_average"
    name: str = "r2_score"

    def __post_init__(self) -> None:
        if self.class_aggregation not in AGGREGATIONS:
            raise ModelError(
                f"R2Score: got class_aggregation={self.class_aggregation!r}, expected 'uniform_average', "
                "'variance_weighted_average' or None."
            )

    def parts(self, outputs: TensorType) -> tuple[str, ...]:
        """Return the names of three sums an output."""
        sums = ("targets", "squares", "residuals")
        return tuple(f"{one}[{place}]" for one in sums for place in range(outputs.size // outputs.shape[0]))

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return y, y^2 and (y - a)^2 of each sample, `(batch, 3 x outputs)`."""
        if targets.shape != outputs.shape:
            raise misfit(self.name, targets, outputs)
        y, a = (one.astype("float64").reshape((outputs.shape[0], -1)) for one in (targets, outputs))
        return concatenate([y, y * y, (y - a) * (y - a)], 1)

    def result(self, sums: Array, weight: float) -> float | Array:
        """Return the share of variance that is explained."""
        summed, squares, residuals = np.asarray(sums, dtype="float64").reshape(3, -1)
        variation = squares - summed * summed / (weight or 1.0)
        # what rounding leaves of targets that do not vary
        variation = np.where(variation <= 1e-15 * squares, 0.0, variation)
        varies = variation > 0.0
        ratio = np.divide(residuals, variation, out=np.ones_like(variation), where=varies)
        scores = np.where(varies | (residuals > 0.0), 1.0 - ratio, 1.0)
        if self.class_aggregation is None:
            return scores
        if self.class_aggregation == "uniform_average" or not varies.any():
            return float(scores.mean())
        return float((scores * variation).sum() / variation.sum())


DEVIATIONS: dict[str, Callable[[], Metric]] = {
    "cosine_similarity": CosineSimilarity,
    "r2_score": R2Score,
    "root_mean_squared_error": RootMeanSquaredError,
}
