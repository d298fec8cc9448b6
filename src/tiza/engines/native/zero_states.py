"""States that begin as zeros: what their first step adds to a sum over all steps is left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tiza.engines.engine import Samples
from tiza.engines.native.tiling import LARGE_PRODUCT
from tiza.graph.node import CONSTANT, Node
from tiza.graph.tensor import Tensor
from tiza.ops.contraction import CONTRACT
from tiza.ops.elementwise import IDENTITY
from tiza.ops.layout import BROADCAST, slice_axis
from tiza.ops.scan import ITEM, ScanParts


@dataclass(frozen=True, slots=True)
class ZeroStates:
    """Rewrites sums over the steps of states that begin as zeros.

    Attributes:
        samples: how many samples the graph is for.
    """

    samples: Samples

    def rewritten(self, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        """Return a product summed over the steps of such states, from the second on; else None."""
        if node.primitive is not CONTRACT:
            return None
        sides = [node.attributes[name] for name in ("left", "right")]
        for stack, labels in zip(inputs, sides, strict=True):
            steps = _steps_after_zeros(stack)
            if steps is None or labels[0] in node.attributes["out"]:
                continue
            if self._products(node, labels[0]) < LARGE_PRODUCT:
                continue
            operands = tuple(
                slice_axis(Tensor(one), own.index(labels[0]), *steps).node if labels[0] in own else one
                for one, own in zip(inputs, sides, strict=True)
            )
            return Node(CONTRACT, operands, node.attributes, node.type, node.provenance)
        return None

    def _products(self, node: Node, steps: str) -> int:
        """Return the multiplications of a contraction for each turn of the axis of this label."""
        sizes: dict[str, int] = {}
        for name, one in zip(("left", "right"), node.inputs, strict=True):
            sizes |= dict(zip(node.attributes[name], one.tensor_type.shape, strict=True))
        return math.prod(
            self.samples.usual if size == self.samples.count else size
            for label, size in sizes.items()
            if label != steps
        )


def _steps_after_zeros(stack: Node) -> tuple[int, int] | None:
    """Return which steps of a stack of entering states follow the first; None if that is not of zeros."""
    if stack.primitive is not ITEM:
        return None
    scan, position = stack.inputs[0], stack.attributes["position"]
    parts = ScanParts(scan)
    carries, entering = parts.body.inputs[: parts.carries], original(parts.body.outputs[position])
    if position < parts.carries or entering not in carries or parts.length == 1:
        return None
    if not is_zero(scan.inputs[carries.index(entering)]):
        return None
    return (0, parts.length - 1) if parts.reverse else (1, parts.length)


def original(node: Node) -> Node:
    """Return what a node is a copy of, or itself."""
    return node.inputs[0] if node.primitive is IDENTITY else node


def is_zero(node: Node) -> bool:
    """Return whether a value is a constant of zeros."""
    while node.primitive is BROADCAST:
        (node,) = node.inputs
    return node.primitive is CONSTANT and not np.any(node.attributes["value"])
