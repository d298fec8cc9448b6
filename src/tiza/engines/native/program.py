"""Programs: kernels in a row over one arena, behind one function."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import llvmlite.ir as ir
import numpy as np

from tiza.engines.engine import ANY_SAMPLES, RUN_ONCE, Samples, StepLayout
from tiza.engines.native.arena import Arena, arena_offsets
from tiza.engines.native.cache import code_key
from tiza.engines.native.code import I64, POINTER
from tiza.engines.native.fetching import Job, field_of, rows_ahead
from tiza.engines.native.kernels import Schedule, work_of
from tiza.engines.native.library import library
from tiza.engines.native.pace import ThreadPace
from tiza.engines.native.preparation import prepare
from tiza.engines.native.scheduling import schedule
from tiza.engines.native.sequence import SequenceWriter, Thread, pointers
from tiza.engines.native.signature import signature
from tiza.engines.native.steps import write_single_run, write_steps
from tiza.engines.native.target import Target, chosen_target
from tiza.engines.native.tasks import tasks_of
from tiza.engines.native.threads import call_on_threads
from tiza.engines.reference.program import check_indices
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.ops.indexing import GATHER, SCATTER_ADD

Array = Any

SHARED_BYTES = 256
"""Memory that the threads of a call share: where they meet, and marks of training steps."""


class NativeProgram:
    """A graph as machine code.

    Attributes:
        graph: what is computed, prepared.
        target: the processor.
        schedule: its kernels.
        ahead: the rows that a step brings for the next one, if any.
        work: how much one run computes, in multiplications.
        library: the code, which programs share that differ in what it reads when it runs.
        steps: the training loop, if the graph is a step.
        pace: how many threads paid, as the last session saw it.
    """

    def __init__(
        self,
        graph: Graph,
        layout: StepLayout = RUN_ONCE,
        samples: Samples = ANY_SAMPLES,
        target: Target | None = None,
    ) -> None:
        graph.check_closed()
        self.graph = graph = prepare(graph, samples)
        self.target = target or chosen_target()
        self.schedule: Schedule = schedule(graph, self.target, layout, samples)
        self.ahead = rows_ahead(self.schedule, self.target)
        self.work = work_of(self.schedule.kernels)
        key = code_key(signature(self.schedule, self.target, self.ahead), self.target)
        self.library = library(key, lambda: self.code, self.target)
        self._run = self.library.function("run", *(ctypes.c_void_p,) * 3, *(ctypes.c_int64,) * 2)
        self._tasks: dict[int, Array] = {}
        self.pace: ThreadPace | None = None
        self.steps: Any = None
        if layout != RUN_ONCE:
            self.steps = self.library.function("steps", *(ctypes.c_void_p,) * 7, *(ctypes.c_int64,) * 3)
        self._slots = {node: slot for slot, node in enumerate(self.schedule.stored)}
        self._constants = [
            (self._slots[node], np.ascontiguousarray(node.attributes["value"]))
            for node in self.schedule.stored
            if node.primitive is CONSTANT
        ]
        self._offsets, self._size = arena_offsets(self.schedule)
        self._index_inputs = index_inputs(graph)

    @property
    def arena_bytes(self) -> int:
        """Size of the memory for what stands between kernels."""
        return self._size

    @property
    def code(self) -> str:
        """The program in LLVM's language."""
        return program_code(self.schedule, self.target)

    def table(self, arena: Arena) -> Array:
        """Return addresses of constants and of what stands between kernels, by slot."""
        table = np.zeros(len(self._slots) + 1, dtype="uint64")
        for slot, value in self._constants:
            table[slot] = value.ctypes.data
        for node, offset in self._offsets.items():
            table[self._slots[node]] = arena.address + offset
        return table

    def tasks(self, threads: int) -> Array:
        """Return what each of so many threads does of each kernel."""
        if threads not in self._tasks:
            self._tasks[threads] = tasks_of(self.schedule, self.target, threads)
        return self._tasks[threads]

    def slot(self, node: Node) -> int | None:
        """Return the place of a node's address in the table."""
        return self._slots.get(node)

    def check_indices(self, inputs: Sequence[Array]) -> None:
        """Check inputs that are read as indices.

        Raises:
            EvaluationError: an index is outside its axis; the first is named.
        """
        for position, size in self._index_inputs:
            check_indices(inputs[position], size)

    def run(self, inputs: Sequence[Array], threads: int = 1) -> list[Array]:
        """Return the outputs for `inputs`, arrays of the graph's types."""
        arena = Arena(self._size)
        table = self.table(arena)
        kept = [np.asarray(one, order="C") for one in inputs]
        self.check_indices(kept)
        values: dict[Node, Array] = dict(zip(self.graph.inputs, kept, strict=True))
        for node, value in values.items():
            if node in self._slots:
                table[self._slots[node]] = value.ctypes.data
        for node in self.graph.outputs:
            if node.primitive not in (INPUT, CONSTANT) and node not in values:
                values[node] = np.empty(node.tensor_type.shape, node.tensor_type.dtype)
                table[self._slots[node]] = values[node].ctypes.data
        shared = shared_memory()
        threads = threads if self.schedule.shared else 1
        arguments = (table.ctypes.data, shared.ctypes.data, self.tasks(threads).ctypes.data)
        call_on_threads(self._run, arguments, threads)
        return [self._given_out(node, values) for node in self.graph.outputs]

    def _given_out(self, node: Node, values: dict[Node, Array]) -> Array:
        if node.primitive is CONSTANT:
            return node.attributes["value"].copy()
        return values[node].copy() if node.primitive is INPUT else values[node]


def shared_memory() -> Array:
    """Return memory for the threads of one call."""
    return np.zeros(SHARED_BYTES // 8, dtype="int64")


def index_inputs(graph: Graph) -> list[tuple[int, int]]:
    """Return the inputs that are indices, by position, with the size of the axis that they point into.

    Indices that are computed are not checked: one outside its axis reads 0 and adds nothing.
    """
    places = {node: position for position, node in enumerate(graph.inputs)}
    found = []
    for node in graph.nodes:
        if node.primitive in (GATHER, SCATTER_ADD) and node.inputs[1] in places:
            axis = node.attributes["axis"]
            size = node.attributes.get("size") or node.inputs[0].tensor_type.shape[axis]
            found.append((places[node.inputs[1]], size))
    return found


def program_code(plan: Schedule, target: Target) -> str:
    """Return the LLVM code of a schedule.

    `run(table, barrier, tasks, thread, threads)` runs it once over a table of addresses; `steps` many times.
    """
    module = ir.Module("tiza")
    slots = {node: slot for slot, node in enumerate(plan.stored)}
    kind = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, I64, I64, POINTER, POINTER])
    program = ir.Function(module, kind, "program")
    program.linkage = "internal"
    table, barrier, number, count, job, tasks = program.args
    builder = ir.IRBuilder(program.append_basic_block("entry"))
    thread = Thread(number, count, barrier, tasks)
    ahead = rows_ahead(plan, target)
    addresses = pointers(builder, table, slots)
    if ahead is not None:
        now = builder.inttoptr(builder.load(field_of(builder, job, Job.NOW), typ=I64), POINTER)
        absent = builder.icmp_unsigned("==", now, ir.Constant(POINTER, None))
        addresses[ahead.node] = builder.select(absent, addresses[ahead.node], now)
    SequenceWriter(module, target, ahead, job).write_all(builder, plan, addresses, thread)
    builder.ret_void()
    write_single_run(module, program, plan, target)
    if plan.layout != RUN_ONCE:
        write_steps(module, program, plan, target, ahead)
    return str(module)
