"""Tiling: how a contraction is cut into blocks of rows and vectors, and its sum into portions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.edges import element_or_zero, limits_and_edges, written_out
from tiza.engines.native.expression import Compute, Condition, Load, is_regular
from tiza.engines.native.kernels import Kernel, size_in_bytes, widest
from tiza.engines.native.target import Target
from tiza.ops.elementwise import MULTIPLY

ROWS_BY_VECTORS = {32: {1: 14, 2: 12, 3: 8, 4: 6}, 16: {1: 8, 2: 5, 3: 4, 4: 3}}
"""Rows of a tile by its number of vectors, for processors with so many vector registers."""

IN_CACHE = 2**18
"""Bytes of operands that a processor keeps near beside what else is computed."""

LONG_ROW = 32
"""Terms of a sample for which it pays to put what a sum has come to into memory."""

FAR = 2**20
"""Bytes that a processor does not keep near: it is worth asking for them ahead."""

LONG_PORTION = 256
"""Turns for which it pays to put what a sum has come to into memory."""

LARGE_PRODUCT = 2**20
"""Multiplications of a product beside which it costs nothing to look what may be left out or asked for."""

SHORT_SUM = 32
"""Terms below which a sum is short."""


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
    if kernel.reduced[0] == kernel.samples.count and is_of_many(kernel, tile):
        of_both = of_scalars + size_in_bytes(tile.neighbours.buffer) // max(samples, 1)
        return max(1, IN_CACHE // of_both) if samples * of_both > FAR else 0
    if kernel.reduced[0] == kernel.samples.count and math.prod(turns) >= LONG_ROW:
        of_a_sample = 4 * math.prod(turns) * kernel.shape[-1] + of_scalars
        return max(1, IN_CACHE // of_a_sample) if samples * of_a_sample > IN_CACHE else 0
    # a sum over rows, or over steps and rows: it is long, or what a column of blocks reads stays near
    of_a_turn = math.prod(turns) * tile.vectors * target.vector_bytes + of_scalars
    return max(LONG_PORTION, IN_CACHE // of_a_turn) if samples * of_a_turn > FAR else 0


def is_of_many(kernel: Kernel, tile: Tile) -> bool:
    """Return whether it is one product for each turn of its first loop, each of other operands."""
    operands = (tile.scalars.place, tile.neighbours.place)
    return tile.row_axis > 0 and all(place.stride(0) for place in operands)
