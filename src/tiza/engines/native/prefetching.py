"""Asking ahead, within the loops of a sum, for what is read after it and is not near."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import llvmlite.ir as ir

from tiza.engines.native.affine import counter, row_major
from tiza.engines.native.code import index
from tiza.engines.native.expression import loads_of
from tiza.engines.native.kernel_writer import Writer
from tiza.engines.native.lines import Purpose
from tiza.engines.native.point import Point
from tiza.engines.native.ranges import extent
from tiza.engines.native.tiling import FAR, Tile, is_of_many
from tiza.graph.node import Node

TURNS_A_ROW = 8
"""Turns of the innermost loop in which what follows the sum for one row is asked for."""


def own_rows(writer: Writer, tile: Tile) -> list[Node]:
    """Return large buffers of which what follows the sum reads the very elements that it writes."""
    kernel = writer.kernel
    long = math.prod(kernel.usual_reduced) >= TURNS_A_ROW * tile.rows
    if tile.row_axis != 0 or len(kernel.shape) != 2 or not long:
        return []
    own = row_major([counter(0), counter(1)], kernel.shape)
    loads = [load for _, expression in kernel.values for load in loads_of(expression)]
    found = dict.fromkeys(load.buffer for load in loads if load.place == own and not load.conditions)
    sizes = math.prod(kernel.usual_shape) * sum(node.tensor_type.dtype.itemsize for node in found)
    far = not kernel.in_loop.far.isdisjoint(found) or sizes >= FAR
    return list(found) if far else []


def bring(
    writer: Writer, tile: Tile, points: list[list[Point]], turn: ir.Value, buffers: Sequence[Node]
) -> None:
    """Ask for the elements of one of the block's rows that stand in `buffers`, now and then."""
    builder = writer.builder
    row = builder.lshr(turn, index(TURNS_A_ROW.bit_length() - 1))
    due = builder.icmp_signed("==", builder.and_(turn, index(TURNS_A_ROW - 1)), index(0))
    due = builder.and_(due, builder.icmp_signed("<", row, index(len(points))))
    with builder.if_then(due):
        for point in points[0]:
            first, column = point.counters
            line = builder.add(first, row)
            place = builder.add(builder.mul(line, index(writer.kernel.shape[1])), column)
            for buffer in buffers:
                writer.prefetch(buffer, place, Purpose.CHANGE_SOON)


Ask = Callable[[Sequence[ir.Value]], None]
"""Asks, in a turn of the loops of a sum, for some of what is read soon."""


def what_follows(writer: Writer, tile: Tile, point: Point) -> Ask | None:
    """Return what asks for what the next blocks read; None if that is near."""
    kernel = writer.kernel
    if not kernel.portion or tile.row_axis < 0:
        return None
    if is_of_many(kernel, tile) and tile.row_axis == 1:
        return _next_product(writer, tile, point)
    return _next_column(writer, tile, point) if len(kernel.reduced) == 1 else None


def _next_product(writer: Writer, tile: Tile, point: Point) -> Ask:
    """Return what asks, in a turn, for a line of the operands of the next product.

    Each block of rows asks for one line of a turn's: first of the neighbours, then of the scalars.
    """
    kernel, builder = writer.kernel, writer.builder
    first, until = extent(writer, 0)
    following = builder.add(point.counters[0], index(1))
    ends = builder.icmp_signed(">=", following, until)
    # after the last product comes the first one of the next portion
    ahead = builder.select(ends, index(kernel.portion), index(0))
    line = builder.udiv(point.counters[1], index(tile.rows))
    of_neighbours = builder.icmp_signed("<", line, index(tile.vectors))
    column = builder.add(point.counters[2], builder.mul(line, index(writer.lanes)))
    row = builder.mul(builder.sub(line, index(tile.vectors)), index(writer.lanes))
    counters = [builder.select(ends, first, following), row, column]

    def ask(turns: Sequence[ir.Value]) -> None:
        at = Point([*counters, builder.add(turns[0], ahead), *turns[1:]], 1, -1)
        with builder.if_else(of_neighbours) as (neighbours, scalars):
            for part, load in ((neighbours, tile.neighbours), (scalars, tile.scalars)):
                with part:
                    writer.prefetch(load.buffer, writer.place(load.place, at), Purpose.READ_LATER)

    return ask


def _next_column(writer: Writer, tile: Tile, point: Point) -> Ask:
    """Return what asks, in a turn, for a vector of the next column of blocks.

    As many blocks of rows as a block has vectors ask for all of them, whichever a thread takes.
    """
    kernel, builder = writer.kernel, writer.builder
    column = point.axis
    step = writer.lanes * tile.vectors
    block = builder.udiv(point.counters[tile.row_axis], index(tile.rows))
    vector = builder.mul(builder.urem(block, index(tile.vectors)), index(writer.lanes))
    following = builder.add(point.counters[column], index(step))
    ends = builder.icmp_signed(">=", following, index(kernel.shape[column]))
    # after the last column comes the first one of the next portion
    counters = list(point.counters)
    counters[column] = builder.add(builder.select(ends, index(0), following), vector)
    ahead = builder.select(ends, index(kernel.portion), index(0))

    def ask(turns: Sequence[ir.Value]) -> None:
        at = Point([*counters, builder.add(turns[0], ahead)], 1, -1)
        place = writer.place(tile.neighbours.place, at)
        writer.prefetch(tile.neighbours.buffer, place, Purpose.READ_LATER)

    return ask
