"""From the canonical graph to a plan: equal values shared, constants folded, identities dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tiza.engines.reference.program import array_function
from tiza.graph.fingerprint import attribute_bytes
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, constant_node, topological_order
from tiza.ops.elementwise import DIVIDE, IDENTITY, MULTIPLY, NEGATIVE, STOP_GRADIENT, SUBTRACT
from tiza.ops.layout import BROADCAST, RESHAPE, TRANSPOSE
from tiza.ops.scan import SCAN

FOLDED_ELEMENTS = 4096
"""Constants up to this many elements are computed while planning; larger ones are left to the run."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A graph made for running, with the way back to the graph it stands for.

    Attributes:
        graph: what is run.
        canonical: what is meant.
        origin: canonical node -> the plan's node that holds its value.
    """

    graph: Graph
    canonical: Graph
    origin: dict[Node, Node]


def simplify(graph: Graph) -> Plan:
    """Return the plan of `graph`: same inputs, same values, fewer nodes.

    Example:
        >>> import tiza as tz
        >>> graph = tz.trace(lambda x: tz.ops.identity(x) * 1.0 + tz.ops.exp(x) - tz.ops.exp(x), 1.0)
        >>> len(graph.nodes), len(simplify(graph).graph.nodes)
        (8, 4)
    """
    known: dict[object, Node] = {}
    renewed: dict[Node, Node] = {}
    bodies: dict[int, Graph] = {}
    for node in (*graph.inputs, *topological_order(graph.outputs)):
        if node in renewed:
            continue
        inputs = tuple(renewed[one] for one in node.inputs)
        renewed[node] = _shared(_simpler(_with_body(_with_inputs(node, inputs), bodies)), known)
    outputs = tuple(renewed[node] for node in graph.outputs)
    return Plan(Graph(graph.inputs, outputs), graph, renewed)


def _with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node
    return Node(node.primitive, inputs, node.attributes, node.type, node.provenance)


def _with_body(node: Node, bodies: dict[int, Graph]) -> Node:
    """Return a loop with its body simplified, once for all loops with that body; other nodes as they are."""
    if node.primitive is not SCAN:
        return node
    body = node.attributes["body"]
    if id(body) not in bodies:
        plan = simplify(body).graph
        bodies[id(body)] = body if plan.outputs == body.outputs else plan
    return Node(SCAN, node.inputs, {**node.attributes, "body": bodies[id(body)]}, node.type, node.provenance)


def _shared(node: Node, known: dict[object, Node]) -> Node:
    """Return the first node that computes the same as `node`."""
    if node.primitive is INPUT:
        return node
    identity = (node.primitive.name, tuple(map(id, node.inputs)), node.type, _attribute_key(node))
    return known.setdefault(identity, node)


def _attribute_key(node: Node) -> object:
    if node.primitive is SCAN:
        return id(node.attributes["body"])
    return attribute_bytes(node.attributes) if node.attributes else b""


def _simpler(node: Node) -> Node:
    while (rule := _RULES.get(node.primitive.name)) and (reduced := rule(node)) is not None:
        node = reduced
    return _folded(node) or node


def _folded(node: Node) -> Node | None:
    """Return the constant that `node` always is, if it is small."""
    foldable = node.inputs and all(one.primitive is CONSTANT for one in node.inputs)
    if not foldable or node.primitive is SCAN or node.tensor_type.size > FOLDED_ELEMENTS:
        return None
    if node.primitive is BROADCAST and node.inputs[0].tensor_type.size == 1:
        return None
    with np.errstate(all="ignore"):
        value = array_function(node)(*(one.attributes["value"] for one in node.inputs))
    return constant_node(np.array(value, dtype=node.tensor_type.dtype), node.provenance)


def _uniform_value(node: Node) -> float | None:
    """Return the number that every element of `node` is, if it is a repeated constant."""
    while node.primitive is BROADCAST:
        node = node.inputs[0]
    if node.primitive is CONSTANT and node.tensor_type.size == 1:
        return float(node.attributes["value"].reshape(()))
    return None


def _drop(node: Node) -> Node | None:
    return node.inputs[0]


def _multiply(node: Node) -> Node | None:
    for one, other in (node.inputs, node.inputs[::-1]):
        if _uniform_value(other) == 1.0:
            return one
    return None


def _divide(node: Node) -> Node | None:
    return node.inputs[0] if _uniform_value(node.inputs[1]) == 1.0 else None


def _negative(node: Node) -> Node | None:
    inner = node.inputs[0]
    return inner.inputs[0] if inner.primitive is NEGATIVE else None


def _subtract(node: Node) -> Node | None:
    """X - 0 is x; x + 0 is not (it turns -0 into 0), so add has no rule."""
    zero = _uniform_value(node.inputs[1])
    return node.inputs[0] if zero == 0.0 and not np.signbit(zero) else None


def _chain(combine: Callable[[Node, Node], dict[str, object]]) -> Callable[[Node], Node | None]:
    """Return the rule that makes one node of two equal layout steps in a row."""

    def rule(node: Node) -> Node | None:
        inner = node.inputs[0]
        if inner.primitive is not node.primitive:
            return None
        attributes = combine(inner, node)
        return Node(node.primitive, inner.inputs, attributes, node.type, node.provenance)

    return rule


def _reshape(node: Node) -> Node | None:
    if node.type == node.inputs[0].type:
        return node.inputs[0]
    return _chain(lambda inner, outer: dict(outer.attributes))(node)


def _broadcasts(inner: Node, outer: Node) -> dict[str, object]:
    axes = tuple(outer.attributes["axes"][axis] for axis in inner.attributes["axes"])
    return {"shape": outer.attributes["shape"], "axes": axes}


def _transpose(node: Node) -> Node | None:
    inner = node.inputs[0]
    if inner.primitive is not TRANSPOSE:
        return None
    permutation = tuple(inner.attributes["permutation"][axis] for axis in node.attributes["permutation"])
    if permutation == tuple(range(len(permutation))):
        return inner.inputs[0]
    return Node(TRANSPOSE, inner.inputs, {"permutation": permutation}, node.type, node.provenance)


_RULES: dict[str, Callable[[Node], Node | None]] = {
    IDENTITY.name: _drop,
    STOP_GRADIENT.name: _drop,
    MULTIPLY.name: _multiply,
    DIVIDE.name: _divide,
    NEGATIVE.name: _negative,
    SUBTRACT.name: _subtract,
    RESHAPE.name: _reshape,
    BROADCAST.name: _chain(_broadcasts),
    TRANSPOSE.name: _transpose,
}
