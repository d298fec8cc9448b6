"""Tiling: a contraction computed in blocks of rows and vectors that stay in registers.

for each block of columns, for each block of rows:
    accumulators = 0
    for k: load the vectors of B's row k; for each row, multiply them by one element of A
    finish every accumulator: bias, activation, update, store
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

import llvmlite.ir as ir

from tiza.engines.native.affine import Affine, counter, row_major
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
from tiza.engines.native.edges import (
    element_or_zero,
    holds,
    is_inside,
    limits_and_edges,
    or_zero,
    turns_inside,
    written_out,
)
from tiza.engines.native.expression import (
    Compute,
    Condition,
    Expression,
    Load,
    is_regular,
    loads_of,
)
from tiza.engines.native.kernels import Kernel, size_in_bytes, widest
from tiza.engines.native.point import Point
from tiza.engines.native.target import Target
from tiza.graph.node import Node
from tiza.ops.elementwise import MULTIPLY

ROWS_BY_VECTORS = {32: {1: 14, 2: 12, 3: 8, 4: 6}, 16: {1: 8, 2: 5, 3: 4, 4: 3}}
"""Rows of a tile by its number of vectors, for processors with so many vector registers."""


IN_CACHE = 2**18
"""Bytes of operands that a processor keeps near beside what else is computed."""

LONG_ROW = 32
"""Terms of a sample for which it pays to put what a sum has come to into memory."""

FAR = 2**20
"""Bytes of operands that a processor does not keep near."""

LONG_PORTION = 256
"""Turns for which it pays to put what a sum has come to into memory."""

SHORT_SUM = 32
"""Terms below which a sum is short."""

WORTH_BRINGING = 2**20
"""Bytes that what follows a sum reads, from which on they are asked for ahead: they are not near."""


class Purpose(Enum):
    """What an element is asked for, as LLVM is told: whether to be written, how near, that it is data."""

    CHANGE_SOON = (1, 3, 1)
    READ_LATER = (0, 2, 1)


class Fetching(Protocol):
    """What brings rows of the next step while a kernel computes."""

    def begin(self, turns: ir.Value) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first line."""

    def fetch(self, number: ir.Value) -> None:
        """Write the bringing of a line, if there is one of this number."""


class Writer(Protocol):
    """What tiling needs of the writer of a kernel."""

    kernel: Kernel
    target: Target
    builder: ir.IRBuilder
    lanes: int
    overwrites: bool
    shared: bool

    @property
    def fetcher(self) -> Fetching | None:
        """What brings the next step's rows meanwhile, if anything does."""

    first: ir.Value
    until: ir.Value

    def terms(self, depth: int) -> ir.Value:
        """Return the length of a loop of the reduction."""

    def value(self, expression: Expression, point: Point) -> ir.Value:
        """Return the value of an expression at a point."""

    def place(self, value: Affine, point: Point) -> ir.Value:
        """Return an index at a point."""

    def finish(self, points: Sequence[Point]) -> None:
        """Write what follows the reduction at some points."""

    def keep_quotients(self, counters: Mapping[int, ir.Value]) -> None:
        """Compute the quotients of some loops' counters before what they are read in."""

    def kept(self, point: Point) -> ir.Value:
        """Return what a sum has come to before, from memory."""

    def keep(self, point: Point) -> None:
        """Write what a sum has come to so far into memory."""

    def go_to_sum(self, number: ir.Value) -> None:
        """Let what is kept be in the place of another of the sums that the kernel makes."""

    def column_sum(self, point: Point) -> ir.Value:
        """Return what the sum beside the product has come to before, from memory."""

    def keep_column_sum(self, point: Point, total: ir.Value) -> None:
        """Write what the sum beside the product has come to so far into memory."""

    def prefetch(self, buffer: Node, place: ir.Value, purpose: Purpose) -> None:
        """Ask for an element of a buffer."""


@dataclass(frozen=True, slots=True)
class Tile:
    """How a contraction is cut up.

    Attributes:
        rows: rows of a block.
        vectors: vectors of a block.
        scalars: the operand whose elements are repeated over columns.
        neighbours: the operand whose neighbours are read as vectors.
        row_axis: the loop over rows; -1 if there is none.
        limits: for each loop of the reduction, what must hold in it, whatever the row: else `scalars` is 0.
        edges: what else must hold.
        written_out: which loops of the reduction are written out, turn by turn.
        samples: the part of the first loop of the reduction that is being written, if not all.
    """

    rows: int
    vectors: int
    scalars: Load
    neighbours: Load
    row_axis: int
    limits: tuple[tuple[Condition, ...], ...]
    edges: tuple[Condition, ...]
    written_out: tuple[bool, ...]
    samples: tuple[ir.Value, ir.Value] | None = None


def tile_of(kernel: Kernel, target: Target) -> Tile | None:
    """Return how a kernel is tiled, or None if it is no product of two loads that vectors serve."""
    body = kernel.body
    lanes = target.vector_bytes // widest(kernel)
    if (
        kernel.reduction != "sum"
        or not kernel.shape
        or not isinstance(body, Compute)
        or body.dtype.kind != "f"
    ):
        return None
    if body.primitive is not MULTIPLY:
        return None
    column = len(kernel.shape) - 1
    if not all(is_regular(expression, column) for _, expression in kernel.values):
        return None
    first, second = (element_or_zero(one) for one in body.operands)
    if first is None or second is None:
        return None
    for scalars, neighbours in ((first, second), (second, first)):
        if neighbours.conditions or any(one.varies_with(column) for one in scalars.conditions):
            continue
        if scalars.place.stride(column) == 0 and neighbours.place.stride(column) == 1:
            return _sized(kernel, target, lanes, scalars, neighbours)
    return None


def _sized(kernel: Kernel, target: Target, lanes: int, scalars: Load, neighbours: Load) -> Tile:
    shape = kernel.usual_shape
    column = len(shape) - 1
    row = column - 1 if column and neighbours.place.stride(column - 1) == 0 else -1
    count = -(-shape[column] // lanes)
    vectors = max(size for size in (1, 2, 3, 4) if count % size == 0)
    most = ROWS_BY_VECTORS[target.registers][vectors]
    if row >= 0 and shape[row] > 4 * most and math.prod(kernel.usual_reduced) < SHORT_SUM:
        # what follows a short sum takes long beside it: smaller blocks let it and the next sum overlap
        most = max(1, most // 2)
    rows = _even(shape[row], min(most, shape[row])) if row >= 0 else 1
    limits, edges = limits_and_edges(kernel, scalars.conditions, row)
    return Tile(rows, vectors, scalars, neighbours, row, limits, edges, written_out(kernel, limits, edges))


def _even(size: int, most: int) -> int:
    """Return a number of rows up to `most` that leaves the last block as full as may be."""
    return -(-size // -(-size // most))


def portion_of(kernel: Kernel, target: Target) -> int:
    """Return of how many samples a sum is made at a time, 0 for all.

    Blocks read the same operands again: a portion of them stays in the cache meanwhile.
    """
    tile = tile_of(kernel, target)
    if tile is None or math.prod(kernel.shape[:-1]) < 2 * tile.rows:
        return 0
    samples, *turns = kernel.usual_reduced
    of_scalars = size_in_bytes(tile.scalars.buffer) // max(samples, 1)
    if kernel.reduced[0] == kernel.samples.count and _is_of_many(kernel, tile):
        of_both = of_scalars + size_in_bytes(tile.neighbours.buffer) // max(samples, 1)
        return max(1, IN_CACHE // of_both) if samples * of_both > FAR else 0
    if kernel.reduced[0] == kernel.samples.count and math.prod(turns) >= LONG_ROW:
        of_a_sample = 4 * math.prod(turns) * kernel.shape[-1] + of_scalars
        return max(1, IN_CACHE // of_a_sample) if samples * of_a_sample > IN_CACHE else 0
    # a sum over rows, or over steps and rows: it is long, or what a column of blocks reads stays near
    of_a_turn = math.prod(turns) * tile.vectors * target.vector_bytes + of_scalars
    return max(LONG_PORTION, IN_CACHE // of_a_turn) if samples * of_a_turn > FAR else 0


def _is_of_many(kernel: Kernel, tile: Tile) -> bool:
    """Return whether it is one product for each turn of its first loop, each of other operands."""
    operands = (tile.scalars.place, tile.neighbours.place)
    return tile.row_axis > 0 and all(place.stride(0) for place in operands)


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


def extent(writer: Writer, axis: int) -> tuple[ir.Value, ir.Value]:
    """Return where a loop starts and stops: the first loop may be shared between threads."""
    if axis == 0 and writer.shared:
        return writer.first, writer.until
    return index(0), index(writer.kernel.shape[axis])


Block = Callable[[ir.Value], None]


def write_range(
    writer: Writer, axis: int, step: int, block: Block, rest: Callable[[ir.Value, int], None]
) -> None:
    """Write a loop over all of an axis in steps of `step`, then the shorter rest."""
    size = writer.kernel.shape[axis]
    whole = size - size % step
    if whole:
        _repeat(writer, index(0), index(whole), step, block)
    if size > whole:
        rest(index(whole), size - whole)


def write_part(writer: Writer, step: int, block: Block, rest: Callable[[ir.Value, ir.Value], None]) -> None:
    """Write a loop over a thread's part of the first axis in steps of `step`, then the shorter rest."""
    builder = writer.builder
    if step == 1:
        _repeat(writer, writer.first, writer.until, 1, block)
        return
    count = builder.sub(writer.until, writer.first)
    left = builder.srem(count, index(step))
    whole = builder.sub(writer.until, left)
    if writer.kernel.usual_shape[0] >= step:
        _repeat(writer, writer.first, whole, step, block)
    with builder.if_then(builder.icmp_signed(">", left, index(0))):
        rest(whole, left)


def write_aligned_part(
    writer: Writer, step: int, block: Block, rest: Callable[[ir.Value, int], None]
) -> None:
    """Write a loop over a thread's part of the first axis, which begins at a multiple of `step`.

    The rest, of a size that is known, is the last thread's.
    """
    builder, size = writer.builder, writer.kernel.shape[0]
    whole = size - size % step
    before = builder.icmp_signed("<", writer.until, index(whole))
    _repeat(writer, writer.first, builder.select(before, writer.until, index(whole)), step, block)
    if size > whole:
        with builder.if_then(builder.icmp_signed("==", writer.until, index(size))):
            rest(index(whole), size - whole)


def write_overlapping_part(writer: Writer, step: int, block: Block, single: Block) -> None:
    """Write a loop over a thread's part of the first axis in whole blocks.

    The last block is moved back over rows that are done, which gives the same numbers again; a part that is
    shorter than a block goes row by row.
    """
    builder = writer.builder
    last = builder.sub(writer.until, index(step))
    fits = builder.icmp_signed("<=", writer.first, last)
    with builder.if_else(fits) as (many, few):
        with many:

            def moved(counter: ir.Value) -> None:
                within = builder.icmp_signed("<", counter, last)
                block(builder.select(within, counter, last))

            _repeat(writer, writer.first, writer.until, step, moved)
        with few:
            _repeat(writer, writer.first, writer.until, 1, single)


def _repeat(writer: Writer, start: ir.Value, stop: ir.Value, step: int, block: Block) -> None:
    def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        block(counter)
        return []

    loop(writer.builder, start, stop, step, [], body)


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
    if tile.row_axis == 0:
        rows.append(extent(writer, 0)[0])
    owns = ir.Constant(ir.IntType(1), 1)
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
            _repeat(writer, index(start), index(stop), tile.rows, block)
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

    own = _own_rows(writer, tile) if innermost else []
    ask = _what_follows(writer, tile, points[0][0]) if innermost else None

    def body(counter: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
        if ahead is not None:
            ahead.fetch(builder.add(line, builder.sub(counter, start)))
        if own:
            _bring(writer, tile, points, counter, own)
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


TURNS_A_ROW = 8
"""Turns of the innermost loop in which what follows the sum for one row is asked for."""


def _own_rows(writer: Writer, tile: Tile) -> list[Node]:
    """Return large buffers of which what follows the sum reads the very elements that it writes."""
    kernel = writer.kernel
    long = math.prod(kernel.usual_reduced) >= TURNS_A_ROW * tile.rows
    if tile.row_axis != 0 or len(kernel.shape) != 2 or not long:
        return []
    own = row_major([counter(0), counter(1)], kernel.shape)
    loads = [load for _, expression in kernel.values for load in loads_of(expression)]
    found = dict.fromkeys(load.buffer for load in loads if load.place == own and not load.conditions)
    sizes = math.prod(kernel.usual_shape) * sum(node.tensor_type.dtype.itemsize for node in found)
    far = not kernel.far.isdisjoint(found) or sizes >= WORTH_BRINGING
    return list(found) if far else []


def _bring(
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


def _what_follows(writer: Writer, tile: Tile, point: Point) -> Ask | None:
    """Return what asks for what the next blocks read; None if that is near."""
    kernel = writer.kernel
    if not kernel.portion or tile.row_axis < 0:
        return None
    if _is_of_many(kernel, tile) and tile.row_axis == 1:
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
