"""Copies that turn columns into rows, in square blocks that stay in registers."""

from __future__ import annotations

from collections.abc import Sequence

import llvmlite.ir as ir

from tiza.engines.native.code import I32, index, load, loop, memory_type, store
from tiza.engines.native.expression import Load
from tiza.engines.native.kernels import Kernel
from tiza.graph.tensor_type import DType


def transposed_load(kernel: Kernel, lanes: int) -> Load | None:
    """Return what a kernel copies, if it only turns columns into rows.

    Only matrices whose sizes are whole blocks are taken; others are copied element by element.
    """
    if kernel.reduction or kernel.parts or len(kernel.shape) != 2 or len(kernel.values) != 1:
        return None
    source = kernel.values[0][1]
    if not isinstance(source, Load) or source.conditions:
        return None
    row, column = source.place.stride(0), source.place.stride(1)
    if row != 1 or not column or column == 1 or any(size % lanes for size in kernel.shape):
        return None
    return source if not source.place.constant else None


def transpose_block(builder: ir.IRBuilder, rows: Sequence[ir.Value]) -> list[ir.Value]:
    """Return the columns of a square block given by its rows: log2(n) rounds of exchanges between pairs."""
    block = list(rows)
    lanes = len(block)
    half = lanes // 2
    while half:
        for start in range(lanes):
            if start & half:
                continue
            first, second = block[start], block[start + half]
            block[start] = _exchange(builder, first, second, half, low=True)
            block[start + half] = _exchange(builder, first, second, half, low=False)
        half //= 2
    return block


def _exchange(builder: ir.IRBuilder, first: ir.Value, second: ir.Value, half: int, low: bool) -> ir.Value:
    """Return the lanes of both vectors whose number lacks (or has) the bit `half`, side by side."""
    lanes = first.type.count
    order = []
    for lane in range(lanes):
        of_second = bool(lane & half)
        place = lane & ~half if low else lane | half
        order.append(place + (lanes if of_second else 0))
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(I32, lanes), order))


def write_transposition(
    builder: ir.IRBuilder,
    source: Load,
    origin: ir.Value,
    target: ir.Value,
    shape: Sequence[int],
    lanes: int,
    rows: tuple[ir.Value, ir.Value],
) -> None:
    """Write the loops over blocks: out[i, j] = x[i + j stride], for i in `rows`."""
    dtype = source.dtype
    stride = source.place.stride(1)
    assert stride is not None

    def line(i: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        def block(j: ir.Value, _inner: list[ir.Value]) -> list[ir.Value]:
            columns = []
            for lane in range(lanes):
                place = builder.add(i, builder.mul(builder.add(j, index(lane)), index(stride)))
                columns.append(load(builder, _at(builder, origin, place, dtype), dtype, lanes))
            for lane, value in enumerate(transpose_block(builder, columns)):
                place = builder.add(builder.mul(builder.add(i, index(lane)), index(shape[1])), j)
                store(builder, value, _at(builder, target, place, dtype), dtype, lanes)
            return []

        loop(builder, index(0), index(shape[1]), lanes, [], block)
        return []

    loop(builder, rows[0], rows[1], lanes, [], line)


def _at(builder: ir.IRBuilder, base: ir.Value, place: ir.Value, dtype: DType) -> ir.Value:
    return builder.gep(base, [place], source_etype=memory_type(dtype, 1))
