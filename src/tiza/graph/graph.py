"""Graphs: computations with inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tiza.errors import TraceError
from tiza.graph.node import INPUT, Node, topological_order
from tiza.graph.printing import format_computation
from tiza.graph.tensor import located


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation: `outputs` as functions of `inputs`.

    Example:
        >>> import tiza as tz
        >>> graph = tz.trace(lambda x: x * 2.0, 3.0)
        >>> len(graph.inputs), len(graph.outputs)
        (1, 1)
    """

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node the outputs depend on, inputs first."""
        return topological_order(self.outputs)

    @cached_property
    def free_inputs(self) -> tuple[Node, ...]:
        """Input nodes that are used but are not inputs of this graph: values of another trace."""
        own = set(map(id, self.inputs))
        return tuple(node for node in self.nodes if node.primitive is INPUT and id(node) not in own)

    def check_closed(self) -> Graph:
        """Return self.

        Raises:
            TraceError: a value of another trace is used.
        """
        if self.free_inputs:
            name = self.free_inputs[0].attributes["name"]
            raise TraceError(
                located(
                    f"the graph uses {name!r}, a value of another trace; "
                    "pass it as an argument of the traced function."
                )
            )
        return self

    def __str__(self) -> str:
        return format_computation(self.inputs, self.outputs, self.nodes)
