"""Masked maxima: where only the maxima of windows get a gradient, a condition on elements is one on maxima.

The way back through ReLU and max pooling multiplies what each window gives its maximum by whether that
element is above 0. The element is the maximum, so the maxima say it: they are fewer, and the elements need
not be kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, Node, rebuild
from tiza.graph.tensor import Tensor, apply
from tiza.ops.elementwise import ADD, CAST, EQUAL, IDENTITY, LESS, LESS_EQUAL, MULTIPLY, SELECT
from tiza.ops.layout import BROADCAST, IOTA, OVERLAP_ADD, RESHAPE, WINDOWS, broadcast
from tiza.ops.reduction import ARGMAX, MAX

COMPARISONS = (LESS, LESS_EQUAL)


def with_masked_maxima(graph: Graph) -> Graph:
    """Return `graph` with such conditions on maxima."""
    maxima = {
        node.inputs[0]: node
        for node in graph.nodes
        if node.primitive is MAX and node.inputs[0].primitive is WINDOWS and _over_places(node)
    }

    def renew(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.primitive is not MULTIPLY or not maxima:
            return None
        for given, mask in (inputs, inputs[::-1]):
            found = _masked(given, mask, maxima)
            if found is not None:
                # elementwise, as what it stands for: it has memory of its own where it is read often
                return Node(IDENTITY, (found,), {}, node.type, node.provenance)
        return None

    outputs, _ = rebuild(graph.outputs, {}, renew)
    return Graph(graph.inputs, outputs)


def _over_places(largest: Node) -> bool:
    """Return whether a maximum is that of each window."""
    windows = largest.inputs[0]
    rank, places = windows.tensor_type.rank, len(windows.attributes["axes"])
    return bool(largest.attributes["axes"] == tuple(range(rank - places, rank)))


def _masked(given: Node, mask: Node, maxima: Mapping[Node, Node]) -> Node | None:
    """Return what windows give back to elements, with a mask on what each gives; None for anything else."""
    if given.primitive is not OVERLAP_ADD or given.inputs[0].primitive is not SELECT:
        return None
    chosen, gradient, other = given.inputs[0].inputs
    largest = _largest_chosen(chosen, maxima)
    if largest is None or gradient.primitive is not BROADCAST or not _is_zero(other):
        return None
    windows = largest.inputs[0]
    alike = all(windows.attributes[name] == given.attributes[name] for name in windows.attributes)
    if not alike or gradient.inputs[0].type != largest.type or given.type != windows.inputs[0].type:
        return None
    maxima_there = broadcast(Tensor(largest), gradient.tensor_type.shape, gradient.attributes["axes"])
    of_maxima = _mask_of(mask, windows.inputs[0], maxima_there)
    if of_maxima is None:
        return None
    select = apply(SELECT, (Tensor(chosen), Tensor(gradient) * of_maxima, Tensor(other)))
    return apply(OVERLAP_ADD, (select,), **given.attributes).node


def _largest_chosen(chosen: Node, maxima: Mapping[Node, Node]) -> Node | None:
    """Return the maximum of windows, if a condition holds at the first place of each that has it."""
    if chosen.primitive is not EQUAL or chosen.inputs[1].primitive is not BROADCAST:
        return None
    place, position = chosen.inputs[0], chosen.inputs[1].inputs[0]
    if position.primitive is not ARGMAX:
        return None
    lines = position.inputs[0]
    windows = lines.inputs[0] if lines.primitive is RESHAPE else lines
    largest = maxima.get(windows)
    if largest is None or position.attributes["axis"] != lines.tensor_type.rank - 1:
        return None
    kept = largest.tensor_type.rank
    same = lines.tensor_type.shape[:-1] == largest.tensor_type.shape
    broadcast_over = chosen.inputs[1].attributes["axes"] == tuple(range(kept))
    return largest if same and broadcast_over and _counts_places(place, kept) else None


def _counts_places(node: Node, first: int) -> bool:
    """Return whether each place of a window, from axis `first` on, is numbered in order."""
    sizes = node.tensor_type.shape[first:]
    every = itertools.product(*map(range, sizes))
    return all(_number(node, place, first) == count for count, place in enumerate(every))


def _number(node: Node, place: tuple[int, ...], first: int) -> int | None:
    """Return a whole number that depends on the place within a window alone; None for anything else."""
    if node.primitive is IOTA and node.attributes["axis"] >= first:
        axis: int = node.attributes["axis"]
        return place[axis - first]
    if node.primitive is CONSTANT and node.tensor_type.size == 1:
        return int(node.attributes["value"].item())
    if node.primitive is BROADCAST and node.inputs[0].tensor_type.size == 1:
        return _number(node.inputs[0], (), first)
    if node.primitive in (ADD, MULTIPLY):
        one, other = (_number(each, place, first) for each in node.inputs)
        if one is not None and other is not None:
            return one + other if node.primitive is ADD else one * other
    return None


def _is_zero(node: Node) -> bool:
    source = node.inputs[0] if node.primitive is BROADCAST else node
    single = source.primitive is CONSTANT and source.tensor_type.size == 1
    return single and bool(source.attributes["value"].item() == 0)


def _mask_of(mask: Node, elements: Node, maxima: Tensor) -> Tensor | None:
    """Return for maxima what a mask says of elements: whether they are above or below one number."""
    if mask.primitive is not CAST or mask.inputs[0].primitive not in COMPARISONS:
        return None
    comparison = mask.inputs[0]
    sides = []
    for one in comparison.inputs:
        if one is elements:
            sides.append(maxima)
        elif one.primitive is BROADCAST and one.inputs[0].tensor_type.rank == 0:
            sides.append(broadcast(Tensor(one.inputs[0]), maxima.shape, ()))
        else:
            return None
    return apply(comparison.primitive, tuple(sides)).astype(mask.tensor_type.dtype)
