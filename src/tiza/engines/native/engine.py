"""The native engine behind the engines' contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiza.engines.native.program import NativeProgram
from tiza.graph.graph import Graph

Array = Any


class NativeEngine:
    """Machine code for this processor."""

    name = "native"

    def compile(self, graph: Graph) -> NativeProgram:
        """Return `graph` as machine code."""
        return NativeProgram(graph)

    def run(self, program: NativeProgram, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for `inputs`."""
        return program.run(inputs)
