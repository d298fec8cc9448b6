"""Forward mode: tangents travel with the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiza.calculus.emission import derivative_provenance, renamed
from tiza.calculus.linearization import tangent_of, varies
from tiza.calculus.loops import scan_tangent
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Role, provenance
from tiza.graph.tensor import Tensor
from tiza.ops.scan import ITEM, SCAN


def tangents(outputs: Sequence[Node], given: Mapping[Node, Tensor]) -> list[Tensor | None]:
    """Return the tangent of each output when the nodes in `given` move by theirs; None where it is zero."""
    known: dict[Node, Tensor] = dict(given)
    loops: dict[Node, tuple[Tensor | None, ...]] = {}
    for node in topological_order(outputs):
        if node in known or not any(one in known or one in loops for one in node.inputs):
            continue
        if node.primitive is SCAN:
            loops[node] = scan_tangent(node, tuple(known.get(one) for one in node.inputs), tangents)
        elif node.primitive is ITEM:
            item = loops[node.inputs[0]][node.attributes["position"]]
            if item is not None:
                known[node] = item
        elif varies(node):
            with provenance(layer=node.provenance.layer):
                tangent = tangent_of(node, tuple(known.get(one) for one in node.inputs))
            if tangent is not None:
                known[node] = renamed(tangent, derivative_provenance(node, Role.TANGENT))
    return [known.get(node) for node in outputs]
