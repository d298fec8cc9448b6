"""Scaling: features brought to comparable sizes, so that one learning rate suits them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.data.checking import as_numbers
from tiza.data.fitting import Fitter
from tiza.errors import DataError
from tiza.nn.targets import first_index

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A shift and a scale for each feature: z = (x - shift) / scale.

    Attributes:
        shift: what is subtracted, the shape of one sample.
        scale: what is divided by afterwards, the same shape, never 0.
        low: what results are cut at from below, if they are.
        high: what results are cut at from above, if they are.
    """

    shift: Array
    scale: Array
    low: float | None = None
    high: float | None = None

    def transform(self, x: object) -> Array:
        """Return `(x - shift) / scale`: `(samples, ...)` -> `(samples, ...)`, float32 stays float32.

        Raises:
            DataError: not finite numbers, other features, or a result that is not finite.
        """
        array = self._checked("x", x)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (array.astype("float64") - self.shift) / self.scale
        if self.low is not None or self.high is not None:
            scaled = np.clip(scaled, self.low, self.high)
        return _returned("x", array, scaled)

    def inverse_transform(self, z: object) -> Array:
        """Return `z * scale + shift`: `(samples, ...)` -> `(samples, ...)`, float32 stays float32.

        Raises:
            DataError: not finite numbers, other features, or a result that is not finite.
        """
        array = self._checked("z", z)
        with np.errstate(over="ignore", invalid="ignore"):
            return _returned("z", array, array.astype("float64") * self.scale + self.shift)

    def _checked(self, name: str, values: object) -> Array:
        array = as_numbers(name, values)
        if array.shape[1:] != self.shift.shape:
            expected = ", ".join(map(str, ("n", *self.shift.shape)))
            raise DataError(
                f"{name}: got shape {array.shape}, expected ({expected}); give the features that were "
                "fitted, in their order."
            )
        return array


def _returned(name: str, given: Array, result: Array) -> Array:
    finite = np.isfinite(result)
    if not finite.all():
        at = first_index(~finite)
        raise DataError(f"{name}: got {given[at]} at {at}, which is too large to scale; divide it first.")
    return result.astype(given.dtype) if given.dtype.kind == "f" else result


@dataclass(frozen=True, slots=True)
class Standardizer(Fitter):
    """Brings each feature to mean 0 and standard deviation 1: z = (x - mean) / deviation.

    The deviation is the population's, sqrt(mean((x - mean)**2)); a feature that never changes is only
    shifted. Numbers are those of scikit-learn's `StandardScaler`; `fit` returns a new `Scaling` and changes
    nothing.

    Args:
        with_mean: whether the mean is subtracted.
        with_std: whether the deviation is divided by.

    Example:
        >>> scaling = Standardizer().fit([[60.0, 165.0], [73.0, 183.0], [69.0, 178.0], [54.0, 152.0]])
        >>> scaling.shift.tolist()
        [64.0, 169.5]
        >>> scaling.transform([[64.0, 169.5]]).tolist()
        [[0.0, 0.0]]
    """

    with_mean: bool = True
    with_std: bool = True

    def fit(self, x: object) -> Scaling:
        """Return the scaling for `x`, `(samples, ...)`; every place of a sample is a feature.

        Raises:
            DataError: not finite numbers, or their spread is too large for float64.
        """
        array = as_numbers("x", x).astype("float64")
        with np.errstate(over="ignore", invalid="ignore"):
            mean = array.mean(axis=0)
            variance = np.square(array - mean).mean(axis=0)
        _check_statistics(mean, variance)
        scale = np.where(_is_rounding(variance, mean, len(array)), 1.0, np.sqrt(variance))
        return Scaling(
            mean if self.with_mean else np.zeros_like(mean), scale if self.with_std else np.ones_like(scale)
        )


def _check_statistics(mean: Array, variance: Array) -> None:
    bad = ~(np.isfinite(mean) & np.isfinite(variance))
    if bad.any():
        raise DataError(
            f"x: feature {first_index(bad)} holds numbers whose spread is too large for float64; divide it "
            "first."
        )


def _is_rounding(variance: Array, mean: Array, samples: int) -> Array:
    """Whether a variance is no more than rounding leaves of numbers that are all the same.

    The bound is that of the two-pass algorithm; T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the
    sample variance", The American Statistician 37 (1983).
    """
    unit = float(np.finfo("float64").eps)
    small: Array = variance <= samples * unit * variance + (samples * mean * unit) ** 2
    return small


@dataclass(frozen=True, slots=True)
class MinMaxScaler(Fitter):
    """Brings each feature to a range: the smallest number to its low end, the largest to its high end.

    z = low + (x - min) / (max - min) * (high - low). Numbers are those of scikit-learn's; `fit` returns a new
    `Scaling` and changes nothing.

    Args:
        feature_range: the low end and the high end.
        clip: whether numbers beyond the fitted ones are cut at the ends.

    Raises:
        DataError: the low end is not below the high end.

    Example:
        >>> scaling = MinMaxScaler().fit([[0.0], [5.0], [10.0]])
        >>> scaling.transform([[5.0], [20.0]]).tolist()
        [[0.5], [2.0]]
    """

    feature_range: tuple[float, float] = (0.0, 1.0)
    clip: bool = False

    def __post_init__(self) -> None:
        low, high = self.feature_range
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise DataError(
                f"feature_range: got {self.feature_range}, expected two numbers, the lower first."
            )

    def fit(self, x: object) -> Scaling:
        """Return the scaling for `x`, `(samples, ...)`; every place of a sample is a feature.

        Raises:
            DataError: not finite numbers, or their spread is too large for float64.
        """
        array = as_numbers("x", x).astype("float64")
        low, high = self.feature_range
        smallest = array.min(axis=0)
        with np.errstate(over="ignore"):
            spread = array.max(axis=0) - smallest
        _check_statistics(smallest, spread)
        scale = np.where(spread < 10 * np.finfo("float64").eps, 1.0, spread) / (high - low)
        return Scaling(smallest - low * scale, scale, *((low, high) if self.clip else ()))
