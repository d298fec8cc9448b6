"""Neighbouring loops made one: where every place in memory moves evenly through both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tiza.engines.native.affine import Affine, Counter, Element, Quotient, counter, quotient
from tiza.engines.native.expression import Choose, Compute, Condition, Count, Expression, Load, every_part
from tiza.engines.native.kernels import Kernel

Axes = Mapping[int, Affine]

FEW_TURNS = 16
"""Turns of a first loop that threads do not share well."""


def merged(expression: Expression, sizes: Sequence[int], first: int) -> tuple[Expression, tuple[int, ...]]:
    """Return an expression, and the sizes of its loops, with loops from `first` on merged or left out.

    Two loops are one if a step of the outer moves every place as far as all steps of the inner do; a loop of
    one turn is none.
    """
    loops = list(sizes)
    for axis in reversed(range(first, len(loops))):
        if loops[axis] == 1:
            expression = _without(expression, axis, Affine(), len(loops))
            del loops[axis]
        elif axis + 1 < len(loops) and _is_even(expression, axis, loops[axis + 1]):
            expression = _without(expression, axis, Affine(), len(loops))
            loops[axis : axis + 2] = [loops[axis] * loops[axis + 1]]
    return expression, tuple(loops)


def merge_first_loops(kernel: Kernel) -> None:
    """Make the first two loops of a kernel one, so that threads share it better."""
    length, size, *rest = kernel.shape
    count = len(kernel.shape) + len(kernel.reduced)
    later = {axis: counter(axis - 1) for axis in range(2, count)}
    sizes = (length * size, *rest, *kernel.reduced)
    both = [quotient(counter(0), size, 0, sizes), quotient(counter(0), 1, size, sizes)]
    renaming = _Renaming({0: both[0], 1: both[1], **later}, {0: Affine(), 1: counter(0), **later}, size)
    kernel.shape = (length * size, *rest)
    _rename(kernel, renaming)


def split_loop(kernel: Kernel, axis: int) -> None:
    """Make a loop of a kernel two, of which the outer has two turns."""
    half = kernel.shape[axis] // 2
    count = len(kernel.shape) + len(kernel.reduced)
    axes = {one: counter(one + (one > axis)) for one in range(count)}
    axes[axis] = counter(axis).times(half) + counter(axis + 1)
    kernel.shape = (*kernel.shape[:axis], 2, half, *kernel.shape[axis + 1 :])
    _rename(kernel, _Renaming(axes))


def _rename(kernel: Kernel, renaming: _Renaming) -> None:
    kernel.body = renaming.of(kernel.body)
    kernel.values = [(node, renaming.of(expression)) for node, expression in kernel.values]


def _is_even(expression: Expression, axis: int, size: int) -> bool:
    return all(_moves_evenly(value, axis, size) for value in _places(expression))


def _moves_evenly(value: Affine, axis: int, size: int) -> bool:
    """Return whether a step of a loop moves a place as far as all `size` steps of the next loop do."""
    outer, inner = value.stride(axis), value.stride(axis + 1)
    return outer is not None and inner is not None and outer == inner * size


def _places(expression: Expression) -> Iterator[Affine]:
    for one in every_part([expression]):
        if isinstance(one, Load):
            yield one.place
        elif isinstance(one, Count):
            yield one.value
        for condition in getattr(one, "conditions", ()):
            yield condition.value
            yield condition.other


def _without(expression: Expression, axis: int, value: Affine, count: int) -> Expression:
    """Return an expression in which a loop's counter is replaced, and later loops are counted anew."""
    axes = {one: counter(one - (one > axis)) for one in range(count)}
    axes[axis] = value
    renamed: Expression = _Renaming(axes).of(expression)
    return renamed


class _Renaming:
    """Replaces counters; what is used twice stays one.

    Places that the first two loops, the second of `size` turns, move through evenly can have other counters.
    """

    def __init__(self, axes: Axes, even: Axes | None = None, size: int = 0) -> None:
        self._axes = axes
        self._even = even
        self._size = size
        self._known: dict[int, tuple[Any, Any]] = {}

    def of(self, expression: Any) -> Any:
        """Return an expression with counters replaced."""
        known = self._known.get(id(expression))
        if known is None:
            known = self._known[id(expression)] = (expression, self._renamed(expression))
        return known[1]

    def _renamed(self, one: Any) -> Any:
        if isinstance(one, Load):
            return replace(one, place=self._place(one.place), conditions=self._all(one.conditions))
        if isinstance(one, Compute):
            return replace(one, operands=tuple(self.of(each) for each in one.operands))
        if isinstance(one, Choose):
            conditions = self._all(one.conditions)
            return replace(one, conditions=conditions, first=self.of(one.first), second=self.of(one.second))
        if isinstance(one, Count):
            return replace(one, value=self._place(one.value))
        return one

    def _all(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(
            replace(one, value=self._place(one.value), other=self._place(one.other)) for one in conditions
        )

    def _place(self, value: Affine) -> Affine:
        even = self._even is not None and _moves_evenly(value, 0, self._size)
        axes = self._even if even and self._even is not None else self._axes
        result = Affine((), value.constant)
        for symbol, factor in value.terms:
            result = result + self._symbol(symbol, axes).times(factor)
        return result

    def _symbol(self, symbol: Counter | Quotient | Element, axes: Axes) -> Affine:
        if isinstance(symbol, Counter):
            return axes[symbol.axis]
        if isinstance(symbol, Quotient):
            return Affine(((replace(symbol, value=self._place(symbol.value)), 1),))
        return Affine(((replace(symbol, expression=self.of(symbol.expression)), 1),))
