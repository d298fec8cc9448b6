"""Rows of the data brought to where a step reads them, and looked at on the way."""

from __future__ import annotations

import llvmlite.ir as ir

from tiza.engines.native.code import I1, I8, I64, first_lanes, index, intrinsic, loop, suffix
from tiza.engines.native.phases import ANYWHERE
from tiza.engines.native.sequence import Thread, part_of
from tiza.engines.native.target import Target
from tiza.graph.node import Node
from tiza.graph.tensor_type import DType


def gather_rows(
    builder: ir.IRBuilder,
    node: Node,
    source: ir.Value,
    goal: ir.Value,
    order: ir.Value,
    thread: Thread,
    stop: ir.Value,
    target: Target,
) -> None:
    """Write the copy of rows order[0], order[1], ... of `source` to `goal`, each thread its part.

    A number that is not finite sets the mark at `stop`.
    """
    type_ = node.tensor_type
    rows = type_.shape[0]
    elements = type_.size // max(rows, 1)
    first, until = part_of(builder, rows, ANYWHERE, thread)
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

    found = loop(builder, first, until, 1, largest, body)
    if row is not None:
        with builder.if_then(row.is_bad(found[0])):
            builder.store(index(1), stop)


class _CheckedRow:
    """Copies rows of floats as whole numbers; the largest, without sign, tells whether all are finite."""

    def __init__(self, builder: ir.IRBuilder, dtype: DType, elements: int, target: Target) -> None:
        self._builder = builder
        self._elements = elements
        widest = min(target.vector_bytes // dtype.itemsize, max(elements, 1))
        self._lanes = 1 << (widest.bit_length() - 1)
        # as an unsigned number, an infinity is the first that is not finite
        bits = 8 * dtype.itemsize
        exponent, fraction = (8, 23) if bits == 32 else (11, 52)
        self._scalar = ir.IntType(bits)
        self._vector = self._scalar if self._lanes == 1 else ir.VectorType(self._scalar, self._lanes)
        self._infinity = self._repeated(((1 << exponent) - 1) << fraction)
        self._magnitude = self._repeated((1 << (bits - 1)) - 1)
        self.start: ir.Value = self._repeated(0)

    def _repeated(self, value: int) -> ir.Constant:
        return ir.Constant(self._vector, value if self._lanes == 1 else [value] * self._lanes)

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
        builder = self._builder
        from_, to = (builder.gep(one, [place], source_etype=self._scalar) for one in (origin, goal))
        if left is None:
            value = builder.load(from_, typ=self._vector)
            value.align = self._scalar.width // 8
            builder.store(value, to).align = self._scalar.width // 8
        else:
            mask = first_lanes(builder, left, self._lanes)
            alignment = ir.Constant(ir.IntType(32), self._scalar.width // 8)
            name = suffix(self._vector)
            zeros = self._repeated(0)
            value = intrinsic(
                builder, f"llvm.masked.load.{name}.p0", self._vector, [from_, alignment, mask, zeros]
            )
            intrinsic(builder, f"llvm.masked.store.{name}.p0", ir.VoidType(), [value, to, alignment, mask])
        size = builder.and_(value, self._magnitude)
        return intrinsic(builder, f"llvm.umax.{suffix(self._vector)}", self._vector, [largest, size])

    def is_bad(self, largest: ir.Value) -> ir.Value:
        """Return whether a number was not finite."""
        bad = self._builder.icmp_unsigned(">=", largest, self._infinity)
        if self._lanes == 1:
            return bad
        return intrinsic(self._builder, f"llvm.vector.reduce.or.v{self._lanes}i1", I1, [bad])
