"""Access rules: which input elements one output element reads, and what it does with them.

A rule is an iteration space (parallel axes, in the output's order, then reduced axes), one read an operand,
a scalar body and a reduction: the idea of MLIR's `linalg.generic`, written from the output's side.

    contraction:  axes (i, j | k)   reads a[i, k], b[k, j]   body a*b   reduction sum
    windows:      axes (p, k)       reads x[p*stride + k*dilation]
    its transpose axes (q | k)      reads y[(q - k*dilation)/stride, k] where that is a whole number in range
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tiza.graph.primitive import Primitive


@dataclass(frozen=True, slots=True)
class Index:
    """Whole-number index `(sum coefficient*axis + constant) // divisor % modulus`.

    With `exact`, an index whose division leaves a remainder reads nothing.
    """

    coefficients: tuple[tuple[int, int], ...] = ()
    constant: int = 0
    divisor: int = 1
    modulus: int = 0
    exact: bool = False

    def at(self, point: Sequence[int]) -> int | None:
        """Return the index at one point of the iteration space, or None where it reads nothing."""
        total = self.constant + sum(factor * point[axis] for axis, factor in self.coefficients)
        if self.exact and total % self.divisor:
            return None
        quotient = total // self.divisor
        return quotient % self.modulus if self.modulus else quotient

    @property
    def axis(self) -> int | None:
        """The axis this index simply is, if it is one."""
        plain = not self.constant and self.divisor == 1 and not self.modulus
        if plain and len(self.coefficients) == 1 and self.coefficients[0][1] == 1:
            return self.coefficients[0][0]
        return None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Index that is itself an element of an (integer) operand."""

    operand: int
    indices: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """One operand's element at each point.

    Attributes:
        indices: one index an axis of the operand; outside its bounds nothing is read.
        equal: pairs (lookup, index) that must agree, else nothing is read.
    """

    indices: tuple[Index | Lookup, ...]
    equal: tuple[tuple[Lookup, Index], ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """Scalar body: the element read from one operand (zero where nothing is read)."""

    operand: int


@dataclass(frozen=True, slots=True)
class FirstPresent:
    """Scalar body: the element of the first operand that reads one (concatenation)."""

    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Scalar body: the coordinate along one axis of the iteration space."""

    axis: int


@dataclass(frozen=True, slots=True)
class Literal:
    """Scalar body: an element of the array that a constant holds, at the output's own index."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Scalar body: an elementwise primitive applied to bodies."""

    primitive: Primitive
    arguments: tuple[Body, ...]


Body: TypeAlias = Value | FirstPresent | Position | Literal | Apply


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the iteration space."""

    size: int
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class AccessRule:
    """How every output element is computed.

    Attributes:
        axes: parallel axes in the output's order, then the reduced axes.
        reads: one an operand.
        body: the scalar computed at each point.
        reduction: how points that differ in reduced axes combine: "", "sum", "max" or "argmax".
    """

    axes: tuple[Axis, ...]
    reads: tuple[Read, ...]
    body: Body
    reduction: str = ""

    @property
    def parallel(self) -> tuple[Axis, ...]:
        """The axes of the output."""
        return tuple(axis for axis in self.axes if not axis.reduced)

    @property
    def reduced(self) -> tuple[Axis, ...]:
        """The axes that are summed over, or otherwise reduced."""
        return tuple(axis for axis in self.axes if axis.reduced)

    def points(self, output_index: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Yield the points of the iteration space that make the output element at `output_index`."""
        for rest in itertools.product(*(range(axis.size) for axis in self.reduced)):
            yield (*output_index, *rest)


def axis_index(axis: int, coefficient: int = 1, constant: int = 0) -> Index:
    """Return the index `coefficient*axis + constant`."""
    return Index(((axis, coefficient),), constant)


def identity_read(rank: int) -> Read:
    """Return the read of the element at the output's own index."""
    return Read(tuple(axis_index(axis) for axis in range(rank)))


def element_read(
    read: Read, point: Sequence[int], shape: Sequence[int], lookup: Sequence[Any]
) -> tuple[int, ...] | None:
    """Return the operand index that `read` takes at `point`, or None where it reads nothing.

    Args:
        read: the operand's read.
        point: coordinates in the iteration space.
        shape: the operand's shape.
        lookup: the operands' values; only integer operands that a `Lookup` names are used.
    """
    for source, expected in read.equal:
        if _looked_up(source, point, lookup) != expected.at(point):
            return None
    indices = []
    for index, size in zip(read.indices, shape, strict=True):
        at = index.at(point) if isinstance(index, Index) else _looked_up(index, point, lookup)
        if at is None or not 0 <= at < size:
            return None
        indices.append(at)
    return tuple(indices)


def _looked_up(source: Lookup, point: Sequence[int], lookup: Sequence[Any]) -> int:
    position = tuple(index.at(point) for index in source.indices)
    return int(lookup[source.operand][position])
