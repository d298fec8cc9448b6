"""The sequence of kernels as LLVM code: who runs which part of each, and where threads wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, index, intrinsic, loop
from tiza.engines.native.emission import KernelWriter
from tiza.engines.native.scheduling import Kernel, Loop, Schedule, kernel_buffers
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.graph.node import Node

SHARED_WORK = 1_000_000
"""Multiplications (elements count ten each) below which a kernel stays on one thread: some 5 us."""


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


def is_shared(kernel: Kernel) -> bool:
    """Return whether a kernel is cut up between threads: a matter of its shape alone."""
    if not kernel.shape:
        return False
    points = math.prod(kernel.shape)
    work = points * math.prod(kernel.reduced) if kernel.reduced else 10 * points * max(len(kernel.values), 1)
    return work >= SHARED_WORK and kernel.shape[0] >= 2


def shares_work(plan: Schedule) -> bool:
    """Return whether any kernel of a schedule is cut up between threads."""
    return any(
        shares_work(kernel.body) if isinstance(kernel, Loop) else is_shared(kernel) for kernel in plan.kernels
    )


class SequenceWriter:
    """Writes kernels as functions of a module, and calls of them in order."""

    def __init__(self, module: ir.Module, target: Target) -> None:
        self.module = module
        self.target = target
        self.functions: dict[int, tuple[ir.Function, int]] = {}

    def write(
        self, builder: ir.IRBuilder, plan: Schedule, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write the calls of a schedule's kernels over buffers at `addresses`."""
        alone = False
        for kernel in plan.kernels:
            if isinstance(kernel, Loop):
                wait_for_all(builder, thread)
                self._loop(builder, kernel, addresses, thread)
                alone = False
                continue
            shared = is_shared(kernel)
            if shared and alone:
                wait_for_all(builder, thread)
            self._call(builder, kernel, addresses, thread, shared)
            alone = not shared
            if shared:
                wait_for_all(builder, thread)
        if alone:
            wait_for_all(builder, thread)

    def _call(
        self,
        builder: ir.IRBuilder,
        kernel: Kernel,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        shared: bool,
    ) -> None:
        function, grain = self._function(kernel)
        operands = [addresses[node] for node in kernel_buffers(kernel)]
        size = kernel.shape[0] if kernel.shape else 1
        if shared:
            first, until = _share(builder, size, grain, thread)
            builder.call(function, [*operands, first, until])
            return
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            builder.call(function, [*operands, index(0), index(size)])

    def _function(self, kernel: Kernel) -> tuple[ir.Function, int]:
        if id(kernel) not in self.functions:
            writer = KernelWriter(self.module, f"kernel{len(self.functions)}", kernel, self.target)
            self.functions[id(kernel)] = (writer.write(), writer.grain)
        return self.functions[id(kernel)]

    def _loop(
        self, builder: ir.IRBuilder, kernel: Loop, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write a scan: the body's kernels once a step, carries handed between two places each."""
        steps = kernel.length

        def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            step = builder.sub(index(steps - 1), counter) if kernel.reverse else counter
            inside = dict(kernel.fixed(addresses))
            odd = builder.and_(counter, index(1))
            at_start = builder.icmp_signed("==", counter, index(0))
            for node, initial, pair in kernel.carried(addresses):
                kept = builder.select(builder.icmp_signed("==", odd, index(0)), pair[1], pair[0])
                inside[node] = builder.select(at_start, initial, kept)
            for node, base, size in kernel.entries(addresses):
                inside[node] = _offset(builder, base, step, size)
            self.write(builder, kernel.body, inside, thread)
            with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
                for node, pair, size in kernel.new_carries(addresses):
                    target = builder.select(builder.icmp_signed("==", odd, index(0)), pair[0], pair[1])
                    _copy(builder, target, inside[node], size)
                for node, base, size in kernel.stacked(addresses):
                    _copy(builder, _offset(builder, base, step, size), inside[node], size)
            wait_for_all(builder, thread)
            return []

        loop(builder, index(0), index(steps), 1, [], body)
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            for target, initial, pair, size in kernel.last(addresses):
                last = initial if steps == 0 else pair[(steps - 1) % 2]
                _copy(builder, target, last, size)
        wait_for_all(builder, thread)


def _share(builder: ir.IRBuilder, size: int, grain: int, thread: Thread) -> tuple[ir.Value, ir.Value]:
    """Return the part of `size` that a thread takes, in whole grains but for the end."""
    grains = index(-(-size // grain))
    bounds = []
    for number in (thread.number, builder.add(thread.number, index(1))):
        edge = builder.mul(builder.sdiv(builder.mul(grains, number), thread.count), index(grain))
        within = builder.icmp_signed("<", edge, index(size))
        bounds.append(builder.select(within, edge, index(size)))
    return bounds[0], bounds[1]


def _offset(builder: ir.IRBuilder, base: ir.Value, step: ir.Value, size: int) -> ir.Value:
    return builder.gep(base, [builder.mul(step, index(size))], source_etype=I8)


def _copy(builder: ir.IRBuilder, target: ir.Value, source: ir.Value, size: int) -> None:
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
