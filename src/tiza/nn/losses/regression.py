"""Losses for quantities: squares, absolute values, and what lies between."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from tiza.graph.tensor import Tensor
from tiza.nn.checks import check_hyperparameter
from tiza.nn.losses.base import ReducedLoss, Statement, over_outputs, over_samples
from tiza.nn.targets import NON_NEGATIVE
from tiza.ops.elementwise import absolute, log1p, maximum, softplus, sqrt, where
from tiza.ops.reduction import sum as total

EPSILON = 1e-7
"""Keras' smallest denominator."""


def _squared(targets: Tensor, outputs: Tensor) -> Tensor:
    difference = outputs - targets
    return difference * difference


@dataclass(frozen=True)
class Quadratic(ReducedLoss):
    """The quadratic cost C = 1/(2n) sum over samples of |y - a|^2 (course 002).

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.Quadratic()
        >>> tz.evaluate(loss.call(tz.ops.constant([[1.0, 0.0]]), tz.ops.constant([[0.0, 0.0]])))
        array([0.5])
    """

    name: ClassVar[str] = "quadratic"
    sums_outputs: ClassVar[bool] = True
    statement: ClassVar[Statement] = Statement(
        "sum((y - a)^2) / 2",
        sklearn="squared_error of MLPRegressor, for one output",
        course="002: C = 1/2n sum |y - a|^2; 003: C = 1/2 |y - a|^2",
        examples=({"reduction": "sum"},),
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return 1/2 sum (y - a)^2."""
        return over_outputs(0.5 * _squared(targets, outputs))


@dataclass(frozen=True)
class HalfSquaredError(Quadratic):
    """The error E = 1/2 sum over samples of (y - a)^2, a sum and not a mean (course 000).

    Its gradient grows with the batch, and so does the step.
    """

    reduction: str = field(default="sum", kw_only=True)
    name: ClassVar[str] = "half_squared_error"
    statement: ClassVar[Statement] = Statement(
        "sum((y - a)^2) / 2", course="000: E = 1/2 (y-hat - y)^2, added over samples"
    )


@dataclass(frozen=True)
class SumSquaredError(ReducedLoss):
    """The sum over samples and outputs of (y - a)^2, the residual sum of squares."""

    reduction: str = field(default="sum", kw_only=True)
    name: ClassVar[str] = "sum_squared_error"
    sums_outputs: ClassVar[bool] = True
    statement: ClassVar[Statement] = Statement(
        "sum((y - a)^2)",
        sklearn="what LinearRegression makes small",
        examples=({"reduction": "mean"},),
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return sum (y - a)^2."""
        return over_outputs(_squared(targets, outputs))


@dataclass(frozen=True)
class MeanSquaredError(ReducedLoss):
    """The mean over outputs of (y - a)^2, as Keras."""

    name: ClassVar[str] = "mean_squared_error"
    statement: ClassVar[Statement] = Statement(
        "mean((y - a)^2)",
        keras="MeanSquaredError",
        sklearn="mean_squared_error",
        course="004: MSE",
        examples=({"reduction": "mean_with_sample_weight"},),
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean (y - a)^2."""
        return over_samples(_squared(targets, outputs))


@dataclass(frozen=True)
class MeanAbsoluteError(ReducedLoss):
    """The mean over outputs of |y - a|, as Keras; its derivative is 0 where y = a."""

    name: ClassVar[str] = "mean_absolute_error"
    statement: ClassVar[Statement] = Statement(
        "mean(abs(y - a))", keras="MeanAbsoluteError", sklearn="mean_absolute_error"
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean |y - a|."""
        return over_samples(absolute(outputs - targets))


@dataclass(frozen=True)
class MeanAbsolutePercentageError(ReducedLoss):
    """100 times the mean over outputs of |y - a| / |y|, as Keras; |y| counts at least 1e-7."""

    name: ClassVar[str] = "mean_absolute_percentage_error"
    statement: ClassVar[Statement] = Statement(
        "100 * mean(abs((y - a) / maximum(abs(y), 1e-7)))",
        keras="MeanAbsolutePercentageError",
        sklearn="100 mean_absolute_percentage_error",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return 100 mean |y - a| / |y|."""
        size = maximum(absolute(targets), EPSILON)
        return 100.0 * over_samples(absolute((targets - outputs) / size))


@dataclass(frozen=True)
class MeanSquaredLogarithmicError(ReducedLoss):
    """The mean over outputs of (log(1 + a) - log(1 + y))^2, as Keras; outputs count at least 1e-7.

    Keras takes negative targets as 1e-7, too; here they are refused.
    """

    name: ClassVar[str] = "mean_squared_logarithmic_error"
    statement: ClassVar[Statement] = Statement(
        "mean((log(1 + maximum(a, 1e-7)) - log(1 + maximum(y, 1e-7)))^2)",
        targets=NON_NEGATIVE,
        keras="MeanSquaredLogarithmicError",
        sklearn="mean_squared_log_error",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean (log(1 + a) - log(1 + y))^2."""
        return over_samples(_squared(log1p(maximum(targets, EPSILON)), log1p(maximum(outputs, EPSILON))))


@dataclass(frozen=True)
class Huber(ReducedLoss):
    """Half the square of errors up to delta, a straight line beyond; Huber (1964), as Keras.

    Raises:
        ModelError: `delta` is negative or no number.

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.Huber()
        >>> y, a = tz.ops.constant([[0.0], [0.0]]), tz.ops.constant([[0.5], [3.0]])
        >>> tz.evaluate(loss.call(y, a))
        array([0.125, 2.5 ])
    """

    delta: float = 1.0
    name: ClassVar[str] = "huber"
    statement: ClassVar[Statement] = Statement(
        "mean(where(abs(y - a) <= delta, (y - a)^2 / 2, delta * abs(y - a) - delta^2 / 2))",
        keras="Huber",
        sklearn="epsilon^2 times half of HuberRegressor's",
        examples=({"delta": 0.3},),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_hyperparameter("Huber", "delta", self.delta, 0.0, math.inf)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, with e = a - y."""
        error = outputs - targets
        size = absolute(error)
        line = self.delta * size - 0.5 * self.delta**2
        return over_samples(where(size <= self.delta, 0.5 * (error * error), line))


@dataclass(frozen=True)
class LogCosh(ReducedLoss):
    """The mean over outputs of log cosh(y - a): a smooth relative of Huber's, as Keras."""

    name: ClassVar[str] = "log_cosh"
    statement: ClassVar[Statement] = Statement("mean(log(cosh(a - y)))", keras="LogCosh")

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean log cosh(a - y), without the overflow of cosh."""
        error = outputs - targets
        return over_samples(error + softplus(-2.0 * error) - math.log(2.0))


@dataclass(frozen=True)
class CosineSimilarity(ReducedLoss):
    """Minus the cosine of the angle between y and a: -1 where they point alike, as Keras.

    A norm counts at least 1e-7, so that a vector of zeros is unlike any other (0).
    """

    name: ClassVar[str] = "cosine_similarity"
    statement: ClassVar[Statement] = Statement(
        "-sum(y * a) / (maximum(norm(y), 1e-7) * maximum(norm(a), 1e-7))",
        keras="CosineSimilarity",
        sklearn="-cosine_similarity",
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -y.a / (|y| |a|) over the last axis."""
        return over_samples(-total(_unit(targets) * _unit(outputs), -1))


def _unit(vectors: Tensor) -> Tensor:
    """Return vectors of the last axis divided by their length."""
    squares = total(vectors * vectors, -1, keepdims=True)
    return vectors / sqrt(maximum(squares, EPSILON**2))
