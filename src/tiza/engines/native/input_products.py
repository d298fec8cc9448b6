"""Products of a scan's short inputs, made step by step together with those of its states.

`x_t W` of all steps at once is written far away and read again, which takes longer than its few
multiplications. As a part of the product of `[x_t, h]` with `[W; U]` it takes those alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tiza.engines.engine import Samples
from tiza.engines.native.kernels import usual_bytes
from tiza.engines.native.tiling import FAR
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node, rebuild
from tiza.graph.tensor import Tensor, apply
from tiza.ops.contraction import CONTRACT
from tiza.ops.elementwise import ADD
from tiza.ops.layout import BROADCAST, broadcast, concatenate
from tiza.ops.scan import SCAN, ScanParts

SHORT_INPUT = 64
"""Features of an entry up to which its product takes as long as memory does."""


@dataclass(frozen=True, slots=True)
class InputProduct:
    """`x W + b` of all steps.

    Attributes:
        entries: x, `(steps, batch, features)`.
        kernel: W, `(features, units)`.
        bias: b, `(units,)`, if there is one.
    """

    entries: Node
    kernel: Node
    bias: Node | None


class InputProducts:
    """Rewrites the scans of a graph."""

    def __init__(self, graph: Graph, samples: Samples) -> None:
        self._samples = samples
        self._uses = Counter([*graph.outputs, *(one for node in graph.nodes for one in node.inputs)])

    def rewritten(self, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        """Return a scan with the products of its inputs inside; None for anything else."""
        if node.primitive is not SCAN:
            return None
        parts = ScanParts(node)
        for place in range(parts.carries, parts.carries + parts.sequences):
            found = _product_of(inputs[place], self._samples)
            if found is not None and self._uses[node.inputs[place]] == 1:
                made = _with_product_inside(node, inputs, place, found)
                if made is not None:
                    return made
        return None


def _product_of(sequence: Node, samples: Samples) -> InputProduct | None:
    product, bias = sequence, None
    if sequence.primitive is ADD:
        product, added = sorted(sequence.inputs, key=lambda one: one.primitive is not CONTRACT)
        last = (sequence.tensor_type.rank - 1,)
        if added.primitive is not BROADCAST or added.attributes["axes"] != last:
            return None
        bias = added.inputs[0]
    if not _is_matrix_product(product, 3):
        return None
    steps, *shape = sequence.tensor_type.shape
    if steps * usual_bytes(sequence.tensor_type.with_shape(tuple(shape)), samples) < 2 * FAR:
        return None
    entries, kernel = product.inputs
    return InputProduct(entries, kernel, bias) if kernel.tensor_type.shape[0] <= SHORT_INPUT else None


def _is_matrix_product(node: Node, rank: int) -> bool:
    """Return whether a node is the product of rows of the last axis with a matrix."""
    if node.primitive is not CONTRACT:
        return False
    left, right, out = (node.attributes[name] for name in ("left", "right", "out"))
    return len(left) == rank and len(right) == 2 and left[-1] == right[0] and out == left[:-1] + right[1]


def _with_product_inside(node: Node, inputs: tuple[Node, ...], place: int, of: InputProduct) -> Node | None:
    parts = ScanParts(node)
    entry = parts.body.inputs[place]
    readers = [one for one in parts.body.nodes if entry in one.inputs]
    if len(readers) != 1 or readers[0].primitive is not ADD or entry in parts.body.outputs:
        return None
    (total,) = readers
    recurrent = next((one for one in total.inputs if one is not entry), entry)
    if not _is_matrix_product(recurrent, 2):
        return None
    given = [of.kernel] if of.bias is None else [of.kernel, of.bias]
    stand_ins = [input_node("outer", one.type, one.provenance) for one in given]
    type_ = of.entries.tensor_type
    short = input_node("entry", type_.with_shape(type_.shape[1:]), of.entries.provenance)
    states, kernel = (Tensor(one) for one in recurrent.inputs)
    both = apply(
        CONTRACT,
        (concatenate([Tensor(short), states], 1), concatenate([Tensor(stand_ins[0]), kernel], 0)),
        **recurrent.attributes,
    )
    if of.bias is not None:
        both = both + broadcast(Tensor(stand_ins[1]), both.shape, (1,))
    outputs, _ = rebuild(parts.body.outputs, {total: both.node})
    taken = [*parts.body.inputs, *stand_ins]
    taken[place] = short
    operands = [*inputs, *given]
    operands[place] = of.entries
    attributes = {**node.attributes, "body": Graph(tuple(taken), outputs)}
    return Node(SCAN, tuple(operands), attributes, node.type, node.provenance)
