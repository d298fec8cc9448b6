"""Sample sums: what is summed over all positions of all samples is summed sample by sample first.

A sample's sum runs where the sample was just made and is near: the gradient of a convolution's bias, say.
"""

from __future__ import annotations

import math

from tiza.engines.native.strips import LARGE_SAMPLE
from tiza.graph.node import Node
from tiza.graph.tensor import Tensor
from tiza.ops.reduction import SUM
from tiza.ops.reduction import sum as sum_over

POSITIONS = 2
"""Axes between samples and channels from which on a value holds images; a sequence may have time first."""


def summed_by_sample(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """Return a sum over all axes but the last one of large images as two; None for anything else."""
    if node.primitive is not SUM or not inputs[0].tensor_type.rank:
        return None
    samples, *others = inputs[0].tensor_type.shape
    axes = tuple(range(len(others)))
    large = math.prod(others) * node.tensor_type.dtype.itemsize >= LARGE_SAMPLE
    if not large or len(axes) <= POSITIONS or node.attributes["axes"] != axes or samples == 1:
        return None
    summed = sum_over(sum_over(Tensor(inputs[0]), axes[1:]), 0).node
    return Node(summed.primitive, summed.inputs, summed.attributes, node.type, node.provenance)
