"""The reference engine behind the engines' contract."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from tiza.engines.engine import Rows, StepsDone
from tiza.engines.reference.program import Program, compile_graph, run_program
from tiza.graph.graph import Graph

Array = Any


class ReferenceEngine:
    """NumPy: slow, and right by definition."""

    name = "reference"

    def compile(self, graph: Graph) -> Program:
        """Return `graph` as a list of array calls."""
        return compile_graph(graph)

    def run(self, program: Program, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
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
        kept = len(done.state)
        until = time.perf_counter() + seconds
        while done.next < rows.steps:
            chosen = rows.of_step(done.next)
            taken = [block[chosen] for block in rows.blocks]
            outputs = run_program(programs[len(chosen)], [*done.state, *taken, *scalars])
            done.before, done.state = done.state, outputs[:kept]
            done.results.append([float(value) for value in outputs[kept:]])
            if not math.isfinite(done.results[-1][0]) or time.perf_counter() >= until:
                break
        return done
