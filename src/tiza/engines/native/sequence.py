"""The sequence of kernels as LLVM code: who runs which part of each, and where threads wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, index, intrinsic, loop
from tiza.engines.native.emission import KernelWriter
from tiza.engines.native.fetching import RowsAhead
from tiza.engines.native.kernels import Kernel, Loop, Schedule, kernel_buffers
from tiza.engines.native.phases import ALONE, grain, overwrites
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.graph.node import Node


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread that runs a piece of code.

    Attributes:
        number: its number, from 0.
        count: how many there are.
        barrier: where they meet.
    """

    number: ir.Value
    count: ir.Value
    barrier: ir.Value


class SequenceWriter:
    """Writes kernels as functions of a module, and calls of them in order."""

    def __init__(self, module: ir.Module, target: Target, ahead: RowsAhead | None, job: ir.Value) -> None:
        self.module = module
        self.target = target
        self.ahead = ahead
        self.job = job
        self.shared = False
        self.functions: dict[int, ir.Function] = {}
        self._parts: dict[tuple[int, int], tuple[ir.Value, ir.Value]] = {}

    def write_all(
        self, builder: ir.IRBuilder, plan: Schedule, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write what the thread's parts are, then the calls of a schedule's kernels over its parts."""
        self.shared = plan.shared
        if self.shared:
            for cut in sorted(set(self._cuts(plan))):
                self._parts[cut] = part_of(builder, *cut, thread)
        self.write(builder, plan, addresses, thread)

    def _cuts(self, plan: Schedule) -> Iterator[tuple[int, int]]:
        """Yield length and grain of each first loop that is cut."""
        for kernel in plan.kernels:
            if isinstance(kernel, Loop):
                yield from self._cuts(kernel.body)
                continue
            step = grain(kernel, self.target, overwrites(kernel, plan.overwritten))
            if step != ALONE:
                yield kernel.shape[0], step

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
        operands = [addresses[node] for node in kernel_buffers(kernel)]
        step = grain(kernel, self.target, over)
        if not self.shared:
            builder.call(function, [*operands, self.job, index(0), index(0)])
            return
        if step != ALONE:
            builder.call(function, [*operands, self.job, *self._parts[kernel.shape[0], step]])
            return
        size = kernel.shape[0] if kernel.shape else 1
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            builder.call(function, [*operands, self.job, index(0), index(size)])

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


def part_of(builder: ir.IRBuilder, size: int, step: int, thread: Thread) -> tuple[ir.Value, ir.Value]:
    """Return the part of `size` that a thread takes, in whole steps but for the end."""
    alone = builder.icmp_signed("==", thread.count, index(1))
    with builder.if_else(alone) as (one, several):
        with one:
            undivided = builder.block
        with several:
            # divisions take long beside a small kernel
            bounds = [
                _bound(builder, size, step, number, thread.count)
                for number in (thread.number, builder.add(thread.number, index(1)))
            ]
            divided = builder.block
    part = []
    for whole, cut in zip((index(0), index(size)), bounds, strict=True):
        bound = builder.phi(I64)
        bound.add_incoming(whole, undivided)
        bound.add_incoming(cut, divided)
        part.append(bound)
    return part[0], part[1]


def _bound(builder: ir.IRBuilder, size: int, step: int, number: ir.Value, count: ir.Value) -> ir.Value:
    """Return where the part of thread `number` begins."""
    steps = index(-(-size // step))
    edge = builder.mul(builder.sdiv(builder.mul(steps, number), count), index(step))
    within = builder.icmp_signed("<", edge, index(size))
    return builder.select(within, edge, index(size))


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
