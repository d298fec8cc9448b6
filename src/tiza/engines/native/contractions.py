"""Contractions, computed in blocks of rows and vectors that stay in registers.

for each block of columns, for each block of rows:
    accumulators = 0
    for k: load the vectors of B's row k; for each row, multiply them by one element of A
    finish every accumulator: bias, activation, update, store
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import llvmlite.ir as ir

from tiza.engines.native.code import (
    first_lanes,
    index,
    intrinsic,
    loop,
    number,
    plus,
    register_type,
    splat,
    suffix,
)
from tiza.engines.native.edges import holds, is_inside, or_zero, turns_inside
from tiza.engines.native.kernel_writer import Writer
from tiza.engines.native.point import Point
from tiza.engines.native.prefetching import bring, own_rows, what_follows
from tiza.engines.native.ranges import extent, repeat, write_aligned_part, write_overlapping_part, write_range
from tiza.engines.native.tiling import Tile


def write_tiles(writer: Writer, tile: Tile) -> None:
    """Write the loops over blocks, of a portion of the samples at a time if so."""
    shape = writer.kernel.shape
    outer = [axis for axis in range(len(shape) - 1) if axis != tile.row_axis]
    portion, group = writer.kernel.portion, writer.kernel.group
    if group:
        _by_groups(writer, tile, outer)
        return
    if not portion:
        _outer_loops(writer, tile, outer, {})
        return
    builder, samples = writer.builder, writer.terms(0)

    def body(start: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        stop = builder.add(start, index(portion))
        stop = builder.select(builder.icmp_signed("<", stop, samples), stop, samples)
        _outer_loops(writer, replace(tile, samples=(start, stop)), outer, {})
        return []

    loop(builder, index(0), samples, portion, [], body)


def _by_groups(writer: Writer, tile: Tile, outer: Sequence[int]) -> None:
    """Write the loops over blocks for each group of samples; part of a group goes on with its sum."""
    builder, group = writer.builder, index(writer.kernel.group)

    def body(number: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        start, stop = builder.mul(number, group), builder.mul(builder.add(number, index(1)), group)
        start = builder.select(builder.icmp_signed(">", start, writer.first), start, writer.first)
        stop = builder.select(builder.icmp_signed("<", stop, writer.until), stop, writer.until)
        writer.go_to_sum(number)
        _outer_loops(writer, replace(tile, samples=(start, stop)), outer, {})
        return []

    last = builder.sdiv(builder.add(writer.until, index(writer.kernel.group - 1)), group)
    loop(builder, builder.sdiv(writer.first, group), last, 1, [], body)


def _outer_loops(writer: Writer, tile: Tile, axes: Sequence[int], counters: dict[int, ir.Value]) -> None:
    if not axes:
        writer.keep_quotients(counters)
        _columns(writer, tile, counters)
        return

    def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        _outer_loops(writer, tile, axes[1:], {**counters, axes[0]: counter})
        return []

    start, stop = extent(writer, axes[0])
    loop(writer.builder, start, stop, 1, [], body)


def _columns(writer: Writer, tile: Tile, counters: dict[int, ir.Value]) -> None:
    lanes = writer.lanes
    column = len(writer.kernel.shape) - 1

    def panel(counter: ir.Value, widths: list[int]) -> None:
        if writer.kernel.beside is not None:
            _sum_columns(writer, tile, {**counters, column: counter}, widths)
        _rows(writer, tile, {**counters, column: counter}, widths)

    def block(counter: ir.Value) -> None:
        panel(counter, [lanes] * tile.vectors)

    def rest(counter: ir.Value, left: int) -> None:
        panel(counter, [min(lanes, left - start) for start in range(0, left, lanes)])

    step = tile.vectors * lanes
    if column or not writer.shared:
        write_range(writer, column, step, block, rest)
    else:
        write_aligned_part(writer, step, block, rest)


def _sum_columns(writer: Writer, tile: Tile, counters: dict[int, ir.Value], widths: list[int]) -> None:
    """Write the sums beside the product for some columns, if the thread has the first of all rows."""
    kernel, builder = writer.kernel, writer.builder
    node = kernel.beside
    assert node is not None
    axes = [axis for axis in range(len(kernel.shape) - 1) if axis != tile.row_axis]
    rows = [counters[axis] for axis in axes]
    first, until = extent(writer, 0)
    if tile.row_axis == 0:
        rows.append(first)
    # an empty part may begin at the first row, too: where there are more threads than blocks of rows
    owns = builder.icmp_signed("<", first, until)
    for row in rows:
        owns = builder.and_(owns, builder.icmp_signed("==", row, index(0)))
    at_first = {axis: counters.get(axis, index(0)) for axis in range(len(kernel.shape))}
    with builder.if_then(owns):
        points = [_shifted(writer, tile, at_first, 0, at, width) for at, width in enumerate(widths)]
        zero = number(0, node.tensor_type.dtype, writer.lanes)
        totals = [zero] * len(points)
        if tile.samples is not None:
            begins = builder.icmp_signed("==", tile.samples[0], index(0))
            kept = [writer.column_sum(point) for point in points]
            totals = [builder.select(splat(builder, begins, writer.lanes), zero, one) for one in kept]
        totals = _sum_rows(writer, tile, points, totals, [])
        for point, total in zip(points, totals, strict=True):
            writer.keep_column_sum(point, total)


def _sum_rows(
    writer: Writer, tile: Tile, points: list[Point], totals: list[ir.Value], reduced: list[ir.Value]
) -> list[ir.Value]:
    """Write the loops over the rows of neighbours, which are added to `totals`."""
    depth = len(reduced)
    if depth == len(writer.kernel.reduced):
        return [
            writer.builder.fadd(
                total,
                writer.value(
                    tile.neighbours, Point([*point.counters, *reduced], writer.lanes, point.axis, point.mask)
                ),
            )
            for point, total in zip(points, totals, strict=True)
        ]

    def body(counter: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
        return _sum_rows(writer, tile, points, carried, [*reduced, counter])

    part = tile.samples if tile.samples is not None and not depth else None
    start, stop = part or (index(0), writer.terms(depth))
    return loop(writer.builder, start, stop, 1, totals, body)


def _rows(writer: Writer, tile: Tile, counters: dict[int, ir.Value], widths: list[int]) -> None:
    if tile.row_axis < 0:
        _block(writer, tile, counters, 1, widths)
        return

    def block(counter: ir.Value) -> None:
        _block(writer, tile, {**counters, tile.row_axis: counter}, tile.rows, widths)

    def rest(counter: ir.Value, left: int) -> None:
        _block(writer, tile, {**counters, tile.row_axis: counter}, left, widths)

    if tile.edges and (tile.row_axis or not writer.shared):
        _rows_with_edges(writer, tile, counters, widths)
    elif tile.row_axis or not writer.shared:
        write_range(writer, tile.row_axis, tile.rows, block, rest)
    elif writer.overwrites:
        write_aligned_part(writer, tile.rows, block, rest)
    else:
        write_overlapping_part(writer, tile.rows, block, lambda counter: rest(counter, 1))


def _rows_with_edges(writer: Writer, tile: Tile, counters: dict[int, ir.Value], widths: list[int]) -> None:
    """Write the blocks of rows: one by one at the edges, where rows decide what is 0; in a loop between."""
    size = writer.kernel.shape[tile.row_axis]
    inner = replace(tile, edges=())
    start = 0
    while start < size:
        stop = start
        while stop + tile.rows <= size and is_inside(
            writer.kernel, tile.edges, tile.row_axis, stop, tile.rows
        ):
            stop += tile.rows

        def block(counter: ir.Value) -> None:
            _block(writer, inner, {**counters, tile.row_axis: counter}, tile.rows, widths)

        if stop > start:
            repeat(writer, index(start), index(stop), tile.rows, block)
            start = stop
            continue
        rows = min(tile.rows, size - start)
        _block(writer, tile, {**counters, tile.row_axis: index(start)}, rows, widths)
        start += rows


def _block(writer: Writer, tile: Tile, counters: dict[int, ir.Value], rows: int, widths: list[int]) -> None:
    """Write one block: loops over k with accumulators in registers, then what follows for each."""
    kernel, lanes = writer.kernel, writer.lanes
    points = [
        [_shifted(writer, tile, counters, row, vector, width) for vector, width in enumerate(widths)]
        for row in range(rows)
    ]
    dtype = tile.scalars.dtype
    zero = number(0, dtype, lanes)
    assert kernel.head is not None
    every = [point for line in points for point in line]
    totals = [zero] * len(every)
    if tile.samples is not None:
        begins = splat(writer.builder, _begins(writer, tile.samples[0]), lanes)
        kept = [writer.kept(point) for point in every]
        totals = [writer.builder.select(begins, zero, one) for one in kept]
    totals = _sum_over(writer, tile, points, totals, [])
    for row in range(rows):
        for vector in range(len(widths)):
            point = points[row][vector]
            point.made[kernel.head] = totals[row * len(widths) + vector]
    if tile.samples is None:
        _finish(writer, every)
        return
    if kernel.group:
        for point in every:
            writer.keep(point)
        return
    ends = writer.builder.icmp_signed("==", tile.samples[1], writer.terms(0))
    with writer.builder.if_else(ends) as (last, before):
        with last:
            _finish(writer, every)
        with before:
            for point in every:
                writer.keep(point)


def _begins(writer: Writer, sample: ir.Value) -> ir.Value:
    """Return whether a sum begins with a sample."""
    group = writer.kernel.group
    within = writer.builder.srem(sample, index(group)) if group else sample
    return writer.builder.icmp_signed("==", within, index(0))


def _finish(writer: Writer, every: Sequence[Point]) -> None:
    """Write what follows the sum at all points of a block."""
    # as many at once as there are registers for what they store
    together = max(1, writer.target.registers * 3 // 4 // max(len(writer.kernel.stores), 1))
    for start in range(0, len(every), together):
        writer.finish(every[start : start + together])


def _shifted(
    writer: Writer, tile: Tile, counters: dict[int, ir.Value], row: int, vector: int, width: int
) -> Point:
    lanes = writer.lanes
    column = len(writer.kernel.shape) - 1
    at = dict(counters)
    if row:
        at[tile.row_axis] = plus(writer.builder, at[tile.row_axis], row)
    if vector:
        at[column] = writer.builder.add(at[column], index(vector * lanes))
    mask = None
    if width < lanes:
        mask = first_lanes(writer.builder, index(width), lanes)
    return Point([at[axis] for axis in range(len(writer.kernel.shape))], lanes, column, mask)


def _sum_over(
    writer: Writer,
    tile: Tile,
    points: list[list[Point]],
    totals: list[ir.Value],
    reduced: list[ir.Value],
) -> list[ir.Value]:
    """Write the loops over the reduced axes, `totals` carried."""
    depth = len(reduced)
    if depth == len(writer.kernel.reduced):
        return _multiply_add(writer, tile, points, totals, reduced)

    if tile.written_out[depth]:
        for turn in range(writer.kernel.reduced[depth]):
            totals = _sum_over(writer, tile, points, totals, [*reduced, index(turn)])
        return totals

    builder = writer.builder
    start, stop = _turns(writer, tile, points[0][0], reduced)
    innermost = all(tile.written_out[depth + 1 :])
    ahead = writer.fetcher if innermost else None
    line = ahead.begin(builder.sub(stop, start)) if ahead is not None else None

    own = own_rows(writer, tile) if innermost else []
    ask = what_follows(writer, tile, points[0][0]) if innermost else None

    def body(counter: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
        if ahead is not None:
            ahead.fetch(builder.add(line, builder.sub(counter, start)))
        if own:
            bring(writer, tile, points, counter, own)
        if ask is not None:
            ask([*reduced, counter])
        return _sum_over(writer, tile, points, carried, [*reduced, counter])

    return loop(builder, start, stop, 1, totals, body)


def _turns(
    writer: Writer, tile: Tile, point: Point, reduced: Sequence[ir.Value]
) -> tuple[ir.Value, ir.Value]:
    """Return the turns of the next loop of a sum in which its terms are not 0 for being outside."""
    depth = len(reduced)
    turns = (index(0), writer.terms(depth))
    if tile.samples is not None and not depth:
        turns = tile.samples
    before = Point([*point.counters, *reduced, index(0)], 1, -1)
    axis = len(point.counters) + depth
    limits = [
        (writer.place(one.value, before), one.value.stride(axis) or 0, one.limit)
        for one in tile.limits[depth]
    ]
    return turns_inside(writer.builder, turns, limits)


def _multiply_add(
    writer: Writer,
    tile: Tile,
    points: list[list[Point]],
    totals: list[ir.Value],
    reduced: list[ir.Value],
) -> list[ir.Value]:
    lanes = writer.lanes
    type_ = register_type(tile.scalars.dtype, lanes)
    vectors = [
        writer.value(tile.neighbours, Point([*point.counters, *reduced], lanes, point.axis, point.mask))
        for point in points[0]
    ]
    plain = replace(tile.scalars, conditions=())
    new = []
    for row, line in enumerate(points):
        own = totals[row * len(vectors) : (row + 1) * len(vectors)]
        counters = [*line[0].counters, *reduced]
        inside = [holds(one, counters) for one in tile.edges]
        if False in inside:
            new.extend(own)
            continue
        at = Point(counters, lanes, line[0].axis)
        if None in inside:
            scalar = writer.value(or_zero(tile.scalars, tile.edges), at)
        else:
            scalar = writer.value(plain, at)
        for total, value in zip(own, vectors, strict=True):
            new.append(intrinsic(writer.builder, f"llvm.fma.{suffix(type_)}", type_, [scalar, value, total]))
    return new
