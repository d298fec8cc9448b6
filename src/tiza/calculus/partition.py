"""Sums of padded parts: where the parts fill one another's gaps, the sum is the parts side by side."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.calculus.emission import total
from tiza.graph.node import Node
from tiza.graph.tensor import Tensor
from tiza.ops.layout import PAD, concatenate


def sum_of_parts(parts: Sequence[Tensor]) -> Tensor:
    """Return the sum of cotangents of one value; those of slices that make it up are concatenated.

    A gate's cotangent comes back through its slice as a value padded with zeros: four such sums of a network
    with four gates would read and write each number four times.
    """
    padded = [part for part in parts if part.node.primitive is PAD]
    joined = _side_by_side(padded) if len(padded) > 1 else None
    if joined is None:
        return total(parts)
    return total([joined, *(part for part in parts if part.node.primitive is not PAD)])


def _side_by_side(parts: Sequence[Tensor]) -> Tensor | None:
    """Return padded values concatenated, if each begins along one axis where another ends."""
    axes = [_padded_axis(part.node) for part in parts]
    axis = axes[0]
    if axis is None or any(one != axis for one in axes):
        return None
    in_order = sorted(parts, key=lambda part: part.node.attributes["low"][axis])
    end = 0
    for part in in_order:
        if part.node.attributes["low"][axis] != end:
            return None
        end += part.node.inputs[0].tensor_type.shape[axis]
    if end != parts[0].shape[axis]:
        return None
    return concatenate([Tensor(part.node.inputs[0]) for part in in_order], axis)


def _padded_axis(node: Node) -> int | None:
    """Return the only axis along which zeros stand around a value that is not empty, if it is one."""
    widths = zip(node.attributes["low"], node.attributes["high"], node.attributes["between"], strict=True)
    axes = [axis for axis, width in enumerate(widths) if any(width)]
    return axes[0] if len(axes) == 1 and node.inputs[0].tensor_type.size else None
