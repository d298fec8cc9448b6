"""A network as passages: where a signal enters an activation, where it leaves, and where it goes on.

A passage is found from provenance alone, so that branches, sums and layers used twice are read like chains.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tiza.calculus.linearization import dependents
from tiza.graph.node import INPUT, Node, topological_order
from tiza.graph.provenance import Role


@dataclass(frozen=True, eq=False)
class Passage:
    """An activation, or a layer without one.

    Attributes:
        name: path of the layer; `dense (2)` where it is used again.
        layer: path of the layer.
        before: what enters the activation, z.
        after: what leaves it, a; `before` itself where there is no activation.
        activation: name of the activation; empty if there is none.
        activation_layer: path of the layer that has it.
        leads_to: names of the passages that read it next.
        is_followed: whether all that becomes of it goes through `leads_to`, and all of z through a.
        is_elementwise: whether each number that leaves depends on the one that enters at the same place only.
    """

    name: str
    layer: str
    before: Node
    after: Node
    activation: str
    activation_layer: str
    leads_to: tuple[str, ...]
    is_followed: bool
    is_elementwise: bool


def passages_of(loss: Node) -> tuple[Passage, ...]:
    """Return the passages on the way to a loss, in the order in which they are computed."""
    order = topological_order([loss])
    ends = _ends(order)
    names = _names(ends)
    leads, loose = _connections(order, loss, ends)
    found = []
    for after, before in ends.items():
        found.append(
            Passage(
                names[after],
                _layer(before, after),
                before,
                after,
                "" if after is before else after.provenance.note or "?",
                after.provenance.layer,
                tuple(names[one] for one in leads.get(after, ())),
                after not in loose and before not in loose and bool(leads.get(after)),
                all(node.primitive.is_elementwise for node in _between(before, after)),
            )
        )
    return tuple(found)


def _layer(before: Node, after: Node) -> str:
    """Return the layer that the numbers of a passage come from."""
    return (before if before.provenance.role is Role.PRE_ACTIVATION else after).provenance.layer


def _ends(order: Sequence[Node]) -> dict[Node, Node]:
    """Return what enters each passage by what leaves it."""
    varying = dependents(order, [one for one in order if one.primitive is INPUT])
    entering = {one: _entering(one, varying) for one in order if _is(one, Role.ACTIVATION)}
    read = list(entering.values())
    # what two activations read has no activation of its own
    pairs = {after: one for after, one in entering.items() if one is not None and read.count(one) == 1}
    entered = set(pairs.values())
    ends: dict[Node, Node] = {}
    for node in order:
        if node in pairs:
            ends[node] = pairs[node]
        elif _is(node, Role.PRE_ACTIVATION) and node not in entered:
            ends[node] = node
    return ends


def _is(node: Node, role: Role) -> bool:
    """Whether a value has a role in its layer; gates and states of one step have it in the recurrence."""
    return node.provenance.role is role and node.provenance.time is None


def _entering(activation: Node, varying: Collection[Node]) -> Node | None:
    """Return the only value of another layer, or named in this one, that an activation is made of.

    What does not vary with any input, such as a row of zeros, is part of the activation.
    """
    found: dict[Node, None] = {}
    pending = list(activation.inputs)
    seen: set[Node] = set()
    while pending:
        node = pending.pop()
        if node in seen or node not in varying:
            continue
        seen.add(node)
        if _is_parameter(node):
            continue
        marked = _is(node, Role.PRE_ACTIVATION) or _is(node, Role.ACTIVATION)
        if marked or node.primitive is INPUT or node.provenance.layer != activation.provenance.layer:
            found[node] = None
        else:
            pending += node.inputs
    alike = [one for one in found if one.type == activation.type]
    return alike[0] if len(found) == len(alike) == 1 else None


def _is_parameter(node: Node) -> bool:
    return node.primitive is INPUT and node.provenance.role in (Role.PARAMETER, Role.STATE)


def _names(ends: Mapping[Node, Node]) -> dict[Node, str]:
    names: dict[Node, str] = {}
    times: dict[str, int] = {}
    for after, before in ends.items():
        layer = _layer(before, after)
        times[layer] = times.get(layer, 0) + 1
        names[after] = layer if times[layer] == 1 else f"{layer} ({times[layer]})"
    return names


def _connections(
    order: Sequence[Node], loss: Node, ends: Mapping[Node, Node]
) -> tuple[dict[Node, list[Node]], set[Node]]:
    """Return which passages each leads to, and the values that go on some other way as well."""
    entered = {before: after for after, before in ends.items()}
    inside = {node for after, before in ends.items() for node in _between(before, after)}
    sources: dict[Node, set[Node]] = {}
    leads: dict[Node, list[Node]] = {}
    for node in order:
        arriving = set() if node in inside else set().union(*(sources.get(one, set()) for one in node.inputs))
        if node in entered:
            # one activation may stand behind another
            for source in arriving or ({node} if node in inside else set()):
                leads.setdefault(source, []).append(entered[node])
        sources[node] = {node} if node in ends or node in entered else arriving
    loose = set(sources.get(loss, ()))
    for before, after in entered.items():
        # z that is read by more than its own activation
        if before is not after and leads.get(before, []) != ([after] if before in ends else []):
            loose.add(before)
    return leads, loose


def _between(before: Node, after: Node) -> list[Node]:
    """Return the nodes that lead from z to a, without z."""
    if before is after:
        return []
    order = _order_until(before, after)
    passing = dependents(order, [before])
    return [node for node in order if node in passing and node is not before]


def _order_until(before: Node, after: Node) -> list[Node]:
    """Return what `after` is made of down to `before`, inputs first."""
    found: list[Node] = []
    stack, seen = [(after, False)], {before}
    while stack:
        node, ready = stack.pop()
        if ready:
            found.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if node.provenance.layer == after.provenance.layer:
                stack += [(one, False) for one in node.inputs]
    return found
