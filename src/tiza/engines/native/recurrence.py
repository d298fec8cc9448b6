"""Preparation of scans: what is the same in every step is computed before, and every output has one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tiza.engines.native.placement import copied, with_own_parts
from tiza.graph.graph import Graph
from tiza.graph.node import INPUT, Node, constant_node, input_node, rebuild, topological_order
from tiza.graph.tensor import Tensor
from tiza.ops.layout import BROADCAST, RESHAPE, SLICE, reshape, slice_axis
from tiza.ops.scan import ITEM, SCAN, ScanParts, scan_items

VIEWS = (BROADCAST, RESHAPE, SLICE)
"""What moves elements and nothing else: better read where they are used than kept."""


def with_prepared_scans(graph: Graph, prepare_body: Callable[[Graph], Graph]) -> Graph:
    """Return `graph` with every scan in the form that the engine runs.

    It has at least one step. What its body makes of constants alone comes from outside. Every stacked output
    is read. Every output is computed and no two are one node, but that a carry may be stacked too, as it
    leaves a step or as it enters it.

    Args:
        graph: what is computed.
        prepare_body: what is done with a body before.
    """
    read: dict[Node, set[int]] = {}
    for node in graph.nodes:
        if node.primitive is ITEM:
            read.setdefault(node.inputs[0], set()).add(node.attributes["position"])
    items: dict[Node, dict[int, Node]] = {}

    def renew(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.primitive is SCAN:
            body = prepare_body(node.attributes["body"])
            items[node] = _prepared_items(ScanParts(node), inputs, body, sorted(read[node]))
            return node
        return items[node.inputs[0]][node.attributes["position"]] if node.primitive is ITEM else None

    outputs, _ = rebuild(graph.outputs, {}, renew)
    return Graph(graph.inputs, outputs)


def _prepared_items(
    parts: ScanParts, operands: Sequence[Node], body: Graph, read: Sequence[int]
) -> dict[int, Node]:
    """Return what stands for each item that is read of a scan."""
    if parts.length == 0:
        return {at: _without_steps(parts, operands, at) for at in read}
    stacked = list(dict.fromkeys(body.outputs[at] for at in read if at >= parts.carries))
    moving = parts.carries + parts.sequences
    results, outer = _hoisted(body.inputs[:moving], [*body.outputs[: parts.carries], *stacked])
    new, kept = _at_own_places(body.inputs[: parts.carries], results)
    given, _ = rebuild(list(outer.values()), dict(zip(body.inputs, operands, strict=True)))
    items = scan_items(
        [Tensor(one) for one in (*operands[:moving], *given)],
        Graph((*body.inputs[:moving], *outer), (*new, *kept)),
        parts.carries,
        parts.sequences,
        parts.length,
        parts.reverse,
    )
    stacks = dict(zip(stacked, items[parts.carries :], strict=True))
    found: dict[int, Node] = {}
    for at in read:
        if at >= parts.carries:
            found[at] = stacks[body.outputs[at]].node
        elif new[at] in kept:
            found[at] = _last_of(items[parts.carries + kept.index(new[at])], parts).node
        else:
            found[at] = items[at].node
    return found


def _last_of(stack: Tensor, parts: ScanParts) -> Tensor:
    """Return the value of a stack at the step that comes last."""
    last = 0 if parts.reverse else parts.length - 1
    return reshape(slice_axis(stack, 0, last, last + 1), stack.shape[1:])


def _without_steps(parts: ScanParts, operands: Sequence[Node], position: int) -> Node:
    if position < parts.carries:
        return operands[position]
    type_ = parts.body.outputs[position].tensor_type
    return constant_node(np.zeros((0, *type_.shape), type_.dtype))


def _hoisted(moving: Sequence[Node], outputs: Sequence[Node]) -> tuple[tuple[Node, ...], dict[Node, Node]]:
    """Return outputs with stand-ins for what does not depend on `moving`, and what they stand for."""
    order = topological_order(outputs)
    varying = set(moving)
    for node in order:
        if any(one in varying for one in node.inputs):
            varying.add(node)
    used = [one for node in order if node in varying for one in node.inputs] + list(outputs)
    pending = [one for one in used if one not in varying]
    outer: dict[Node, Node] = {}
    while pending:
        node = pending.pop()
        if node.primitive in VIEWS:
            pending.append(node.inputs[0])
        elif node.inputs or node.primitive is INPUT:
            outer.setdefault(node, input_node("outer", node.type, node.provenance))
    results, _ = rebuild(outputs, outer)
    return results, {stand_in: node for node, stand_in in outer.items()}


def _at_own_places(
    entering: Sequence[Node], outputs: Sequence[Node]
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return new carries and stacked outputs, each at its place; a carry that is stacked shares one.

    It shares that of its values as they leave a step, or else that of its values as they enter it.
    """
    new, stacked = outputs[: len(entering)], outputs[len(entering) :]
    stacked_as_entered = {one for one, leaving in zip(entering, new, strict=True) if leaving not in stacked}
    kept = [one if one.inputs or one in stacked_as_entered else copied(one) for one in stacked]
    every = [*kept]
    for node in new:
        shares = node.inputs and node in kept and node not in every[len(kept) :]
        own = node.inputs and node not in every
        every.append(node if shares or own else copied(node))
    placed = with_own_parts(every)
    return placed[len(kept) :], placed[: len(kept)]
