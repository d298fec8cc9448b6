"""The native engine behind the engines' contract."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tiza.engines.engine import Rows, StepsDone
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.threads import call_on_threads, thread_count
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT

Array = Any


class NativeEngine:
    """Machine code for this processor."""

    name = "native"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or thread_count()

    def compile(self, graph: Graph) -> NativeProgram:
        """Return `graph` as machine code."""
        return NativeProgram(graph)

    def run(self, program: NativeProgram, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
        return program.run(inputs, self.threads)

    def run_steps(
        self,
        programs: dict[int, NativeProgram],
        state: Sequence[Array],
        rows: Rows,
        scalars: Sequence[Array],
        first: int,
        seconds: float,
    ) -> StepsDone:
        """Run steps from `first` on; see `Engine.run_steps`."""
        memory = _Memory(state, rows, scalars, first, self.threads)
        done = StepsDone(list(state), list(state), first)
        until = time.perf_counter() + seconds
        count = 1
        while done.next < rows.steps:
            started = time.perf_counter()
            chosen = len(rows.of_step(done.next))
            same = (len(rows.order) // rows.batch if chosen == rows.batch else rows.steps) - done.next
            results = memory.run(programs[chosen], done.next, min(count, same))
            done.results.extend(results)
            now = time.perf_counter()
            if now >= until or not np.isfinite(results[-1][0]):
                break
            # as many steps as fit into the time that is left, at the pace just seen
            count = max(1, int(len(results) * (until - now) / max(now - started, 1e-7)))
        done.before, done.state = memory.states(done.next)
        return done


class _Memory:
    """The two copies of the state, and the tables of addresses of each program, for some steps."""

    def __init__(
        self, state: Sequence[Array], rows: Rows, scalars: Sequence[Array], first: int, threads: int
    ) -> None:
        self.rows = rows
        self.scalars = [np.ascontiguousarray(one) for one in scalars]
        self.copies = [[np.array(one, order="C") for one in state] for _ in range(2)]
        self.blocks = [np.ascontiguousarray(block) for block in rows.blocks]
        self.order = np.ascontiguousarray(rows.order, dtype="int64")
        self.first = first
        self.kept: dict[int, Any] = {}
        self.threads = threads
        self.barrier = np.zeros(16, dtype="int64")

    def run(self, program: NativeProgram, step: int, count: int) -> list[list[float]]:
        """Run `count` steps from `step` on and return their results."""
        addresses, blocks, results_of, _memory = self._tables(program)
        width = max(len(results_of), 1)
        results = np.empty((count, width))
        done = np.zeros(1, dtype="int64")
        # the remainder's rows start where the full batches end
        order = self.order[self._offset(program, step) :] if self._offset(program, step) else self.order
        arguments = (
            addresses.ctypes.data,
            blocks.ctypes.data,
            order.ctypes.data,
            results.ctypes.data,
            done.ctypes.data,
            self.barrier.ctypes.data,
            step,
            step + count,
        )
        call_on_threads(program.steps, arguments, program.useful_threads(self.threads))
        constants = {column: value for column, value in enumerate(results_of) if value is not None}
        for column, value in constants.items():
            results[:, column] = value
        return [[float(one) for one in line] for line in results[: int(done[0])]]

    def _offset(self, program: NativeProgram, step: int) -> int:
        batch = program.graph.inputs[len(self.copies[0])].tensor_type.shape[0]
        return step * self.rows.batch - step * batch if batch != self.rows.batch else 0

    def states(self, step: int) -> tuple[list[Array], list[Array]]:
        """Return the states before and after the step before `step`."""
        return self.copies[(step - 1) % 2], self.copies[step % 2]

    def _tables(self, program: NativeProgram) -> Any:
        if id(program) not in self.kept:
            self.kept[id(program)] = self._made_tables(program)
        return self.kept[id(program)]

    def _made_tables(self, program: NativeProgram) -> Any:
        graph = program.graph
        count = len(self.copies[0])
        memory: list[Any] = []
        tables = []
        batch_inputs = graph.inputs[count : count + len(self.blocks)]
        gathered = {node: np.empty(node.tensor_type.shape, node.tensor_type.dtype) for node in batch_inputs}
        further = {
            node: np.empty(node.tensor_type.shape, node.tensor_type.dtype)
            for node in graph.outputs[count:]
            if node.primitive not in (INPUT, CONSTANT)
        }
        for parity in range(2):
            table, arena = program.table()
            memory.append(arena)
            placed = dict(zip(graph.inputs[:count], self.copies[parity], strict=True)) | gathered | further
            placed |= dict(zip(graph.inputs[count + len(self.blocks) :], self.scalars, strict=True))
            for node, value in zip(graph.outputs[:count], self.copies[1 - parity], strict=True):
                if node.primitive not in (INPUT, CONSTANT):
                    placed[node] = value
            for node, value in placed.items():
                slot = program.slot(node)
                if slot is not None:
                    table[slot] = value.ctypes.data
            tables.append(table)
        addresses = np.array([table.ctypes.data for table in tables], dtype="uint64")
        blocks = np.zeros(len(graph.inputs), dtype="uint64")
        for position, block in enumerate(self.blocks):
            blocks[count + position] = block.ctypes.data
        results_of = [
            node.attributes["value"].item() if node.primitive is CONSTANT else None
            for node in graph.outputs[count:]
        ]
        return addresses, blocks, results_of, (tables, memory, gathered, further)
