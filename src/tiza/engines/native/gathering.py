"""Rows of the data brought to where a step reads them, and looked at on the way."""

from __future__ import annotations

import llvmlite.ir as ir

from tiza.engines.native.code import I1, I8, I32, I64, first_lanes, index, intrinsic, loop, suffix
from tiza.engines.native.finiteness import LargestBits
from tiza.engines.native.target import Target
from tiza.graph.node import Node
from tiza.graph.tensor_type import DType


def gather_rows(
    builder: ir.IRBuilder,
    node: Node,
    source: ir.Value,
    goal: ir.Value,
    order: ir.Value,
    part: tuple[ir.Value, ir.Value],
    stop: ir.Value,
    target: Target,
) -> None:
    """Write the copy of rows order[0], order[1], ... of `source` to `goal`, for a thread's part.

    A number that is not finite sets the mark at `stop`.
    """
    type_ = node.tensor_type
    rows = type_.shape[0]
    elements = type_.size // max(rows, 1)
    row = _CheckedRow(builder, type_.dtype, elements, target) if type_.is_float else None
    largest = [row.start] if row is not None else []

    def body(line: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
        chosen = builder.load(builder.gep(order, [line], source_etype=I64), typ=I64)
        size = index(elements * type_.dtype.itemsize)
        origin = builder.gep(source, [builder.mul(chosen, size)], source_etype=I8)
        place = builder.gep(goal, [builder.mul(line, size)], source_etype=I8)
        if row is not None:
            return [row.copy(place, origin, carried[0])]
        none = ir.Constant(I1, 0)
        intrinsic(builder, "llvm.memcpy.p0.p0.i64", ir.VoidType(), [place, origin, size, none])
        return []

    found = loop(builder, *part, 1, largest, body)
    if row is not None:
        with builder.if_then(row.is_bad(found[0])):
            builder.store(index(1), stop)


class _CheckedRow:
    """Copies rows of floats, and remembers whether all were finite."""

    def __init__(self, builder: ir.IRBuilder, dtype: DType, elements: int, target: Target) -> None:
        self._builder = builder
        self._elements = elements
        widest = min(target.vector_bytes // dtype.itemsize, max(elements, 1))
        self._lanes = 1 << (widest.bit_length() - 1)
        self._bytes = dtype.itemsize
        self._bits = LargestBits(builder, dtype, self._lanes)
        self.start: ir.Value = self._bits.start

    def copy(self, goal: ir.Value, origin: ir.Value, largest: ir.Value) -> ir.Value:
        """Write the copy of a row; return the largest number without sign so far."""
        whole = self._elements - self._elements % self._lanes

        def body(place: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
            return [self._copy_vector(goal, origin, place, carried[0])]

        (largest,) = loop(self._builder, index(0), index(whole), self._lanes, [largest], body)
        if self._elements > whole:
            left = index(self._elements - whole)
            return self._copy_vector(goal, origin, index(whole), largest, left)
        return largest

    def _copy_vector(
        self,
        goal: ir.Value,
        origin: ir.Value,
        place: ir.Value,
        largest: ir.Value,
        left: ir.Constant | None = None,
    ) -> ir.Value:
        builder, type_ = self._builder, self._bits.type
        scalar = ir.IntType(8 * self._bytes)
        from_, to = (builder.gep(one, [place], source_etype=scalar) for one in (origin, goal))
        if left is None:
            value = builder.load(from_, typ=type_)
            value.align = self._bytes
            builder.store(value, to).align = self._bytes
        else:
            mask, alignment = first_lanes(builder, left, self._lanes), ir.Constant(I32, self._bytes)
            name = suffix(type_)
            value = intrinsic(
                builder, f"llvm.masked.load.{name}.p0", type_, [from_, alignment, mask, self._bits.start]
            )
            stored = [value, to, alignment, mask]
            intrinsic(builder, f"llvm.masked.store.{name}.p0", ir.VoidType(), stored)
        return self._bits.take(largest, value)

    def is_bad(self, largest: ir.Value) -> ir.Value:
        """Return whether a number was not finite."""
        return self._bits.is_bad(largest)
