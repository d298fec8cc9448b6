"""The reference engine behind the engines' contract."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from threadpoolctl import ThreadpoolController

from tiza.engines.engine import Rows, StepsDone
from tiza.engines.reference.program import Program, compile_graph, run_program
from tiza.graph.graph import Graph

Array = Any


class ReferenceEngine:
    """NumPy: slow, and right by definition.

    Matrix products run on one thread: then the bits do not depend on the number of processors, and small
    steps do not wait for a thread that another program holds (seen to cost a factor of 40 on two busy processors).
    """

    name = "reference"

    def __init__(self) -> None:
        self._libraries = ThreadpoolController()

    def compile(self, graph: Graph) -> Program:
        """Return `graph` as a list of array calls."""
        return compile_graph(graph)

    def run(self, program: Program, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
        with self._libraries.limit(limits=1, user_api="blas"):
            return run_program(program, inputs)

    def run_steps(
        self,
        programs: dict[int, Program],
        state: Sequence[Array],
        rows: Rows,
        scalars: Sequence[Array],
        first: int,
        seconds: float,
    ) -> StepsDone:
        """Run steps from `first` on; see `Engine.run_steps`."""
        done = StepsDone(list(state), list(state), first)
        until = time.perf_counter() + seconds
        with self._libraries.limit(limits=1, user_api="blas"):
            while done.next < rows.steps:
                self._run_step(programs, rows, scalars, done)
                if not math.isfinite(done.results[-1][0]) or time.perf_counter() >= until:
                    break
        return done

    def _run_step(
        self, programs: dict[int, Program], rows: Rows, scalars: Sequence[Array], done: StepsDone
    ) -> None:
        chosen = rows.of_step(done.next)
        taken = [block[chosen] for block in rows.blocks]
        outputs = run_program(programs[len(chosen)], [*done.state, *taken, *scalars])
        kept = len(done.state)
        done.before, done.state = done.state, outputs[:kept]
        done.results.append([float(value) for value in outputs[kept:]])
