"""One node for each value: what is computed twice in a graph has one name and one line."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_

from tiza.blackboard.names import is_quantity
from tiza.graph.fingerprint import attribute_bytes
from tiza.graph.node import INPUT, Node, topological_order
from tiza.graph.provenance import Provenance


def shared(outputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return `outputs` with equal nodes made one; an unnamed one becomes the named one that it equals.

    Two quantities of different names stay two, even if they are computed alike.
    """
    order = topological_order(outputs)
    kinds: dict[Node, object] = {}
    known: dict[object, object] = {}
    named: dict[object, Provenance] = {}
    for node in order:
        kinds[node] = kind = known.setdefault(_kind(node, kinds), node)
        if is_quantity(node):
            named.setdefault(kind, node.provenance)
    made: dict[tuple[object, Provenance], Node] = {}
    renewed: dict[Node, Node] = {}
    for node in order:
        told = node.provenance if is_quantity(node) else named.get(kinds[node], node.provenance)
        key = (kinds[node], told if is_quantity(node) or kinds[node] in named else Provenance())
        if key not in made:
            inputs = tuple(renewed[one] for one in node.inputs)
            same = told == node.provenance and all(map(is_, inputs, node.inputs))
            made[key] = node if same else Node(node.primitive, inputs, node.attributes, node.type, told)
        renewed[node] = made[key]
    return tuple(renewed[one] for one in outputs)


def _kind(node: Node, kinds: dict[Node, object]) -> object:
    """Return what two nodes share if they compute the same from the same inputs."""
    if node.primitive is INPUT:
        return node
    return (
        node.primitive.name,
        tuple(id(kinds[one]) for one in node.inputs),
        node.type,
        attribute_bytes(node.attributes),
    )
