"""The sequence of kernels as LLVM code: who runs which part of each, and where threads wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, index, intrinsic, loop
from tiza.engines.native.emission import KernelWriter
from tiza.engines.native.fetching import RowsAhead
from tiza.engines.native.kernels import Kernel, Loop, Schedule, kernel_buffers
from tiza.engines.native.phases import ALONE, grain, overwrites
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import task_places
from tiza.graph.node import Node


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread that runs a piece of code.

    Attributes:
        number: its number, from 0.
        count: how many there are.
        barrier: where they meet.
        tasks: what it does of each kernel.
    """

    number: ir.Value
    count: ir.Value
    barrier: ir.Value
    tasks: ir.Value


class SequenceWriter:
    """Writes kernels as functions of a module, and calls of them in order."""

    def __init__(self, module: ir.Module, target: Target, ahead: RowsAhead | None, job: ir.Value) -> None:
        self.module = module
        self.target = target
        self.ahead = ahead
        self.job = job
        self.shared = False
        self.functions: dict[int, ir.Function] = {}
        self._places: dict[int, int] = {}

    def write_all(
        self, builder: ir.IRBuilder, plan: Schedule, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write the calls of all of a program's kernels."""
        self.shared = plan.shared
        self._places, _ = task_places(plan)
        self.write(builder, plan, addresses, thread)

    def write(
        self, builder: ir.IRBuilder, plan: Schedule, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write the calls of a schedule's kernels over buffers at `addresses`."""
        for number, phase in enumerate(plan.phases):
            if number:
                self._meet(builder, thread)
            for kernel in phase:
                if isinstance(kernel, Loop):
                    self._loop(builder, kernel, addresses, thread)
                else:
                    self._call(builder, kernel, addresses, thread, overwrites(kernel, plan.overwritten))

    def _call(
        self,
        builder: ir.IRBuilder,
        kernel: Kernel,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        over: bool,
    ) -> None:
        function = self._function(kernel, over)
        task = builder.gep(thread.tasks, [index(self._places[id(kernel)])], source_etype=I64)
        operands = [*(addresses[node] for node in kernel_buffers(kernel)), self.job, task]
        if not self.shared or grain(kernel, self.target, over) != ALONE:
            builder.call(function, operands)
            return
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            builder.call(function, operands)

    def _meet(self, builder: ir.IRBuilder, thread: Thread) -> None:
        if self.shared:
            wait_for_all(builder, thread)

    def _function(self, kernel: Kernel, over: bool) -> ir.Function:
        if id(kernel) not in self.functions:
            ahead = self.ahead if self.ahead is not None and self.ahead.kernel is kernel else None
            name = f"kernel{len(self.functions)}"
            self.functions[id(kernel)] = KernelWriter(
                self.module, name, kernel, self.target, over, self.shared, ahead
            ).write()
        return self.functions[id(kernel)]

    def _loop(
        self, builder: ir.IRBuilder, kernel: Loop, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write a scan: the body's kernels once a step, carries handed between two places each."""
        steps = kernel.parts.length

        def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            step = builder.sub(index(steps - 1), counter) if kernel.parts.reverse else counter
            inside = dict(kernel.fixed(addresses))
            odd = builder.and_(counter, index(1))
            at_start = builder.icmp_signed("==", counter, index(0))
            for node, initial, pair in kernel.carried(addresses):
                kept = builder.select(builder.icmp_signed("==", odd, index(0)), pair[1], pair[0])
                inside[node] = builder.select(at_start, initial, kept)
            for node, base, size in kernel.entries(addresses):
                inside[node] = _offset(builder, base, step, size)
            self.write(builder, kernel.body, inside, thread)
            self._meet(builder, thread)
            with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
                for node, pair, size in kernel.new_carries(addresses):
                    target = builder.select(builder.icmp_signed("==", odd, index(0)), pair[0], pair[1])
                    copy(builder, target, inside[node], size)
                for node, base, size in kernel.stacked(addresses):
                    copy(builder, _offset(builder, base, step, size), inside[node], size)
            self._meet(builder, thread)
            return []

        loop(builder, index(0), index(steps), 1, [], body)
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            for target, initial, pair, size in kernel.last(addresses):
                last = initial if steps == 0 else pair[(steps - 1) % 2]
                copy(builder, target, last, size)


def _offset(builder: ir.IRBuilder, base: ir.Value, step: ir.Value, size: int) -> ir.Value:
    return builder.gep(base, [builder.mul(step, index(size))], source_etype=I8)


def copy(builder: ir.IRBuilder, target: ir.Value, source: ir.Value, size: int) -> None:
    """Write a copy of `size` bytes."""
    intrinsic(
        builder,
        "llvm.memmove.p0.p0.i64",
        ir.VoidType(),
        [target, source, index(size), ir.Constant(ir.IntType(1), 0)],
    )


def pointers(builder: ir.IRBuilder, table: ir.Value, slots: Mapping[Node, int]) -> dict[Node, ir.Value]:
    """Return the address of each node, read from a table."""
    return {
        node: builder.load(builder.gep(table, [index(slot)], source_etype=I64), typ=POINTER)
        for node, slot in slots.items()
    }
