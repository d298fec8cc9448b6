"""The sequence of kernels as LLVM code: who runs which part of each, and where threads wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, copy, index, loop
from tiza.engines.native.emission import KernelWriter
from tiza.engines.native.fetching import RowsAhead
from tiza.engines.native.kernels import Kernel, Loop, Schedule, Sharing, kernel_buffers, size_in_bytes
from tiza.engines.native.loop_steps import (
    CallInStep,
    addresses_in_step,
    at_step,
    is_before_last,
    needless_at_last,
    places_soon,
    task_in_step,
)
from tiza.engines.native.phases import ALONE, grain, overwrites
from tiza.engines.native.strips import Strip, handed_on, in_strips
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import Word, read_word, task_places, task_words
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
        self._calls: dict[int, CallInStep] = {}

    def write_all(
        self, builder: ir.IRBuilder, plan: Schedule, addresses: Mapping[Node, ir.Value], thread: Thread
    ) -> None:
        """Write the calls of all of a program's kernels."""
        self.shared = plan.shared
        self._places, _ = task_places(plan)
        self.write(builder, plan, addresses, thread, plan.shared)

    def write(
        self,
        builder: ir.IRBuilder,
        plan: Schedule,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        meets: bool,
    ) -> None:
        """Write the calls of a schedule's kernels over buffers at `addresses`, and of meetings."""
        for number, phase in enumerate(plan.phases):
            if number and meets:
                wait_for_all(builder, thread)
            for kernel in self._in_order(phase, plan):
                if isinstance(kernel, Strip):
                    passing = handed_on(kernel, plan.kernels, plan.graph.outputs)
                    self._strip(builder, kernel, passing, addresses, thread)
                elif isinstance(kernel, Loop):
                    self._loop(builder, kernel, addresses, thread, meets)
                else:
                    self._call(builder, kernel, addresses, thread, overwrites(kernel, plan.overwritten))

    def _in_order(self, phase: Sequence[Kernel | Loop], plan: Schedule) -> Sequence[Kernel | Loop | Strip]:
        if not self.shared:
            return phase
        alone = self.ahead.kernel if self.ahead is not None else None
        return in_strips(phase, self.target, plan.samples, plan.overwritten, alone)

    def _strip(
        self,
        builder: ir.IRBuilder,
        strip: Strip,
        passing: Sequence[Node],
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
    ) -> None:
        """Write the calls of a strip's kernels, for some samples after others.

        What is only passed on in it stands where the thread's first samples do, whichever they are: near.
        """
        given = [self._call_of(builder, kernel, thread) for kernel in strip.kernels]
        tasks = []
        for kernel, call in zip(strip.kernels, given, strict=True):
            words = task_words(kernel)
            with builder.goto_entry_block():
                tasks.append(builder.alloca(I64, words))
            copy(builder, tasks[-1], call.task, 8 * words)
        first, until = (read_word(builder, given[0].task, word) for word in (Word.FIRST, Word.UNTIL))

        def body(start: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            stop = builder.add(start, index(strip.samples))
            stop = builder.select(builder.icmp_signed("<", stop, until), stop, until)
            back = builder.sub(first, start)
            near = {**addresses}
            for node in passing:
                row = size_in_bytes(node) // node.tensor_type.shape[0]
                near[node] = builder.gep(addresses[node], [builder.mul(back, index(row))], source_etype=I8)
            for kernel, call, task in zip(strip.kernels, given, tasks, strict=True):
                for word, value in ((Word.FIRST, start), (Word.UNTIL, stop)):
                    builder.store(value, builder.gep(task, [index(word)], source_etype=I64))
                operands = [*(near[node] for node in kernel_buffers(kernel)), call.job, task]
                builder.call(self._function(kernel, False), operands)
            return []

        loop(builder, first, until, strip.samples, [], body)

    def _call(
        self,
        builder: ir.IRBuilder,
        kernel: Kernel,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        over: bool,
    ) -> None:
        function = self._function(kernel, over)
        call = self._call_of(builder, kernel, thread)
        operands = [*(addresses[node] for node in kernel_buffers(kernel)), call.job, call.task]
        conditions = [] if call.condition is None else [call.condition]
        if self.shared and grain(kernel, self.target, over) == ALONE:
            conditions.append(builder.icmp_signed("==", thread.number, index(0)))
        with ExitStack() as stack:
            for one in conditions:
                stack.enter_context(builder.if_then(one))
            builder.call(function, operands)

    def _call_of(self, builder: ir.IRBuilder, kernel: Kernel, thread: Thread) -> CallInStep:
        """Return what a kernel is called with: in a loop, that of the step."""
        return self._calls.get(id(kernel)) or CallInStep(self._task(builder, kernel, thread), self.job)

    def _task(self, builder: ir.IRBuilder, kernel: Kernel, thread: Thread) -> ir.Value:
        return builder.gep(thread.tasks, [index(self._places[id(kernel)])], source_etype=I64)

    def _function(self, kernel: Kernel, over: bool) -> ir.Function:
        if id(kernel) not in self.functions:
            ahead = self.ahead if self.ahead is not None and self.ahead.kernel is kernel else None
            name = f"kernel{len(self.functions)}"
            self.functions[id(kernel)] = KernelWriter(
                self.module, name, kernel, self.target, over, self.shared, ahead
            ).write()
        return self.functions[id(kernel)]

    def _loop(
        self,
        builder: ir.IRBuilder,
        kernel: Loop,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        meets: bool,
    ) -> None:
        """Write a scan: the kernels of its body, once a step."""
        if meets and kernel.sharing is Sharing.ALONE:
            with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
                self._steps(builder, kernel, addresses, thread, False)
        else:
            self._steps(builder, kernel, addresses, thread, meets and kernel.sharing is Sharing.TOGETHER)

    def _steps(
        self,
        builder: ir.IRBuilder,
        kernel: Loop,
        addresses: Mapping[Node, ir.Value],
        thread: Thread,
        meets: bool,
    ) -> None:
        plain = [one for one in kernel.body.kernels if isinstance(one, Kernel)]
        needless = {id(one) for one in needless_at_last(kernel)}
        tasks = {id(one): self._task(builder, one, thread) for one in plain}

        def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            inside = addresses_in_step(builder, kernel, addresses, counter)
            for one in plain:
                self._calls[id(one)] = CallInStep(
                    task_in_step(builder, one, tasks[id(one)], counter) if self.shared else tasks[id(one)],
                    places_soon(builder, one, kernel, inside) if one.in_loop.soon else self.job,
                    is_before_last(builder, kernel, counter) if id(one) in needless else None,
                )
            self.write(builder, kernel.body, inside, thread, meets)
            if meets:
                wait_for_all(builder, thread)
            return []

        loop(builder, index(0), index(kernel.parts.length), 1, [], body)
        first = index(kernel.parts.length - 1 if kernel.parts.reverse else 0)
        with builder.if_then(builder.icmp_signed("==", thread.number, index(0))):
            for initial, stack in kernel.first_places:
                place = at_step(builder, addresses[stack], first, initial)
                copy(builder, place, addresses[initial], size_in_bytes(initial))


def pointers(builder: ir.IRBuilder, table: ir.Value, slots: Mapping[Node, int]) -> dict[Node, ir.Value]:
    """Return the address of each node, read from a table."""
    return {
        node: builder.load(builder.gep(table, [index(slot)], source_etype=I64), typ=POINTER)
        for node, slot in slots.items()
    }
