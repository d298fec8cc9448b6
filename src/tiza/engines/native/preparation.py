"""Preparation: convolutions in other forms, contractions' operands laid out, outputs in own places."""

from __future__ import annotations

from tiza.engines.engine import ANY_SAMPLES, Samples
from tiza.engines.native.comparisons import compared_when_cut_off
from tiza.engines.native.fast_convolutions import FastConvolutions
from tiza.engines.native.input_products import InputProducts
from tiza.engines.native.masked_maxima import with_masked_maxima
from tiza.engines.native.overlaps import without_windows
from tiza.engines.native.placement import copied, with_own_parts
from tiza.engines.native.recurrence import with_prepared_scans
from tiza.engines.native.sample_sums import summed_by_sample
from tiza.engines.native.zero_states import ZeroStates
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, rebuild
from tiza.graph.tensor import Tensor
from tiza.ops.contraction import CONTRACT
from tiza.ops.layout import transpose
from tiza.ops.reduction import SUM


def prepare(graph: Graph, samples: Samples = ANY_SAMPLES) -> Graph:
    """Return `graph` with the operand that holds a contraction's last axis transposed to have it last.

    No two outputs are one node, and none is a constant or an input that stands elsewhere: a step writes each
    output to its own place, and the next step reads it there.
    """
    fast, _ = rebuild(graph.outputs, {}, FastConvolutions(samples.count).rewritten)
    laid_out = _laid_out(with_masked_maxima(compared_when_cut_off(Graph(graph.inputs, fast))), samples)
    outputs: list[Node] = []
    for position, node in enumerate(laid_out.outputs):
        stays = node in graph.inputs[position : position + 1]
        own = node not in outputs and (stays or node.primitive not in (CONSTANT, INPUT))
        outputs.append(node if own else copied(node))
    return Graph(graph.inputs, with_own_parts(outputs))


def _laid_out(graph: Graph, samples: Samples) -> Graph:
    added, _ = rebuild(graph.outputs, {}, without_windows)
    inside, _ = rebuild(added, {}, InputProducts(Graph(graph.inputs, added), samples).rewritten)
    outputs, _ = rebuild(inside, {}, _prepared)
    prepared = with_prepared_scans(Graph(graph.inputs, outputs), lambda body: _laid_out(body, samples))
    summed, _ = rebuild(prepared.outputs, {}, ZeroStates(samples).rewritten)
    return Graph(graph.inputs, summed)


def _prepared(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    if node.primitive is SUM:
        return summed_by_sample(node, inputs)
    if node.primitive is not CONTRACT or not node.attributes["out"]:
        return None
    left, right, out = (node.attributes[name] for name in ("left", "right", "out"))
    sides = {"left": left, "right": right}
    name = "right" if out[-1] in right else "left"
    labels = sides[name]
    if labels[-1] == out[-1] or (out[-1] in left and out[-1] in right):
        return None
    order = [*(label for label in labels if label != out[-1]), out[-1]]
    position = 0 if name == "left" else 1
    moved = transpose(Tensor(inputs[position]), [labels.index(label) for label in order]).node
    operands = (moved, inputs[1]) if position == 0 else (inputs[0], moved)
    attributes = {**node.attributes, name: "".join(order)}
    return Node(CONTRACT, operands, attributes, node.type, node.provenance)
