"""Placement: what is written to memory of its own, or to a part of a larger value's, is computed there."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.graph.node import Node, rebuild
from tiza.ops.elementwise import IDENTITY
from tiza.ops.layout import CONCATENATE


def copied(node: Node) -> Node:
    """Return a node that has the value of `node` at a place of its own."""
    return Node(IDENTITY, (node,), {}, node.type, node.provenance)


def with_own_parts(outputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return `outputs` with every operand of a concatenation a node that nothing else reads.

    It is then computed where it stands in the whole.
    """

    def renew(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.primitive is not CONCATENATE:
            return None
        return Node(CONCATENATE, tuple(map(copied, inputs)), node.attributes, node.type, node.provenance)

    renewed, _ = rebuild(outputs, {}, renew)
    return renewed
