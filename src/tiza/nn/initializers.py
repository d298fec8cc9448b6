"""Initializers: first values of weights, as functions of a random key."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from tiza.graph.tensor import Tensor, constant
from tiza.nn.registry import find
from tiza.ops.layout import broadcast_to
from tiza.ops.random import Key, normal, uniform


class Initializer(ABC):
    """A rule for first values."""

    @abstractmethod
    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values of `shape`; the same key gives the same values."""


@dataclass(frozen=True)
class Constant(Initializer):
    """Every value the same number."""

    value: float = 0.0

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return `value` repeated."""
        return broadcast_to(constant(self.value, dtype), shape)


@dataclass(frozen=True)
class Zeros(Constant):
    """Every value 0."""


@dataclass(frozen=True)
class Ones(Constant):
    """Every value 1."""

    value: float = 1.0


@dataclass(frozen=True)
class RandomNormal(Initializer):
    """Normally distributed values; Keras' defaults."""

    mean: float = 0.0
    stddev: float = 0.05

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return N(mean, stddev**2)."""
        return normal(key, shape, self.mean, self.stddev, dtype)


@dataclass(frozen=True)
class RandomUniform(Initializer):
    """Values spread evenly between two bounds; Keras' defaults."""

    minval: float = -0.05
    maxval: float = 0.05

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return U(minval, maxval)."""
        return uniform(key, shape, self.minval, self.maxval, dtype)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return how many inputs a unit has and how many units an input reaches: `(fan_in, fan_out)`.

    For kernels of shape `(*window, in, out)` both are multiplied by the size of the window.
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """U(-limit, limit) with limit = sqrt(6 / (fan_in + fan_out)); Glorot and Bengio (2010)."""

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values whose variance is 2 / (fan_in + fan_out)."""
        limit = math.sqrt(6.0 / sum(fans(shape)))
        return uniform(key, shape, -limit, limit, dtype)


@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """N(0, 2 / (fan_in + fan_out)); Glorot and Bengio (2010). Not truncated, unlike Keras'."""

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return values whose variance is 2 / (fan_in + fan_out)."""
        return normal(key, shape, 0.0, math.sqrt(2.0 / sum(fans(shape))), dtype)


INITIALIZERS: dict[str, Initializer] = {
    "glorot_normal": GlorotNormal(),
    "glorot_uniform": GlorotUniform(),
    "normal": RandomNormal(),
    "ones": Ones(),
    "random_normal": RandomNormal(),
    "random_uniform": RandomUniform(),
    "uniform": RandomUniform(),
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
