"""Sessions: a state in memory twice over, and machine code that steps from one copy to the other."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.engine import Rows, StepsDone
from tiza.engines.native.pace import ThreadPace
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.threads import call_on_threads
from tiza.graph.node import CONSTANT, INPUT, Node

Array = Any


@dataclass(frozen=True, slots=True)
class Tables:
    """What a program's steps are called with.

    Attributes:
        addresses: addresses of the two tables, for even and for odd steps.
        blocks: address of each data array, by input; 0 for inputs that are no rows.
        results: further outputs that are constants, by column; None for the others.
        memory: everything whose address is used, kept alive.
    """

    addresses: Array
    blocks: Array
    results: tuple[float | None, ...]
    memory: tuple[Any, ...]


class NativeSession:
    """A state that steps in machine code change."""

    def __init__(
        self,
        programs: Mapping[int, NativeProgram],
        state: Sequence[Array],
        blocks: Sequence[Array],
        scalars: Sequence[Array],
        threads: int,
    ) -> None:
        self._programs = programs
        self._copies = [[np.array(one, order="C") for one in state] for _ in range(2)]
        self._blocks = [np.ascontiguousarray(block) for block in blocks]
        self._scalars = [np.ascontiguousarray(one) for one in scalars]
        self._barrier = np.zeros(16, dtype="int64")
        for program in programs.values():
            program.check_indices([*self._copies[0], *self._blocks, *self._scalars])
        self._tables = {size: self._made_tables(program) for size, program in programs.items()}
        self._taken = 0
        self._pace = ThreadPace(threads)

    def run(self, rows: Rows, first: int, seconds: float) -> StepsDone:
        """Run steps from `first` on; see `Session.run`."""
        order = np.ascontiguousarray(rows.orders, dtype="int64").reshape(-1)
        until = time.perf_counter() + seconds
        self._pace.begin()
        parts: list[Array] = []
        step = first
        while step < rows.steps:
            left = until - time.perf_counter()
            if parts and left <= 0:
                break
            # as many steps as fit into the time that is left, at the pace last seen
            fitting = self._pace.steps_in(left)
            parts.append(self._run_alike(rows, order, step, fitting))
            step += len(parts[-1])
            if not np.isfinite(parts[-1][-1, 0]):
                break
        state = [one.copy() for one in self._copies[self._taken % 2]]
        return StepsDone(state, first, np.concatenate(parts))

    def _run_alike(self, rows: Rows, order: Array, step: int, most: int) -> Array:
        """Run up to `most` steps that read equally many rows one behind another; return their results."""
        epoch, place = divmod(step, rows.steps_an_epoch)
        whole, rest = divmod(rows.samples, rows.batch)
        size = rows.batch if place < whole else rest
        alike = max(whole - place, 1)
        count = alike if rest else rows.steps - step
        start = epoch * rows.samples + place * rows.batch
        return self._run_steps(size, order[start:], min(count, most))

    def _run_steps(self, size: int, order: Array, count: int) -> Array:
        tables, program = self._tables[size], self._programs[size]
        results = np.empty((count, len(tables.results)))
        done = np.zeros(1, dtype="int64")
        parity = self._taken % 2
        # step numbers tell which copy of the state is read; the order begins at the first of them
        origin = order.ctypes.data - parity * size * order.itemsize
        arguments = (
            tables.addresses.ctypes.data,
            tables.blocks.ctypes.data,
            origin,
            results.ctypes.data,
            done.ctypes.data,
            self._barrier.ctypes.data,
            parity,
            parity + count,
        )
        threads = program.useful_threads(self._pace.threads)
        started = time.perf_counter()
        call_on_threads(program.steps, arguments, threads)
        steps = int(done[0])
        self._pace.took((time.perf_counter() - started) / steps)
        self._taken += steps
        for column, value in enumerate(tables.results):
            if value is not None:
                results[:, column] = value
        return results[:steps]

    def _made_tables(self, program: NativeProgram) -> Tables:
        graph = program.graph
        count = len(self._copies[0])
        rows = graph.inputs[count : count + len(self._blocks)]
        shared = dict(zip(graph.inputs[count + len(self._blocks) :], self._scalars, strict=True))
        shared |= {node: _empty(node) for node in rows}
        shared |= {node: _empty(node) for node in graph.outputs[count:] if _is_computed(node)}
        tables, memory = [], [shared]
        for parity in range(2):
            table, arena = program.table()
            memory.append(arena)  # type: ignore[arg-type]
            placed = dict(zip(graph.inputs[:count], self._copies[parity], strict=True)) | shared
            for node, value in zip(graph.outputs[:count], self._copies[1 - parity], strict=True):
                if _is_computed(node):
                    placed[node] = value
            for node, value in placed.items():
                slot = program.slot(node)
                if slot is not None:
                    table[slot] = value.ctypes.data
            tables.append(table)
        addresses = np.array([table.ctypes.data for table in tables], dtype="uint64")
        blocks = np.zeros(len(graph.inputs), dtype="uint64")
        for position, block in enumerate(self._blocks):
            blocks[count + position] = block.ctypes.data
        results = tuple(
            node.attributes["value"].item() if node.primitive is CONSTANT else None
            for node in graph.outputs[count:]
        )
        return Tables(addresses, blocks, results, (tables, memory))


def _is_computed(node: Node) -> bool:
    return node.primitive not in (INPUT, CONSTANT)


def _empty(node: Node) -> Array:
    return np.empty(node.tensor_type.shape, node.tensor_type.dtype)
