"""Places in memory as sums of loop counters: what is known of an index before the program runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def quotient(value: Affine, divisor: int, modulus: int, sizes: Sequence[int]) -> Affine:
    """Return `(value // divisor) % modulus`, as a sum where it is one."""
    if modulus == 1:
        return Affine()
    low, high = bounds(value, sizes)
    if low >= 0 and high < divisor:
        return Affine()
    if divisor == 1 and (not modulus or (low >= 0 and high < modulus)):
        return value
    return Affine(((Quotient(value, divisor, modulus), 1),))


def bounds(value: Affine, sizes: Sequence[int]) -> tuple[int, int]:
    """Return the least and the largest value for counters from 0 to their size - 1."""
    low = high = value.constant
    for symbol, factor in value.terms:
        least, most = _symbol_bounds(symbol, sizes)
        low += min(least * factor, most * factor)
        high += max(least * factor, most * factor)
    return low, high


def _symbol_bounds(symbol: Symbol, sizes: Sequence[int]) -> tuple[int, int]:
    if isinstance(symbol, Counter):
        return 0, max(sizes[symbol.axis] - 1, 0)
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


def renamed(value: Affine, axes: Mapping[int, Affine]) -> Affine:
    """Return `value` with counters replaced by sums of other counters."""
    result = Affine((), value.constant)
    for symbol, factor in value.terms:
        if isinstance(symbol, Counter):
            result = result + axes[symbol.axis].times(factor)
        else:
            result = result + Affine(((symbol, factor),))
    return result
