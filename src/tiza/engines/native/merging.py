"""Neighbouring loops made one: where every place in memory moves evenly through both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tiza.engines.native.affine import Affine, Counter, Element, Quotient, counter, quotient, row_major
from tiza.engines.native.expression import Choose, Compute, Condition, Count, Expression, Load, every_part
from tiza.engines.native.kernels import Kernel, Place

Axes = Mapping[int, Affine]

MOST_PLACES = 4
"""Places of a window along an axis up to which loops through windows are split."""

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


def split_windows(kernel: Kernel) -> None:
    """Split loops that go through windows side by side, so that those within a window come last but one.

    What is the same for all of a window is then found once: the way back through pooling, say.
    """
    last = len(kernel.shape) - 1
    sizes = {axis: _window(kernel, axis) for axis in range(1, last)}
    split = [axis for axis, size in sizes.items() if size]
    if kernel.head is not None or not split:
        return
    at = {axis: last + number for number, axis in enumerate(split)}
    axes = {axis: counter(axis) for axis in range(last)} | {last: counter(last + len(split))}
    axes |= {axis: counter(axis).times(sizes[axis]) + counter(at[axis]) for axis in split}
    own = row_major([axes[axis] for axis in range(last + 1)], kernel.shape)
    windows = [size // (sizes.get(axis) or 1) for axis, size in enumerate(kernel.shape[:-1])]
    kernel.shape = (*windows, *(sizes[axis] for axis in split), kernel.shape[-1])
    renaming = _Renaming(axes, turns=kernel.shape)
    _rename(kernel, renaming)
    parts = {node: Place(part.buffer, renaming.place(part.at)) for node, part in kernel.parts.items()}
    kernel.parts = {node: Place(node, own) for node, _ in kernel.values} | parts


def _window(kernel: Kernel, axis: int) -> int:
    """Return the size of windows that a loop goes through, one after another; 0 if there are none."""
    symbols = {symbol for _, one in kernel.values for place in _places(one) for symbol, _ in place.terms}
    inner = [symbol for symbol in symbols if isinstance(symbol, Quotient) and symbol.value == counter(axis)]
    found = {symbol.divisor for symbol in inner if not symbol.modulus}
    size = min(found, default=0)
    return size if size and kernel.shape[axis] % size == 0 and size <= MOST_PLACES else 0


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
    Quotients are simplified for loops of so many `turns`, if those are given.
    """

    def __init__(
        self, axes: Axes, even: Axes | None = None, size: int = 0, turns: Sequence[int] | None = None
    ) -> None:
        self._axes = axes
        self._turns = turns
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
            return replace(one, place=self.place(one.place), conditions=self._all(one.conditions))
        if isinstance(one, Compute):
            return replace(one, operands=tuple(self.of(each) for each in one.operands))
        if isinstance(one, Choose):
            conditions = self._all(one.conditions)
            return replace(one, conditions=conditions, first=self.of(one.first), second=self.of(one.second))
        if isinstance(one, Count):
            return replace(one, value=self.place(one.value))
        return one

    def _all(self, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(
            replace(one, value=self.place(one.value), other=self.place(one.other)) for one in conditions
        )

    def place(self, value: Affine) -> Affine:
        """Return a place with counters replaced."""
        even = self._even is not None and _moves_evenly(value, 0, self._size)
        axes = self._even if even and self._even is not None else self._axes
        result = Affine((), value.constant)
        for symbol, factor in value.terms:
            result = result + self._symbol(symbol, axes).times(factor)
        return result

    def _symbol(self, symbol: Counter | Quotient | Element, axes: Axes) -> Affine:
        if isinstance(symbol, Counter):
            return axes[symbol.axis]
        if isinstance(symbol, Quotient) and self._turns is not None:
            return quotient(self.place(symbol.value), symbol.divisor, symbol.modulus, self._turns)
        if isinstance(symbol, Quotient):
            return Affine(((replace(symbol, value=self.place(symbol.value)), 1),))
        return Affine(((replace(symbol, expression=self.of(symbol.expression)), 1),))
