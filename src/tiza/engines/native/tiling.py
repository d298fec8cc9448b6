"""Tiling: a contraction computed in blocks of rows and vectors that stay in registers.

for each block of columns, for each block of rows:
    accumulators = 0
    for k: load the vectors of B's row k; for each row, multiply them by one element of A
    finish every accumulator: bias, activation, update, store
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import llvmlite.ir as ir

from tiza.engines.native.affine import counter, row_major
from tiza.engines.native.code import first_lanes, index, intrinsic, loop, number, register_type, suffix
from tiza.engines.native.expression import Compute, Expression, Load, is_regular, loads_of
from tiza.engines.native.kernels import Kernel, widest
from tiza.engines.native.point import Point
from tiza.engines.native.target import Target
from tiza.graph.node import Node
from tiza.ops.elementwise import MULTIPLY

ROWS_BY_VECTORS = {32: {1: 14, 2: 12, 3: 8, 4: 6}, 16: {1: 8, 2: 5, 3: 4, 4: 3}}
"""Rows of a tile by its number of vectors, for processors with so many vector registers."""


SHORT_SUM = 32
"""Terms below which a sum is short."""

WORTH_BRINGING = 2**20
"""Bytes that what follows a sum reads, from which on they are asked for ahead: they are not near."""


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

    def finish(self, points: Sequence[Point]) -> None:
        """Write what follows the reduction at some points."""

    def prefetch(self, buffer: Node, place: ir.Value) -> None:
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
    """

    rows: int
    vectors: int
    scalars: Load
    neighbours: Load
    row_axis: int


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
    if body.primitive is not MULTIPLY or not all(isinstance(one, Load) for one in body.operands):
        return None
    column = len(kernel.shape) - 1
    if not all(is_regular(expression, column) for _, expression in kernel.values):
        return None
    first, second = body.operands
    for scalars, neighbours in ((first, second), (second, first)):
        assert isinstance(scalars, Load)
        assert isinstance(neighbours, Load)
        if scalars.conditions or neighbours.conditions:
            return None
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
    return Tile(rows, vectors, scalars, neighbours, row)


def _even(size: int, most: int) -> int:
    """Return a number of rows up to `most` that leaves the last block as full as may be."""
    return -(-size // -(-size // most))


def write_tiles(writer: Writer, tile: Tile) -> None:
    """Write the loops over blocks."""
    shape = writer.kernel.shape
    outer = [axis for axis in range(len(shape) - 1) if axis != tile.row_axis]
    _outer_loops(writer, tile, outer, {})


def _outer_loops(writer: Writer, tile: Tile, axes: Sequence[int], counters: dict[int, ir.Value]) -> None:
    if not axes:
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

    def block(counter: ir.Value) -> None:
        _rows(writer, tile, {**counters, column: counter}, [lanes] * tile.vectors)

    def rest(counter: ir.Value, left: int) -> None:
        widths = [min(lanes, left - start) for start in range(0, left, lanes)]
        _rows(writer, tile, {**counters, column: counter}, widths)

    step = tile.vectors * lanes
    if column or not writer.shared:
        write_range(writer, column, step, block, rest)
    else:
        write_aligned_part(writer, step, block, rest)


def _rows(writer: Writer, tile: Tile, counters: dict[int, ir.Value], widths: list[int]) -> None:
    if tile.row_axis < 0:
        _block(writer, tile, counters, 1, widths)
        return

    def block(counter: ir.Value) -> None:
        _block(writer, tile, {**counters, tile.row_axis: counter}, tile.rows, widths)

    def rest(counter: ir.Value, left: int) -> None:
        _block(writer, tile, {**counters, tile.row_axis: counter}, left, widths)

    if tile.row_axis or not writer.shared:
        write_range(writer, tile.row_axis, tile.rows, block, rest)
    elif writer.overwrites:
        write_aligned_part(writer, tile.rows, block, rest)
    else:
        write_overlapping_part(writer, tile.rows, block, lambda counter: rest(counter, 1))


def _block(writer: Writer, tile: Tile, counters: dict[int, ir.Value], rows: int, widths: list[int]) -> None:
    """Write one block: loops over k with accumulators in registers, then what follows for each."""
    kernel, lanes = writer.kernel, writer.lanes
    points = [
        [_shifted(writer, tile, counters, row, vector, width) for vector, width in enumerate(widths)]
        for row in range(rows)
    ]
    dtype = tile.scalars.dtype
    zero = number(0, dtype, lanes)
    totals = _sum_over(writer, tile, points, [zero] * (rows * len(widths)), [])
    assert kernel.head is not None
    for row in range(rows):
        for vector in range(len(widths)):
            point = points[row][vector]
            point.made[kernel.head] = totals[row * len(widths) + vector]
    every = [point for line in points for point in line]
    # as many at once as there are registers for what they store
    together = max(1, writer.target.registers * 3 // 4 // max(len(kernel.stores), 1))
    for start in range(0, len(every), together):
        writer.finish(every[start : start + together])


def _shifted(
    writer: Writer, tile: Tile, counters: dict[int, ir.Value], row: int, vector: int, width: int
) -> Point:
    lanes = writer.lanes
    column = len(writer.kernel.shape) - 1
    at = dict(counters)
    if row:
        at[tile.row_axis] = writer.builder.add(at[tile.row_axis], index(row))
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

    size = writer.terms(depth)
    ahead = writer.fetcher if depth == len(writer.kernel.reduced) - 1 else None
    line = ahead.begin(size) if ahead is not None else None

    own = _own_rows(writer, tile) if depth == len(writer.kernel.reduced) - 1 else []

    def body(counter: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
        if ahead is not None:
            ahead.fetch(writer.builder.add(line, counter))
        if own:
            _bring(writer, tile, points, counter, own)
        return _sum_over(writer, tile, points, carried, [*reduced, counter])

    return loop(writer.builder, index(0), size, 1, totals, body)


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
    return list(found) if sizes >= WORTH_BRINGING else []


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
                writer.prefetch(buffer, place)


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
    new = []
    for row, line in enumerate(points):
        at = Point([*line[0].counters, *reduced], lanes, line[0].axis)
        scalar = writer.value(tile.scalars, at)
        for vector, value in enumerate(vectors):
            total = totals[row * len(vectors) + vector]
            new.append(intrinsic(writer.builder, f"llvm.fma.{suffix(type_)}", type_, [scalar, value, total]))
    return new
