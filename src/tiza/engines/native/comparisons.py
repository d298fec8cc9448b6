"""Comparisons with a bound, made with what was cut off there: c < z where c < max(c, z).

The derivative of ReLU compares z with 0. Made with max(0, z), which later layers read in any case, it leaves
z to be needed by nothing else, and z never reaches memory.
"""

from __future__ import annotations

from tiza.engines.native.lowering import is_single_number, uses_of
from tiza.graph.graph import Graph
from tiza.graph.node import Node, rebuild
from tiza.ops.elementwise import LESS, MAXIMUM
from tiza.ops.layout import BROADCAST


def compared_when_cut_off(graph: Graph) -> Graph:
    """Return `graph` with comparisons c < z as c < max(c, z), where z is read by nothing else."""
    uses = uses_of(graph)
    outputs = set(graph.outputs)
    replacements: dict[Node, Node] = {}
    for largest in graph.nodes:
        if largest.primitive is not MAXIMUM:
            continue
        for bound, value in (largest.inputs, largest.inputs[::-1]):
            others = [one for one in uses[value] if one is not largest]
            if value not in outputs and all(_compares(one, bound, value) for one in others):
                replacements.update({one: _compared(one, largest) for one in others})
    return Graph(graph.inputs, rebuild(graph.outputs, replacements)[0])


def _compares(node: Node, bound: Node, value: Node) -> bool:
    return node.primitive is LESS and node.inputs[1] is value and _is_same(node.inputs[0], bound)


def _compared(node: Node, largest: Node) -> Node:
    return Node(LESS, (node.inputs[0], largest), node.attributes, node.type, node.provenance)


def _is_same(one: Node, other: Node) -> bool:
    """Return whether two nodes are one, or the same number everywhere."""
    if one is other:
        return True
    numbers = [node.inputs[0] if node.primitive is BROADCAST else node for node in (one, other)]
    if not all(is_single_number(node) for node in numbers):
        return False
    first, second = (node.attributes["value"] for node in numbers)
    return bool(first.dtype == second.dtype and first.item() == second.item())
