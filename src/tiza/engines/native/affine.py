"""Places in memory as sums of loop counters: what is known of an index before the program runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tiza.engines.native.expression import Expression


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of one loop of a kernel."""

    axis: int


@dataclass(frozen=True, slots=True)
class Quotient:
    """`(value // divisor) % modulus`, without the remainder if `modulus` is 0."""

    value: Affine
    divisor: int
    modulus: int = 0


@dataclass(frozen=True, slots=True)
class Element:
    """An index that is read from memory: from 0 to `size` - 1."""

    expression: Expression
    size: int


Symbol: TypeAlias = Counter | Quotient | Element


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant + sum factor * symbol`."""

    terms: tuple[tuple[Symbol, int], ...] = ()
    constant: int = 0

    def __add__(self, other: Affine) -> Affine:
        factors = dict(self.terms)
        for symbol, factor in other.terms:
            factors[symbol] = factors.get(symbol, 0) + factor
        kept = tuple((symbol, factor) for symbol, factor in factors.items() if factor)
        return Affine(kept, self.constant + other.constant)

    def times(self, factor: int) -> Affine:
        """Return the value multiplied by `factor`."""
        if factor == 0:
            return Affine()
        return Affine(tuple((symbol, one * factor) for symbol, one in self.terms), self.constant * factor)

    def plus(self, constant: int) -> Affine:
        """Return the value plus `constant`."""
        return Affine(self.terms, self.constant + constant)

    def stride(self, axis: int) -> int | None:
        """Return by how much one step of a counter moves the value; None if not by the same each time."""
        stride = 0
        for symbol, factor in self.terms:
            if isinstance(symbol, Counter):
                stride += factor if symbol.axis == axis else 0
            elif _depends(symbol, axis):
                return None
        return stride


def counter(axis: int) -> Affine:
    """Return the counter of a loop as a value."""
    return Affine(((Counter(axis), 1),))


def _depends(symbol: Symbol, axis: int) -> bool:
    if isinstance(symbol, Counter):
        return symbol.axis == axis
    if isinstance(symbol, Quotient):
        return any(_depends(inner, axis) for inner, _ in symbol.value.terms)
    return symbol.expression.varies_with(axis)


def depends_on(value: Affine, axis: int) -> bool:
    """Return whether `value` changes with the counter of a loop."""
    return any(_depends(symbol, axis) for symbol, _ in value.terms)


def quotient(value: Affine, divisor: int, modulus: int, sizes: Sizes) -> Affine:
    """Return `(value // divisor) % modulus`, as a sum where it is one."""
    if modulus == 1:
        return Affine()
    turns = divisor * modulus
    # whole turns change nothing
    kept = Affine(tuple((symbol, factor) for symbol, factor in value.terms if not turns or factor % turns))
    kept = kept.plus(value.constant % turns if turns else value.constant)
    if bounds(kept, sizes)[0] < 0:
        kept = value
    kept, divisor = _divided(kept, divisor, sizes)
    low, high = bounds(kept, sizes)
    if divisor == 1 and (not modulus or (low >= 0 and high < modulus)):
        return kept
    if low >= 0 and high < divisor:
        return Affine()
    if modulus and low >= 0 and high < divisor * modulus:
        modulus = 0
    return Affine(((Quotient(kept, divisor, modulus), 1),))


def _divided(value: Affine, divisor: int, sizes: Sizes) -> tuple[Affine, int]:
    """Return a value and a divisor with the same quotient, both divided by as much as can be."""
    steps = {math.gcd(divisor, factor) for _, factor in value.terms} | {divisor}
    for step in sorted(steps, reverse=True):
        coarse = Affine(
            tuple((symbol, factor // step) for symbol, factor in value.terms if not factor % step)
        )
        coarse = coarse.plus(value.constant // step)
        low, high = bounds(value + coarse.times(-step), sizes)
        if low >= 0 and high < step:
            return coarse, divisor // step
    return value, divisor


Sizes: TypeAlias = Sequence[int | range]
"""How far counters go: from 0 to a size - 1, or over a range."""


def bounds(value: Affine, sizes: Sizes) -> tuple[int, int]:
    """Return the least and the largest value."""
    low = high = value.constant
    for symbol, factor in value.terms:
        least, most = _symbol_bounds(symbol, sizes)
        low += min(least * factor, most * factor)
        high += max(least * factor, most * factor)
    return low, high


def _symbol_bounds(symbol: Symbol, sizes: Sizes) -> tuple[int, int]:
    if isinstance(symbol, Counter):
        size = sizes[symbol.axis]
        counts = size if isinstance(size, range) else range(size)
        return counts.start, max(counts.stop - 1, counts.start)
    if isinstance(symbol, Element):
        return 0, symbol.size - 1
    low, high = bounds(symbol.value, sizes)
    low, high = low // symbol.divisor, high // symbol.divisor
    if symbol.modulus and (low < 0 or high >= symbol.modulus):
        return 0, symbol.modulus - 1
    return low, high


def row_major(indices: Sequence[Affine], shape: Sequence[int]) -> Affine:
    """Return the place of an element of a dense array."""
    place = Affine()
    stride = 1
    for index, size in zip(reversed(indices), reversed(shape), strict=True):
        place = place + index.times(stride)
        stride *= size
    return place
