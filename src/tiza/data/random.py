"""Random numbers for data: a function of a seed, a name and a place, the same on every machine.

They are the bits of `tiza.ops.random`, made with NumPy alone. NumPy's own generators promise the same bits
for ever, but not the same uniform or normal numbers from one version to the next.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.reference.threefry import threefry2x32

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """Two words below 2**32 that determine random bits.

    Attributes:
        first: the first word of the key.
        second: the second word.
    """

    first: int
    second: int

    @classmethod
    def of(cls, seed: int, name: str) -> Stream:
        """Return the stream called `name` of a seed below 2**64."""
        digest = hashlib.sha256(name.encode()).digest()
        low, high = (int.from_bytes(digest[start : start + 4], "little") for start in (0, 4))
        return cls(seed % 2**32, seed // 2**32).fold_in(low, high)

    def fold_in(self, low: int, high: int = 0) -> Stream:
        """Return a sub-stream, told apart by one or two words below 2**32."""
        return Stream(*(int(word) for word in self._words(np.asarray(low), np.asarray(high))))

    def _words(self, low: Array, high: Array) -> tuple[Array, Array]:
        first, second, low, high = (
            np.asarray(word, "uint32") for word in (self.first, self.second, low, high)
        )
        found: tuple[Array, Array] = threefry2x32(np, first, second, low, high)
        return found

    def bits(self, rows: int, places: int) -> tuple[Array, Array]:
        """Return two words of bits for each place of each row, `(rows, places)` each.

        A row gets the same bits however many rows there are.
        """
        return self._words(np.arange(places)[None, :], np.arange(rows)[:, None])

    def uniform(self, rows: int, places: int = 1) -> Array:
        """Return numbers spread evenly over [0, 1): `(rows, places)`, float64 with 32 random bits."""
        return self.bits(rows, places)[0] * 2.0**-32

    def normal(self, rows: int, places: int = 1) -> Array:
        """Return normally distributed numbers: `(rows, places)`, float64; Box and Muller (1958)."""
        first, second = self.bits(rows, places)
        standard: Array = np.sqrt(-2.0 * np.log((first + 1.0) * 2.0**-32)) * np.cos(
            (2.0 * math.pi) * (second * 2.0**-32)
        )
        return standard

    def permutation(self, rows: int) -> Array:
        """Return the whole numbers below `rows` in random order, `(rows,)`, int64.

        Rows are sorted by random bits; position breaks ties.

        Example:
            >>> Stream.of(0, "example").permutation(5).tolist()
            [0, 1, 3, 4, 2]
        """
        first, second = (word[:, 0].astype("uint64") for word in self.bits(rows, 1))
        places = np.uint64((1 << max(rows - 1, 1).bit_length()) - 1)
        keys = (first << np.uint64(32)) | second
        order: Array = np.argsort(keys & ~places, kind="stable").astype("int64")
        return order
