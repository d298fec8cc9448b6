"""Verification: every node's type follows from its primitive; a fault is shown with its neighbours."""

from __future__ import annotations

from tiza.errors import TizaError, VerificationError
from tiza.graph.graph import Graph
from tiza.graph.node import Node
from tiza.graph.primitive import checked_attributes, primitives
from tiza.graph.printing import format_nodes, node_names

NEIGHBOURS = 5


def verify(graph: Graph) -> Graph:
    """Return `graph`, after inferring every type again, in the bodies of its loops too.

    Raises:
        VerificationError: a node contradicts its primitive; the nodes around it are shown.
        TraceError: a value of another trace is used.
    """
    graph.check_closed()
    for body in (one for node in graph.nodes for one in node.attributes.values() if isinstance(one, Graph)):
        verify(body)
    for position, node in enumerate(graph.nodes):
        fault = _fault(node)
        if fault:
            raise VerificationError(_report(graph, position, fault))
    return graph


def _fault(node: Node) -> str:
    primitive, operands = node.primitive, tuple(one.type for one in node.inputs)
    if not any(primitive is one for one in primitives()):
        return f"primitive {primitive.name!r} is not the registered one"
    if primitive.domain and len(operands) != len(primitive.domain):
        return f"it has {len(operands)} operands, but {primitive.name} takes {len(primitive.domain)}"
    try:
        inferred = primitive.infer(operands, checked_attributes(primitive, node.attributes))
    except (TizaError, ValueError, TypeError, LookupError, AttributeError) as error:
        return str(error)  # a rule may fail in any way on operands that it does not expect
    if inferred != node.type:
        return f"its type is {node.type!r}, but {node.primitive.name} gives {inferred!r}"
    return ""


def _report(graph: Graph, position: int, fault: str) -> str:
    names = node_names((*graph.inputs, *graph.nodes))
    first = max(0, position - NEIGHBOURS)
    lines = format_nodes(graph.nodes[first : position + NEIGHBOURS + 1], names)
    shown = [("> " if first + offset == position else "  ") + line for offset, line in enumerate(lines)]
    return f"node {names[graph.nodes[position]]}: {fault}\n" + "\n".join(shown)
