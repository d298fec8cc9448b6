"""The native engine behind the engines' contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiza.engines.native.program import NativeProgram
from tiza.engines.native.session import NativeSession
from tiza.engines.native.threads import thread_count
from tiza.graph.graph import Graph

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

    def session(
        self,
        programs: Mapping[int, NativeProgram],
        state: Sequence[Array],
        blocks: Sequence[Array],
        scalars: Sequence[Array],
    ) -> NativeSession:
        """Return a session that starts from `state`; see `Engine.session`."""
        return NativeSession(programs, state, blocks, scalars, self.threads)
