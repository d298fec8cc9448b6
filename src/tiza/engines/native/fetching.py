"""Rows of the next step, brought to their place while this one computes: a line of memory a turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, index, loop
from tiza.engines.native.finiteness import LargestBits
from tiza.engines.native.kernels import Kernel, Schedule, size_in_bytes
from tiza.engines.native.lines import LINE, Purpose, TurnCount, ask_for
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import tile_of
from tiza.graph.node import Node

LAG = 64
"""Lines between the one that is asked for and the one that has come and is copied."""

WORTH_FETCHING = 8 * 2**10
"""Bytes of a batch below which it is gathered in no time."""


class Job(IntEnum):
    """Words of the memory that tells a thread what to bring.

    NOW: where the rows of this step stand; 0 where the table tells it.
    ORDER: the next step's rows in the order of samples.
    DATA: the samples.
    GOAL: where the next step's rows are going to stand.
    FIRST, UNTIL: the thread's lines, counted over all rows.
    STOP: the mark to set if a number is not finite.
    """

    NOW = 0
    ORDER = 1
    DATA = 2
    GOAL = 3
    FIRST = 4
    UNTIL = 5
    STOP = 6


@dataclass(frozen=True, slots=True)
class RowsAhead:
    """What is brought.

    Attributes:
        node: the input whose rows they are.
        kernel: the one that brings them: that which multiplies most, and not in strips.
    """

    node: Node
    kernel: Kernel

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return row_bytes(self.node)

    @property
    def lines(self) -> int:
        """Lines of a row; the last may begin within the one before."""
        return -(-self.row_bytes // LINE)

    @property
    def place_bytes(self) -> int:
        """Bytes from this step's rows to those of the next."""
        return -(-size_in_bytes(self.node) // LINE) * LINE


def row_bytes(node: Node) -> int:
    """Return the bytes of a row of what a step reads."""
    return size_in_bytes(node) // max(node.tensor_type.shape[0], 1)


def rows_ahead(plan: Schedule, target: Target) -> RowsAhead | None:
    """Return what is brought while a step computes; None if that is not worth it."""
    if not plan.gathered:
        return None
    node = max(plan.gathered, key=row_bytes)
    usual = plan.samples.usual_shape(node.tensor_type.shape)[0]
    products = [
        kernel
        for kernel in plan.kernels
        if isinstance(kernel, Kernel) and tile_of(kernel, target) is not None
    ]
    if usual * row_bytes(node) < WORTH_FETCHING or not products:
        return None
    found = RowsAhead(node, max(products, key=_suitability))
    return found if found.row_bytes >= LINE else None


def _suitability(kernel: Kernel) -> tuple[bool, int]:
    """Return how well a kernel can bring rows: one over large samples had better run in strips."""
    in_strips = kernel.shared_length == kernel.samples.count and len(kernel.shape) > 2
    return not in_strips, kernel.products


def field_of(builder: ir.IRBuilder, job: ir.Value, field: Job) -> ir.Value:
    """Return the address of a word of a job."""
    return builder.gep(job, [index(field)], source_etype=I64)


class Fetcher:
    """Writes the bringing of rows into a kernel's innermost loop."""

    def __init__(self, builder: ir.IRBuilder, ahead: RowsAhead, job: ir.Value) -> None:
        self._builder = builder
        self._ahead = ahead
        word = {field: builder.load(field_of(builder, job, field), typ=I64) for field in Job}
        addresses = (Job.ORDER, Job.DATA, Job.GOAL, Job.STOP)
        self._order, self._data, self._goal, self._stop = (
            builder.inttoptr(word[field], POINTER) for field in addresses
        )
        self._first, self._until = word[Job.FIRST], word[Job.UNTIL]
        self._lines = TurnCount(builder, self._first)
        type_ = ahead.node.tensor_type
        self._bits = (
            LargestBits(builder, type_.dtype, LINE // type_.dtype.itemsize) if type_.is_float else None
        )
        self._largest = builder.alloca(self._line_type)
        builder.store(ir.Constant(self._line_type, None), self._largest)

    @property
    def _line_type(self) -> ir.VectorType:
        return self._bits.type if self._bits is not None else ir.VectorType(I8, LINE)

    def begin(self, turns: ir.Value) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first line."""
        return self._lines.begin(turns)

    def fetch(self, number: ir.Value) -> None:
        """Write that a line is asked for, if there is one of this number, and an earlier one copied."""
        builder = self._builder
        last = builder.add(self._until, index(LAG))
        with builder.if_then(builder.icmp_signed("<", number, last)):
            with builder.if_then(builder.icmp_signed("<", number, self._until)):
                origin, _ = self._places(number)
                ask_for(builder, origin, Purpose.READ_LATER)
            arrived = builder.sub(number, index(LAG))
            with builder.if_then(builder.icmp_signed(">=", arrived, self._first)):
                self._copy(arrived)

    def _places(self, number: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Return where a line is in the data, and where it is to stand."""
        builder, ahead = self._builder, self._ahead
        row = builder.udiv(number, index(ahead.lines))
        within = builder.mul(builder.sub(number, builder.mul(row, index(ahead.lines))), index(LINE))
        if ahead.row_bytes % LINE:
            end = index(ahead.row_bytes - LINE)
            within = builder.select(builder.icmp_signed("<", within, end), within, end)
        chosen = builder.load(builder.gep(self._order, [row], source_etype=I64), typ=I64)
        size = index(ahead.row_bytes)
        return (
            builder.gep(self._data, [builder.add(builder.mul(chosen, size), within)], source_etype=I8),
            builder.gep(self._goal, [builder.add(builder.mul(row, size), within)], source_etype=I8),
        )

    def _copy(self, number: ir.Value) -> None:
        builder = self._builder
        origin, goal = self._places(number)
        value = builder.load(origin, typ=self._line_type)
        value.align = 1
        builder.store(value, goal).align = 1
        if self._bits is not None:
            largest = builder.load(self._largest, typ=self._line_type)
            builder.store(self._bits.take(largest, value), self._largest)

    def finish(self) -> None:
        """Write the end of the kernel: what its loops were too short for, and the mark if a number is bad."""
        builder = self._builder

        def body(number: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            self.fetch(number)
            return []

        with builder.if_then(builder.icmp_signed("<", self._first, self._until)):
            loop(builder, self._lines.reached, builder.add(self._until, index(LAG)), 1, [], body)
            if self._bits is not None:
                largest = builder.load(self._largest, typ=self._line_type)
                with builder.if_then(self._bits.is_bad(largest)):
                    builder.store(index(1), self._stop)
