"""Initializers: first values of weights, as functions of a random key.

Names, arguments and defaults are Keras'. In all of them `fan_in` is the number of inputs of a unit and
`fan_out` the number of units that an input reaches.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController

from tiza.engines.reference.evaluation import evaluate
from tiza.errors import ModelError
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import as_dtype
from tiza.nn.checks import check_hyperparameter, finite_number, whole_number
from tiza.nn.registry import find
from tiza.ops.layout import broadcast_to
from tiza.ops.random import Key, normal, truncated_normal, uniform
from tiza.ops.random import key as key_of_seed

Values = float | Sequence[Any] | np.ndarray[Any, Any]


class Initializer(ABC):
    """A rule for first values."""

    @abstractmethod
    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values of `shape`; the same key gives the same values."""


def _frozen(value: Any) -> Any:
    """Return nested lists as nested tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class Constant(Initializer):
    """Every value the same number; an array is repeated along the axes that it lacks.

    Raises:
        ModelError: a number is not finite, or there is none.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Dense(2, bias_initializer=tz.initializers.Constant([0.5, -0.5]))
        >>> tz.Sequential([tz.Input((3,)), layer]).get_weights()[1]
        array([ 0.5, -0.5], dtype=float32)
    """

    value: Values = 0.0

    def __post_init__(self) -> None:
        try:
            numbers = np.asarray(self.value)
        except ValueError:
            numbers = np.asarray(None)
        if numbers.dtype.kind not in "buif" or not np.isfinite(numbers).all():
            raise ModelError(
                f"Constant: got value={self.value!r:.60}, expected a finite number, or an array of them."
            )
        object.__setattr__(self, "value", _frozen(numbers.tolist()))

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return `value` repeated."""
        return broadcast_to(constant(self.value, dtype), tuple(shape))


class Zeros(Constant):
    """Every value 0."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Every value 1."""

    def __init__(self) -> None:
        super().__init__(1.0)


@dataclass(frozen=True)
class Identity(Initializer):
    """`gain` on the diagonal and 0 elsewhere, for weights of two axes.

    Raises:
        ModelError: a weight has another number of axes.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Dense(2, kernel_initializer="identity")
        >>> tz.Sequential([tz.Input((3,)), layer]).get_weights()[0]
        array([[1., 0.],
               [0., 1.],
               [0., 0.]], dtype=float32)
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        finite_number("Identity", "gain", self.gain)

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return the diagonal."""
        if len(shape) != 2:
            raise ModelError(f"Identity: got a weight of shape {tuple(shape)}, expected two axes.")
        return constant(self.gain * np.eye(shape[0], shape[1]), dtype)


class Drawn(Initializer):
    """A rule that draws; `seed` replaces the key, so that all weights of one shape start equal."""

    seed: int | None

    def check_seed(self) -> None:
        """Check the seed.

        Raises:
            ModelError: it is no whole number from 0 to 2**64 - 1.
        """
        if self.seed is not None:
            whole_number(f"{type(self).__name__}: seed", self.seed, 0, below=2**64)

    def stream(self, key: Key) -> Key:
        """Return the key that values are drawn with."""
        return key if self.seed is None else key_of_seed(self.seed)


@dataclass(frozen=True)
class RandomNormal(Drawn):
    """Normally distributed values: N(mean, stddev^2).

    Raises:
        ModelError: `stddev` is negative.
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        self.check_seed()
        finite_number(type(self).__name__, "mean", self.mean)
        check_hyperparameter(type(self).__name__, "stddev", self.stddev, 0.0, math.inf)

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return N(mean, stddev^2)."""
        return normal(self.stream(key), shape, self.mean, self.stddev, dtype)


@dataclass(frozen=True)
class TruncatedNormal(RandomNormal):
    """N(mean, stddev^2) without what is further than two deviations from the mean.

    Their own deviation is therefore about 0.88 `stddev`.
    """

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values within two deviations."""
        return truncated_normal(self.stream(key), shape, self.mean, self.stddev, dtype)


@dataclass(frozen=True)
class RandomUniform(Drawn):
    """Values spread evenly between two bounds: U(minval, maxval).

    Raises:
        ModelError: `maxval` is not above `minval`.
    """

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        self.check_seed()
        for name in ("minval", "maxval"):
            finite_number("RandomUniform", name, getattr(self, name))
        if not self.minval < self.maxval:
            raise ModelError(
                f"RandomUniform: got minval={self.minval!r} and maxval={self.maxval!r}, "
                "expected minval below maxval."
            )

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return U(minval, maxval)."""
        return uniform(self.stream(key), shape, self.minval, self.maxval, dtype)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return how many inputs a unit has and how many units an input reaches: `(fan_in, fan_out)`.

    For kernels of shape `(*window, in, out)` both are multiplied by the size of the window.
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of what is left of N(0, 1) within two deviations."""

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@dataclass(frozen=True)
class VarianceScaling(Drawn):
    """Values of variance `scale / fan`, so that signals keep their size from layer to layer.

    Args:
        scale: the variance times the fan.
        mode: `fan_in`, `fan_out`, or `fan_avg`, the mean of both.
        distribution: `truncated_normal` (cut at two deviations), `untruncated_normal` or `uniform`.
        seed: a number of its own instead of the model's.

    Raises:
        ModelError: the scale is not above 0.
        NameNotFoundError: a word is unknown.

    Example:
        >>> import tiza as tz
        >>> tz.initializers.VarianceScaling(2.0, "fan_in", "uniform").variance((50, 10))
        0.04
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None

    def __post_init__(self) -> None:
        self.check_seed()
        check_hyperparameter(type(self).__name__, "scale", self.scale, math.ulp(0.0), math.inf)
        find("mode", self.mode, dict.fromkeys(MODES))
        if self.distribution == "normal":  # Keras' older name
            object.__setattr__(self, "distribution", "truncated_normal")
        find("distribution", self.distribution, dict.fromkeys(DISTRIBUTIONS))

    def variance(self, shape: Sequence[int]) -> float:
        """Return the variance of the values of a weight of this shape."""
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        return self.scale / max(1.0, fan)

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values of mean 0 and of that variance."""
        stream, variance = self.stream(key), self.variance(shape)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return uniform(stream, shape, -limit, limit, dtype)
        if self.distribution == "untruncated_normal":
            return normal(stream, shape, 0.0, math.sqrt(variance), dtype)
        return truncated_normal(stream, shape, 0.0, math.sqrt(variance) / TRUNCATED_DEVIATION, dtype)


class _Named(VarianceScaling):
    """A scaling that has a name of its own; only the seed is open."""

    settings: ClassVar[tuple[float, str, str]]

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self.settings, seed=seed)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed!r})"


class GlorotUniform(_Named):
    """U(-limit, limit) with limit = sqrt(6 / (fan_in + fan_out)); Glorot and Bengio (2010)."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated N(0, 2 / (fan_in + fan_out)); Glorot and Bengio (2010)."""

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """U(-limit, limit) with limit = sqrt(6 / fan_in); He, Zhang, Ren and Sun (2015)."""

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated N(0, 2 / fan_in); He, Zhang, Ren and Sun (2015)."""

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """U(-limit, limit) with limit = sqrt(3 / fan_in); LeCun, Bottou, Orr and Müller (1998)."""

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated N(0, 1 / fan_in); LeCun, Bottou, Orr and Müller (1998)."""

    settings = (1.0, "fan_in", "truncated_normal")


@dataclass(frozen=True)
class Orthogonal(Drawn):
    """`gain` times a matrix whose columns (or rows, if it is wide) are orthonormal; Saxe et al. (2014).

    The Q of the QR decomposition of normal values, with the signs that make R's diagonal positive, so that
    every such matrix is equally likely. Axes before the last count as one. The decomposition is LAPACK's in
    float64 on one
    thread: it does not depend on the number of threads, and on the machine in rounding only.

    Raises:
        ModelError: a weight has less than two axes.
    """

    gain: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        self.check_seed()
        finite_number("Orthogonal", "gain", self.gain)

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return the matrix, as a constant."""
        if len(shape) < 2:
            raise ModelError(f"Orthogonal: got a weight of shape {tuple(shape)}, expected two axes or more.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        drawn = np.asarray(evaluate(normal(self.stream(key), tall, dtype="float64")))
        with ThreadpoolController().limit(limits=1, user_api="blas"):
            q, r = np.linalg.qr(drawn)
        q = q * np.where(np.diag(r) < 0.0, -1.0, 1.0)
        matrix = self.gain * (q if rows >= columns else q.T)
        return constant(matrix.reshape(tuple(shape)).astype(str(as_dtype(dtype))), dtype)


INITIALIZERS: dict[str, Initializer] = {
    "constant": Constant(),
    "glorot_normal": GlorotNormal(),
    "glorot_uniform": GlorotUniform(),
    "he_normal": HeNormal(),
    "he_uniform": HeUniform(),
    "identity": Identity(),
    "lecun_normal": LecunNormal(),
    "lecun_uniform": LecunUniform(),
    "normal": RandomNormal(),
    "ones": Ones(),
    "orthogonal": Orthogonal(),
    "random_normal": RandomNormal(),
    "random_uniform": RandomUniform(),
    "truncated_normal": TruncatedNormal(),
    "uniform": RandomUniform(),
    "variance_scaling": VarianceScaling(),
    "zeros": Zeros(),
}


def initializer(name_or_object: str | Initializer) -> Initializer:
    """Return an initializer by name, or the object itself.

    Raises:
        NameNotFoundError: no initializer has that name.
    """
    if isinstance(name_or_object, Initializer):
        return name_or_object
    return find("initializer", name_or_object, INITIALIZERS)
