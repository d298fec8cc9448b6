"""Emitting derivative nodes: sums and zeros, named after the quantity they are the derivative of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from tiza.graph.node import INPUT, Node
from tiza.graph.provenance import UNKNOWN, Provenance, Role
from tiza.graph.tensor import Tensor, apply, constant
from tiza.ops.elementwise import IDENTITY, add
from tiza.ops.layout import broadcast


def zeros_of(node: Node) -> Tensor:
    """Return zeros of the type of `node`."""
    type_ = node.tensor_type
    return broadcast(constant(0, type_.dtype), type_.shape, ())


def ones_of(node: Node) -> Tensor:
    """Return ones of the type of `node`."""
    type_ = node.tensor_type
    return broadcast(constant(1, type_.dtype), type_.shape, ())


def total(parts: Sequence[Tensor]) -> Tensor:
    """Return the sum of `parts`, in order."""
    return reduce(add, parts)


def quantity(node: Node) -> Provenance:
    """Return the quantity that `node` is, for a derivative to refer to; inputs go by their name."""
    if node.primitive is INPUT and not node.provenance.is_named:
        return replace(node.provenance, role=Role.INPUT, name=str(node.attributes["name"]))
    return node.provenance


def derivative_provenance(node: Node, role: Role, name: str = "") -> Provenance:
    """Return the provenance of a derivative of, or with respect to, `node`."""
    known = quantity(node)
    if not known.is_named:
        return replace(UNKNOWN, layer=known.layer)
    return Provenance(layer=known.layer, role=role, name=name, of=known, time=known.time, use=known.use)


def renamed(value: Tensor, provenance: Provenance) -> Tensor:
    """Return a value with `provenance`; one that has another name already is copied by an identity."""
    node = value.node
    if not provenance.is_named or node.provenance == provenance:
        return value
    if node.provenance.is_named or not node.inputs:
        node = apply(IDENTITY, (value,)).node
    return Tensor(Node(node.primitive, node.inputs, node.attributes, node.type, provenance))
