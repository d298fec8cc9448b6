"""What a kernel computes at one point of its loops: loads, arithmetic, choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tiza.engines.native.affine import Affine, Counter, bounds, depends_on
from tiza.graph.node import Node
from tiza.graph.primitive import Primitive
from tiza.graph.tensor_type import DType

NOWHERE = Affine()


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for a place to be read.

    Attributes:
        kind: `inside` (0 <= value < limit), `whole` (limit divides value) or `equal` (value = other).
    """

    kind: str
    value: Affine
    limit: int = 0
    other: Affine = NOWHERE

    def varies_with(self, axis: int) -> bool:
        """Return whether it may hold at one count of a loop and not at another."""
        return depends_on(self.value, axis) or depends_on(self.other, axis)


def ranges(sizes: Sequence[int], conditions: Iterable[Condition]) -> list[int | range]:
    """Return how far counters go where conditions hold."""
    found: list[int | range] = list(sizes)
    for one in conditions:
        ((symbol, factor),) = one.value.terms if len(one.value.terms) == 1 else ((None, 0),)
        if one.kind == "inside" and isinstance(symbol, Counter) and factor == 1:
            size = found[symbol.axis]
            known = size if isinstance(size, range) else range(size)
            first, last = -one.value.constant, one.limit - one.value.constant
            found[symbol.axis] = range(max(known.start, first), min(known.stop, last))
    return found


def bounds_where(value: Affine, conditions: Iterable[Condition], sizes: Sequence[int]) -> tuple[int, int]:
    """Return the least and the largest value where conditions hold."""
    conditions = tuple(conditions)
    least = most = 0
    for one in conditions:
        if one.kind != "inside" or not one.value.terms:
            continue
        # a part of the value that is a multiple of what the condition bounds
        factors = dict(value.terms)
        times = {factors.get(symbol, 0) / factor for symbol, factor in one.value.terms}
        if len(times) == 1 and (multiple := times.pop()).is_integer():
            value = value + one.value.times(-int(multiple))
            least += min(0, int(multiple) * (one.limit - 1))
            most += max(0, int(multiple) * (one.limit - 1))
    low, high = bounds(value, ranges(sizes, conditions))
    return least + low, most + high


@dataclass(frozen=True, slots=True)
class Load:
    """An element of a buffer; zero where a condition does not hold."""

    buffer: Node
    place: Affine
    conditions: tuple[Condition, ...]
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return whether it changes with the counter of a loop."""
        return depends_on(self.place, axis) or any(one.varies_with(axis) for one in self.conditions)


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float | int | bool
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return False."""
        return False


@dataclass(frozen=True, slots=True)
class Count:
    """An index as a value."""

    value: Affine
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return whether it changes with the counter of a loop."""
        return depends_on(self.value, axis)


@dataclass(frozen=True, slots=True)
class Compute:
    """An elementwise primitive applied to expressions."""

    primitive: Primitive
    operands: tuple[Expression, ...]
    attributes: tuple[tuple[str, Any], ...]
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return whether it changes with the counter of a loop."""
        return any(one.varies_with(axis) for one in self.operands)


@dataclass(frozen=True, slots=True)
class Choose:
    """`first` where all conditions hold, else `second`."""

    conditions: tuple[Condition, ...]
    first: Expression
    second: Expression
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return whether it changes with the counter of a loop."""
        inner = (*self.conditions, self.first, self.second)
        return any(one.varies_with(axis) for one in inner)


@dataclass(frozen=True, slots=True)
class Made:
    """The value that this kernel has just computed for another of its nodes, at the same point."""

    node: Node
    dtype: DType

    def varies_with(self, axis: int) -> bool:
        """Return True: it belongs to the point."""
        return True


Expression: TypeAlias = Load | Number | Count | Compute | Choose | Made


def loads_of(expression: Expression) -> list[Load]:
    """Return every load in `expression`, those of indices read from memory too."""
    return [one for one in every_part([expression]) if isinstance(one, Load)]


def every_part(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """Yield expressions and all they are made of, also as indices, each object once."""
    seen: set[int] = set()
    pending: list[Any] = list(expressions)
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, Load):
            pending.extend(_inside(one.place))
        elif isinstance(one, Compute):
            pending.extend(one.operands)
        elif isinstance(one, Choose):
            pending.extend((one.first, one.second))
        elif isinstance(one, Count):
            pending.extend(_inside(one.value))
        for condition in getattr(one, "conditions", ()):
            pending.extend((*_inside(condition.value), *_inside(condition.other)))


def computations_of(expression: Expression) -> int:
    """Return how many different primitives are applied in `expression`."""
    seen: set[int] = set()
    pending: list[Any] = [expression]
    count = 0
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Compute):
            count += 1
            pending.extend(one.operands)
        elif isinstance(one, Choose):
            pending.extend((one.first, one.second))
    return count


def _inside(place: Affine) -> list[Expression]:
    found: list[Expression] = []
    for symbol, _ in place.terms:
        if hasattr(symbol, "expression"):
            found.append(symbol.expression)
        elif hasattr(symbol, "value"):
            found.extend(_inside(symbol.value))
    return found


def frozen_attributes(attributes: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return attributes in a form that compares by value."""
    return tuple(sorted(attributes.items()))


def is_regular(expression: Expression, axis: int) -> bool:
    """Return whether vectors along a loop can compute it: loads of neighbours or of one element."""
    pending: list[Any] = [expression]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Load):
            if one.place.stride(axis) not in (0, 1) or any(each.varies_with(axis) for each in one.conditions):
                return False
        elif isinstance(one, Count):
            if one.value.stride(axis) is None:
                return False
        elif isinstance(one, Compute):
            pending.extend(one.operands)
        elif isinstance(one, Choose):
            if any(each.varies_with(axis) for each in one.conditions):
                return False
            pending.extend((one.first, one.second))
    return True
