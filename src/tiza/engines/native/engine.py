"""The native engine behind the engines' contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiza.engines.engine import ANY_SAMPLES, RUN_ONCE, Samples, StepLayout
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.session import NativeSession
from tiza.engines.native.threads import thread_count
from tiza.graph.graph import Graph

Array = Any

WORTH_THREADS = 20_000_000
"""Multiplications of a run below which one thread does it: some 0.2 ms; to start another takes half."""


class NativeEngine:
    """Machine code for this processor."""

    name = "native"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or thread_count()

    def compile(
        self, graph: Graph, layout: StepLayout = RUN_ONCE, samples: Samples = ANY_SAMPLES
    ) -> NativeProgram:
        """Return `graph` as machine code; see `Engine.compile`."""
        return NativeProgram(graph, layout, samples)

    def run(self, program: NativeProgram, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
        return program.run(inputs, self.threads if program.work >= WORTH_THREADS else 1)

    def session(
        self,
        programs: Mapping[int, NativeProgram],
        state: Sequence[Array],
        blocks: Sequence[Array],
        scalars: Sequence[Array],
    ) -> NativeSession:
        """Return a session that starts from `state`; see `Engine.session`."""
        return NativeSession(programs, state, blocks, scalars, self.threads)
