"""Numbers drawn from a seed: the same for ever, none twice while there are others."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from tiza.data.random import Stream

_PLACES = 64
NEGATIVE = 0.4
"""Part of the numbers that are negative."""


class Draw:
    """A row of random numbers that is used up.

    Args:
        stream: where they come from.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._numbers: list[float] = []
        self._rows = 0

    def below(self, count: int) -> int:
        """Return a whole number from 0 and below `count`."""
        if not self._numbers:
            self._numbers = self._stream.fold_in(self._rows).uniform(1, _PLACES)[0].tolist()
            self._rows += 1
        return int(self._numbers.pop() * count)

    def one(self, choices: Sequence[float]) -> float:
        """Return one of several numbers."""
        return choices[self.below(len(choices))]

    def several(self, choices: Sequence[float], count: int) -> list[float]:
        """Return numbers none of which comes twice before every other one has come.

        Example:
            >>> draw = Draw(Stream.of(0, "example"))
            >>> sorted(draw.several((1, 2, 3), 3)), len(draw.several((1, 2, 3), 7))
            ([1, 2, 3], 7)
        """
        found: list[float] = []
        left: list[float] = []
        for _ in range(count):
            left = left or list(choices)
            found.append(left.pop(self.below(len(left))))
        return found

    def signed(self, sizes: Sequence[float], count: int) -> list[float]:
        """Return numbers of these sizes, some of them negative."""
        return [math.copysign(one, self.below(1000) - 1000 * NEGATIVE) for one in self.several(sizes, count)]


@functools.lru_cache(maxsize=256)
def own_pair(
    seed: int, name: str, variant: int, first: tuple[float, ...], second: tuple[float, ...]
) -> tuple[float, float]:
    """Return two numbers of different sizes that no other variant has, while there are enough pairs.

    Args:
        seed: of the whole set.
        name: what the pair is for.
        variant: number of the variant, from 1.
        first: choices for the first number.
        second: choices for the second one.

    Example:
        >>> pairs = {own_pair(1, "x", at, (0.5, 2.0, -3.0), (0.5, 4.0)) for at in range(1, 6)}
        >>> len(pairs)
        5
    """
    pairs = [(one, other) for one in first for other in second if abs(one) != abs(other)]
    order = Stream.of(seed, name).permutation(len(pairs))
    return pairs[int(order[(variant - 1) % len(pairs)])]
