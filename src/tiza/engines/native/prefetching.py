"""Rows that the next step reads, fetched while this one computes: a line of memory a turn of a loop."""

from __future__ import annotations

from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I32, I64, POINTER, index, intrinsic
from tiza.engines.native.kernels import Kernel, Schedule, size_in_bytes
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import tile_of
from tiza.graph.node import Node

LINE_BYTES = 64

WORTH_FETCHING = 8 * 2**10
"""Bytes of a batch below which it stays in a cache, or is fetched fast enough."""


@dataclass(frozen=True, slots=True)
class RowsAhead:
    """What is fetched.

    Attributes:
        node: the input whose rows they are.
        kernel: the one that fetches them: that which multiplies most.
    """

    node: Node
    kernel: Kernel

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return size_in_bytes(self.node) // self.node.tensor_type.shape[0]

    @property
    def lines(self) -> int:
        """Lines of memory of a row."""
        return -(-self.row_bytes // LINE_BYTES)


def rows_ahead(plan: Schedule, target: Target) -> RowsAhead | None:
    """Return what is fetched while a step computes; None if that is not worth it."""
    if not plan.gathered:
        return None
    node = max(plan.gathered, key=size_in_bytes)
    products = [
        kernel
        for kernel in plan.kernels
        if isinstance(kernel, Kernel) and tile_of(kernel, target) is not None
    ]
    if size_in_bytes(node) < WORTH_FETCHING or not products:
        return None
    return RowsAhead(node, max(products, key=lambda kernel: kernel.products))


class Prefetcher:
    """Writes the fetching into a kernel's innermost loop."""

    def __init__(self, builder: ir.IRBuilder, ahead: RowsAhead, order: ir.Value, data: ir.Value) -> None:
        self._builder = builder
        self._ahead = ahead
        self._order = order
        self._data = data
        self._total = index(ahead.node.tensor_type.shape[0] * ahead.lines)
        self._fetched = builder.alloca(I64)
        absent = builder.icmp_unsigned("==", order, ir.Constant(POINTER, None))
        builder.store(builder.select(absent, self._total, index(0)), self._fetched)

    def begin(self, turns: int) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first line."""
        first = self._builder.load(self._fetched, typ=I64)
        self._builder.store(self._builder.add(first, index(turns)), self._fetched)
        return first

    def fetch(self, number: ir.Value) -> None:
        """Write the fetching of a line, if there is one of this number."""
        builder, ahead = self._builder, self._ahead
        with builder.if_then(builder.icmp_unsigned("<", number, self._total)):
            row = builder.udiv(number, index(ahead.lines))
            line = builder.sub(number, builder.mul(row, index(ahead.lines)))
            chosen = builder.load(builder.gep(self._order, [row], source_etype=I64), typ=I64)
            place = builder.add(
                builder.mul(chosen, index(ahead.row_bytes)), builder.mul(line, index(LINE_BYTES))
            )
            address = builder.gep(self._data, [place], source_etype=I8)
            # to be read, into the second cache, data
            how = [ir.Constant(I32, number) for number in (0, 2, 1)]
            intrinsic(builder, "llvm.prefetch.p0", ir.VoidType(), [address, *how])
