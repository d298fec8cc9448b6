"""What a program need not allocate: results written over operands that die, repeats that NumPy does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiza.graph.node import Node
from tiza.ops.elementwise import IDENTITY, STOP_GRADIENT
from tiza.ops.layout import BROADCAST

_REDUCING = ("contract", "sum", "max", "argmax")


def keeps_no_view(node: Node) -> bool:
    """Whether the result of `node` shares no memory with its operands."""
    if node.primitive.is_elementwise:
        return node.primitive not in (IDENTITY, STOP_GRADIENT)
    return node.primitive.name in _REDUCING


def operands_needed(node: Node) -> tuple[Node, ...]:
    """Return what `node` is computed from, without the repeats over leading axes that NumPy does by itself.

    At least one operand keeps the whole shape.
    """
    if not node.primitive.is_elementwise or all(one.primitive is BROADCAST for one in node.inputs):
        return node.inputs
    return tuple(one.inputs[0] if _repeats_leading_axes(one) else one for one in node.inputs)


def _repeats_leading_axes(node: Node) -> bool:
    if node.primitive is not BROADCAST:
        return False
    rank, source_rank = node.tensor_type.rank, node.inputs[0].tensor_type.rank
    return bool(node.attributes["axes"] == tuple(range(rank - source_rank, rank)))


def operand_written_over(
    node: Node, operands: Sequence[Node], dying: Sequence[Node], readers: Mapping[Node, Sequence[Node]]
) -> int | None:
    """Return the position of an operand whose array may take the result of `node`; None if none may.

    Args:
        node: what is computed.
        operands: what it is computed from.
        dying: operands that nothing reads afterwards.
        readers: who reads a node; one that keeps a view of it forbids writing.
    """
    if not node.primitive.is_elementwise:
        return None
    for position, one in enumerate(operands):
        # without axes NumPy gives scalars, which cannot be written to
        own = keeps_no_view(one) and one.type == node.type and node.tensor_type.rank > 0
        if own and one in dying and all(keeps_no_view(reader) for reader in readers[one]):
            return position
    return None
