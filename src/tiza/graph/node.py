"""Nodes: immutable, compared by identity, walked without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiza.graph.access import AccessRule, Axis, Literal
from tiza.graph.primitive import Attributes, Example, NoDerivative, Primitive, register
from tiza.graph.provenance import UNKNOWN, Provenance
from tiza.graph.tensor_type import TensorType, ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Node:
    """One application of a primitive.

    Attributes:
        primitive: what is computed.
        inputs: the nodes it is computed from.
        attributes: the primitive's static parameters.
        type: shape and dtype of the result.
        provenance: which quantity of the network this is.
    """

    primitive: Primitive
    inputs: tuple[Node, ...]
    attributes: Attributes
    type: ValueType
    provenance: Provenance = UNKNOWN

    @property
    def tensor_type(self) -> TensorType:
        """The type, for every node but a scan."""
        assert isinstance(self.type, TensorType)
        return self.type

    def __repr__(self) -> str:
        label = f" {self.provenance.label}" if self.provenance.label else ""
        return f"<{self.primitive.name} {self.type!r}{label}>"


def _declared_type(_types: tuple[ValueType, ...], attributes: Attributes) -> ValueType:
    declared: ValueType = attributes["type"]
    return declared


def _constant_type(_types: tuple[ValueType, ...], attributes: Attributes) -> TensorType:
    value = attributes["value"]
    return TensorType(value.shape, value.dtype)


def _literal_access(
    _operands: tuple[TensorType, ...], _attributes: Attributes, result: TensorType
) -> AccessRule:
    return AccessRule(tuple(Axis(size) for size in result.shape), (), Literal())


INPUT = register(
    Primitive("input", _declared_type, NoDerivative("it is an input"), _literal_access, ("name", "type"))
)
CONSTANT = register(
    Primitive(
        "constant",
        _constant_type,
        NoDerivative("it is constant"),
        _literal_access,
        ("value",),
        examples=(Example((), {"value": np.array([[1.5, -2.0], [0.0, 4.0]])}),),
    )
)


def input_node(name: str, type: ValueType, provenance: Provenance = UNKNOWN) -> Node:
    """Return a new graph input."""
    return Node(INPUT, (), {"name": name, "type": type}, type, provenance)


def constant_node(value: NDArray[np.generic], provenance: Provenance = UNKNOWN) -> Node:
    """Return a node that holds `value`, which must not be written to afterwards."""
    value = np.asarray(value)
    value.flags.writeable = False
    return Node(CONSTANT, (), {"value": value}, TensorType(value.shape, value.dtype), provenance)


def topological_order(outputs: Iterable[Node]) -> tuple[Node, ...]:
    """Return every node that `outputs` depend on, inputs first, without recursion."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((one, False) for one in reversed(node.inputs) if id(one) not in seen)
    return tuple(order)


def rebuild(
    outputs: Sequence[Node],
    replacements: Mapping[Node, Node],
    rewrite: Callable[[Node, tuple[Node, ...]], Node | None] | None = None,
) -> tuple[tuple[Node, ...], dict[Node, Node]]:
    """Return `outputs` with nodes replaced, and the map from every old node to its new one.

    Args:
        outputs: nodes to rebuild.
        replacements: old node -> node that stands for it; what only it needed is dropped.
        rewrite: called with each node and its new inputs; returns the new node, or None to keep it.
    """
    renewed: dict[Node, Node] = {}
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, expanded = stack.pop()
        if node in renewed:
            continue
        if node in replacements:
            renewed[node] = replacements[node]
        elif not expanded:
            stack.append((node, True))
            stack.extend((one, False) for one in reversed(node.inputs) if one not in renewed)
        else:
            renewed[node] = _renew(node, tuple(renewed[one] for one in node.inputs), rewrite)
    return tuple(renewed[node] for node in outputs), renewed


def _renew(
    node: Node,
    inputs: tuple[Node, ...],
    rewrite: Callable[[Node, tuple[Node, ...]], Node | None] | None,
) -> Node:
    rewritten = rewrite(node, inputs) if rewrite else None
    if rewritten is not None:
        return rewritten
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node
    return Node(node.primitive, inputs, node.attributes, node.type, node.provenance)
