"""Random numbers as a function of a key: same key, same numbers, on every engine and version."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tiza.graph.tensor import Tensor, TensorLike, constant
from tiza.graph.tensor_type import as_dtype
from tiza.ops.composite import clip
from tiza.ops.elementwise import cast, cos, erf, exp, log, minimum, random_bits, sqrt
from tiza.ops.layout import broadcast_to, iota, reshape

UINT32 = as_dtype("uint32")


@dataclass(frozen=True, slots=True)
class Key:
    """Two uint32 words that determine a stream of random bits."""

    first: Tensor
    second: Tensor

    def fold_in(self, *words: TensorLike) -> Key:
        """Return the key of a sub-stream, told apart by one or two words below 2**32."""
        low, high = (*words, 0) if len(words) == 1 else words
        counters = (_word(low), _word(high))
        return Key(*(random_bits(self.first, self.second, *counters, word=word) for word in (0, 1)))

    def fold_in_text(self, text: str) -> Key:
        """Return the key of the sub-stream called `text`, such as a layer's path."""
        digest = hashlib.sha256(text.encode()).digest()
        return self.fold_in(int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little"))


def _word(value: TensorLike) -> Tensor:
    if isinstance(value, Tensor):
        return cast(value, UINT32)
    return constant(value, UINT32)


def key(seed: int) -> Key:
    """Return the key of `seed`, a whole number below 2**64.

    Raises:
        ValueError: the seed is negative or too large.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed: got {seed}, expected a whole number from 0 to 2**64 - 1.")
    return Key(constant(seed % 2**32, UINT32), constant(seed // 2**32, UINT32))


def bits(stream: Key, shape: Sequence[int], word: int = 0) -> Tensor:
    """Return uint32 bits; the counter is the position: (row, place within the row).

    A row of a batch so gets the same bits whatever the size of the batch.
    """
    if not shape:
        return random_bits(stream.first, stream.second, 0, 0, word=word)
    rows, places = shape[0], math.prod(shape[1:])
    row = iota((rows, places), 0).astype(UINT32)
    place = iota((rows, places), 1).astype(UINT32)
    return reshape(random_bits(stream.first, stream.second, place, row, word=word), shape)


def uniform(
    stream: Key, shape: Sequence[int], low: float = 0.0, high: float = 1.0, dtype: object = "float32"
) -> Tensor:
    """Return numbers spread evenly over [low, high), with 24 (float32) or 32 (float64) random bits each."""
    number = as_dtype(dtype)
    kept = 24 if number == as_dtype("float32") else 32
    whole = bits(stream, shape) >> (32 - kept) if kept < 32 else bits(stream, shape)
    value = cast(whole, number) * ((high - low) / 2.0**kept) + low
    # rounding can reach `high`, but not where the product is exact
    below = np.nextafter(number.type(high), number.type(low))
    return value if (low, high) == (0.0, 1.0) else minimum(value, below)


def normal(
    stream: Key, shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: object = "float32"
) -> Tensor:
    """Return normally distributed numbers, by the transform of Box and Muller (1958), made in float64."""
    first = (cast(bits(stream, shape, word=0), "float64") + 1.0) * 2.0**-32
    second = cast(bits(stream, shape, word=1), "float64") * 2.0**-32
    standard = sqrt(-2.0 * log(first)) * cos((2.0 * math.pi) * second)
    return cast(standard * stddev + mean, dtype)


_HALLEY_STEPS = 4
"""Steps after which the inverse of erf is exact to rounding over two standard deviations."""


def truncated_normal(
    stream: Key, shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: object = "float32"
) -> Tensor:
    """Return normally distributed numbers at most two standard deviations from the mean, made in float64.

    One random word each and nothing is drawn again: `erf(x / sqrt(2)) = u erf(sqrt(2))`, u evenly over
    (-1, 1), is solved for x by Halley's method. The numbers' own deviation is about 0.8796 `stddev`.
    """
    even = (cast(bits(stream, shape), "float64") + 0.5) * 2.0**-31 - 1.0
    wanted = even * math.erf(math.sqrt(2.0))
    standard = wanted * math.sqrt(math.pi / 2.0)
    for _ in range(_HALLEY_STEPS):
        slope = exp(standard * standard * -0.5) * math.sqrt(2.0 / math.pi)
        step = (erf(standard * math.sqrt(0.5)) - wanted) / slope
        standard = standard - step / (1.0 + standard * step * 0.5)
    return cast(clip(standard, -2.0, 2.0) * stddev + mean, dtype)


def bernoulli(stream: Key, probability: float, shape: Sequence[int]) -> Tensor:
    """Return booleans that are true with `probability`: bits are compared with a whole-number threshold."""
    if probability >= 1.0:
        return broadcast_to(constant(True), tuple(shape))
    return bits(stream, shape) < math.floor(probability * 2.0**32)
