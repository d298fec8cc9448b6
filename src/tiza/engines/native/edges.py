"""Zeros around what a product reads: turns of its loops that are left out, and rows in which a term is 0.

A condition that one loop of the sum decides, whatever the row, makes that loop shorter. One that the row
decides too is settled while code is written, for rows and turns that are known then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import llvmlite.ir as ir

from tiza.engines.native.affine import Counter, bounds
from tiza.engines.native.code import index
from tiza.engines.native.expression import Choose, Condition, Expression, Load, Number
from tiza.engines.native.kernels import Kernel

Conditions = tuple[Condition, ...]

WRITTEN_OUT = 9
"""Turns up to which a loop of a sum is written out, where that helps."""


def element_or_zero(expression: Expression) -> Load | None:
    """Return a load, if the expression is its element where its conditions hold and else 0."""
    while isinstance(expression, Choose):
        if not isinstance(expression.second, Number) or expression.second.value != 0:
            return None
        expression = expression.first
    if not isinstance(expression, Load) or any(one.kind != "inside" for one in expression.conditions):
        return None
    return expression


def or_zero(element: Load, conditions: Conditions) -> Expression:
    """Return an expression that is 0 where conditions do not hold."""
    guarded = replace(element, conditions=conditions)
    return Choose(conditions, guarded, Number(0, element.dtype), element.dtype)


def limits_and_edges(
    kernel: Kernel, conditions: Conditions, row: int
) -> tuple[tuple[Conditions, ...], Conditions]:
    """Return the conditions that each loop of the reduction decides alone, and the others."""
    limits: list[list[Condition]] = [[] for _ in kernel.reduced]
    edges = []
    first = len(kernel.shape)
    for one in dict.fromkeys(conditions):
        axes = [axis for axis in range(first, first + len(kernel.reduced)) if one.varies_with(axis)]
        stride = one.value.stride(axes[0]) if len(axes) == 1 else None
        if stride is not None and stride > 0 and not (row >= 0 and one.varies_with(row)):
            limits[axes[0] - first].append(one)
        else:
            edges.append(one)
    return tuple(tuple(one) for one in limits), tuple(edges)


def written_out(kernel: Kernel, limits: Sequence[Conditions], edges: Conditions) -> tuple[bool, ...]:
    """Return which loops of the reduction are written out: short sums, and what decides at edges of rows."""
    first = len(kernel.shape)
    sizes = list(kernel.reduced)
    if sizes[0] == kernel.samples.count:
        # known when the code runs
        sizes[0] = 0
    short = 0 < math.prod(sizes) <= WRITTEN_OUT
    decides = [any(one.varies_with(first + depth) for one in edges) for depth in range(len(sizes))]
    return tuple(
        0 < size <= WRITTEN_OUT and not limits[depth] and (short or decides[depth])
        for depth, size in enumerate(sizes)
    )


def is_inside(kernel: Kernel, edges: Conditions, row_axis: int, start: int, rows: int) -> bool:
    """Return whether conditions hold in all of a block of rows."""
    sizes = [*kernel.shape, *kernel.reduced]
    sizes[row_axis] = rows
    for one in edges:
        moved = one.value.stride(row_axis)
        low, high = bounds(one.value.plus(start * (moved or 0)), sizes)
        if moved is None or low < 0 or high >= one.limit:
            return False
    return True


def holds(condition: Condition, counters: Sequence[ir.Value]) -> bool | None:
    """Return whether a place is inside, None if that is known only when the code runs."""
    place = condition.value.constant
    for symbol, factor in condition.value.terms:
        at = counters[symbol.axis] if isinstance(symbol, Counter) else None
        if not isinstance(at, ir.Constant):
            return None
        place += factor * int(at.constant)
    return 0 <= place < condition.limit


def turns_inside(
    builder: ir.IRBuilder,
    turns: tuple[ir.Value, ir.Value],
    limits: Sequence[tuple[ir.Value, int, int]],
) -> tuple[ir.Value, ir.Value]:
    """Return the first of a loop's turns, and the one after its last, in which all places are inside.

    Args:
        builder: where the code goes.
        turns: the loop without limits.
        limits: for each condition the place before the first turn, how far a turn moves it, and its limit.
    """
    start, stop = turns
    for place, stride, limit in limits:
        # whole numbers are divided towards 0, and what is below 0 is replaced
        ends = [
            builder.sdiv(builder.add(builder.sub(index(end), place), index(stride - 1)), index(stride))
            for end in (0, limit)
        ]
        start = _larger(builder, start, ends[0])
        stop = builder.select(builder.icmp_signed("<", stop, ends[1]), stop, ends[1])
    # an empty loop has no turns, not fewer
    return start, _larger(builder, start, stop) if limits else stop


def _larger(builder: ir.IRBuilder, first: ir.Value, second: ir.Value) -> ir.Value:
    return builder.select(builder.icmp_signed(">", first, second), first, second)
