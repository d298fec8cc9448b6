"""Loops over an axis of a kernel in steps: all of it or a thread's part, then what is left."""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.ir as ir

from tiza.engines.native.code import index, loop
from tiza.engines.native.kernel_writer import Writer

Block = Callable[[ir.Value], None]
"""Writes what is done at a value of the loop's counter."""


def extent(writer: Writer, axis: int) -> tuple[ir.Value, ir.Value]:
    """Return where a loop starts and stops: the first loop may be shared between threads."""
    if axis == 0 and writer.shared:
        return writer.first, writer.until
    return index(0), index(writer.kernel.shape[axis])


def write_range(
    writer: Writer, axis: int, step: int, block: Block, rest: Callable[[ir.Value, int], None]
) -> None:
    """Write a loop over all of an axis in steps of `step`, then the shorter rest."""
    size = writer.kernel.shape[axis]
    whole = size - size % step
    if whole:
        repeat(writer, index(0), index(whole), step, block)
    if size > whole:
        rest(index(whole), size - whole)


def write_part(writer: Writer, step: int, block: Block, rest: Callable[[ir.Value, ir.Value], None]) -> None:
    """Write a loop over a thread's part of the first axis in steps of `step`, then the shorter rest."""
    builder = writer.builder
    if step == 1:
        repeat(writer, writer.first, writer.until, 1, block)
        return
    count = builder.sub(writer.until, writer.first)
    left = builder.srem(count, index(step))
    whole = builder.sub(writer.until, left)
    if writer.kernel.usual_shape[0] >= step:
        repeat(writer, writer.first, whole, step, block)
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
    repeat(writer, writer.first, builder.select(before, writer.until, index(whole)), step, block)
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

            repeat(writer, writer.first, writer.until, step, moved)
        with few:
            repeat(writer, writer.first, writer.until, 1, single)


def repeat(writer: Writer, start: ir.Value, stop: ir.Value, step: int, block: Block) -> None:
    """Write a loop from `start` to before `stop` in steps of `step`."""

    def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
        block(counter)
        return []

    loop(writer.builder, start, stop, step, [], body)
