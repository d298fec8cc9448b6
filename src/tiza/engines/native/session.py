"""Sessions: a state in memory that steps in machine code change where it stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.engine import Rows, StepsDone
from tiza.engines.native.arena import Arena
from tiza.engines.native.pace import ThreadPace
from tiza.engines.native.program import NativeProgram, shared_memory
from tiza.engines.native.steps import STOPS
from tiza.engines.native.threads import call_on_threads
from tiza.graph.node import CONSTANT, Node

Array = Any

SHORTEST_CALL = 0.002
"""Seconds of a return that are not worth another call: threads would hardly have begun."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a program's steps are called with.

    Attributes:
        table: the address of every buffer.
        memory: everything whose address is used, kept alive.
    """

    table: Array
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
        self._state = [np.array(one, order="C") for one in state]
        self._blocks = [np.ascontiguousarray(block) for block in blocks]
        self._block_addresses = np.array([block.ctypes.data for block in self._blocks], dtype="uint64")
        self._scalars = [np.ascontiguousarray(one) for one in scalars]
        for program in programs.values():
            program.check_indices([*self._state, *self._blocks, *self._scalars])
        # the programs run one after the other and leave nothing between their kernels
        arena = Arena(max(program.arena_bytes for program in programs.values()))
        self._places = {size: self._made_place(program, arena) for size, program in programs.items()}
        self._paces = {size: _pace_of(program, threads) for size, program in programs.items()}

    def run(self, rows: Rows, first: int, seconds: float) -> StepsDone:
        """Run steps from `first` on; see `Session.run`."""
        order = np.ascontiguousarray(rows.orders, dtype="int64").reshape(-1)
        until = time.perf_counter() + seconds
        for pace in self._paces.values():
            pace.begin()
        parts: list[Array] = []
        step, sound, a_step = first, True, 0.0
        while sound and step < rows.steps:
            began = time.perf_counter()
            if parts and until - began < max(SHORTEST_CALL, a_step):
                break
            sound, results = self._run_alike(rows, order, step, until - began)
            parts.append(results)
            step += len(results)
            a_step = (time.perf_counter() - began) / len(results)
        for size, pace in self._paces.items():
            # the next session need not find out again; it may run beside this one
            self._programs[size].pace = pace.copy()
        return StepsDone([one.copy() for one in self._state], first, np.concatenate(parts), sound)

    def _run_alike(self, rows: Rows, order: Array, step: int, seconds: float) -> tuple[bool, Array]:
        """Run steps that read equally many rows; return whether they are sound, and their results.

        As many steps are taken as fit into the time, at the pace last seen.
        """
        epoch, place = divmod(step, rows.steps_an_epoch)
        whole, rest = divmod(rows.samples, rows.batch)
        size = rows.batch if place < whole else rest
        alike = max(whole - place, 1)
        count = alike if rest else rows.steps - step
        start = epoch * rows.samples + place * rows.batch
        return self._run_steps(size, order[start:], min(count, self._paces[size].steps_in(seconds)))

    def _run_steps(self, size: int, order: Array, count: int) -> tuple[bool, Array]:
        place, program, pace = self._places[size], self._programs[size], self._paces[size]
        results = np.empty((count, len(program.schedule.results)))
        done = np.zeros(1, dtype="int64")
        shared = shared_memory()
        arguments = (
            place.table.ctypes.data,
            self._block_addresses.ctypes.data,
            order.ctypes.data,
            results.ctypes.data,
            done.ctypes.data,
            shared.ctypes.data,
            program.tasks(pace.threads).ctypes.data,
            count,
        )
        seconds = call_on_threads(program.steps, arguments, pace.threads)
        steps = int(done[0])
        pace.took(seconds / steps)
        return not shared[STOPS:].any(), results[:steps]

    def _made_place(self, program: NativeProgram, arena: Arena) -> Place:
        plan = program.schedule
        count, blocks = plan.layout.state, plan.layout.blocks
        state, scalars = plan.graph.inputs[:count], plan.graph.inputs[count + blocks :]
        values: dict[Node, Array] = {
            **dict(zip(state, self._state, strict=True)),
            **dict(zip(scalars, self._scalars, strict=True)),
        }
        for node in (*plan.gathered, *plan.graph.outputs):
            if node not in values and node.primitive is not CONSTANT and node not in plan.overwritten:
                values[node] = np.empty(node.tensor_type.shape, node.tensor_type.dtype)
        if program.ahead is not None:
            # the next step's rows come to stand beside this one's
            values[program.ahead.node] = np.empty(2 * program.ahead.place_bytes, "uint8")
        values |= {new: values[old] for new, old in plan.overwritten.items()}
        table = program.table(arena)
        for node, value in values.items():
            slot = program.slot(node)
            if slot is not None:
                table[slot] = value.ctypes.data
        return Place(table, (values, arena))


def _pace_of(program: NativeProgram, threads: int) -> ThreadPace:
    """Return what is known of a program's pace on so many threads."""
    most = threads if program.schedule.shared else 1
    known = program.pace
    return known.copy() if known is not None and known.most == most else ThreadPace(most)
