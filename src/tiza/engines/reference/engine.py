"""The reference engine behind the engines' contract."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from tiza.engines.engine import ANY_SAMPLES, RUN_ONCE, Rows, Samples, StepLayout, StepsDone
from tiza.engines.reference.program import Program, compile_graph, run_program
from tiza.graph.graph import Graph

Array = Any


class ReferenceEngine:
    """NumPy: slow, and right by definition.

    Matrix products run on one thread: then the bits do not depend on the number of processors, and small
    steps do not wait for a thread that another program holds (on two busy processors: 40 times as long).
    """

    name = "reference"

    def __init__(self) -> None:
        self._libraries = ThreadpoolController()

    def compile(self, graph: Graph, layout: StepLayout = RUN_ONCE, samples: Samples = ANY_SAMPLES) -> Program:
        """Return `graph` as a list of array calls, which is the same for every layout."""
        return compile_graph(graph)

    def run(self, program: Program, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
        with self._libraries.limit(limits=1, user_api="blas"):
            return run_program(program, inputs)

    def session(
        self,
        programs: Mapping[int, Program],
        state: Sequence[Array],
        blocks: Sequence[Array],
        scalars: Sequence[Array],
    ) -> ReferenceSession:
        """Return a session that starts from `state`; see `Engine.session`."""
        return ReferenceSession(self._libraries, programs, list(state), tuple(blocks), tuple(scalars))


class ReferenceSession:
    """A state that steps change, one array call after another."""

    def __init__(
        self,
        libraries: ThreadpoolController,
        programs: Mapping[int, Program],
        state: list[Array],
        blocks: tuple[Array, ...],
        scalars: tuple[Array, ...],
    ) -> None:
        self._libraries = libraries
        self._programs = programs
        self._state = state
        self._blocks = blocks
        self._scalars = scalars

    def run(self, rows: Rows, first: int, seconds: float) -> StepsDone:
        """Run steps from `first` on; see `Session.run`."""
        results: list[list[float]] = []
        sound = True
        until = time.perf_counter() + seconds
        with self._libraries.limit(limits=1, user_api="blas"):
            while sound and first + len(results) < rows.steps:
                sound = self._run_step(rows.of_step(first + len(results)), results)
                if time.perf_counter() >= until:
                    break
        return StepsDone(list(self._state), first, np.array(results), sound)

    def _run_step(self, chosen: Array, results: list[list[float]]) -> bool:
        """Take a step, add its results, return whether its loss and the rows it read are finite."""
        taken = [block[chosen] for block in self._blocks]
        outputs = run_program(self._programs[len(chosen)], [*self._state, *taken, *self._scalars])
        kept = len(self._state)
        self._state = outputs[:kept]
        results.append([float(value) for value in outputs[kept:]])
        return math.isfinite(results[-1][0]) and all(np.isfinite(one).all() for one in taken)
