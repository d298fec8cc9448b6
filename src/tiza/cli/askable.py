"""Which numbers of a network can be explained, layer by layer, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names, has_samples
from tiza.blackboard.targets import WHOLE_STEP
from tiza.graph.node import Node
from tiza.graph.provenance import Provenance, Role
from tiza.language import translate

_OF_LAYERS = (Role.PARAMETER, Role.STATE, Role.PRE_ACTIVATION, Role.ACTIVATION)
"""Roles of what a layer has; the state of training is no layer's."""
_OF_STEP = (Role.INPUT, Role.TARGET, Role.LOSS, Role.PENALTY)


def askable_text(names: Names) -> str:
    """Return the numbers that there are, grouped, and what else can be asked of them."""
    return "\n".join(_lines(names))


def _lines(names: Names) -> Iterator[str]:
    yield translate("What can be asked for with --target:")
    groups: dict[str, dict[Provenance, list[Node]]] = {}
    for node in names.of:
        known = node.provenance
        if known.of is None and (known.role in _OF_STEP or (known.layer and known.role in _OF_LAYERS)):
            groups.setdefault(known.layer, {}).setdefault(replace(known, time=None), []).append(node)
    told = {
        layer: [text for nodes in quantities.values() for text in _ranges(names, nodes)]
        for layer, quantities in groups.items()
    }
    rows = [_row(layer, told[layer]) for layer in sorted(told, key=lambda one: not one)]  # data and loss last
    width = max(len(head) for head, _ in rows)
    for head, quantities in rows:
        yield f"  {head.ljust(width)}{', '.join(quantities)}"
    weight = next((one for one in names.of if one.provenance.role is Role.PARAMETER), None)
    if weight is None:
        return
    name = names.element(Element(weight, (0,) * len(weight.tensor_type.shape)))
    layer = weight.provenance.layer
    unit = next((one for one in names.of if _is_unit(one, layer)), None)
    yield translate("A derivative of the loss has grad before the name, a new value new:")
    asked = [f'"grad {name}"', f'"new {name}"']
    if unit is not None:
        asked.insert(1, f'"grad {_first(names, unit)}"')
    yield f"  {', '.join(asked)}"
    yield translate("All new weights at once: {target}", target=WHOLE_STEP)


def _row(layer: str, quantities: list[str]) -> tuple[str, list[str]]:
    """Return the beginning that all names have, and the rest of them; a notation may have none in common."""
    start = f"{layer}."
    if layer and all(one.startswith(start) for one in quantities):
        return start, [one.removeprefix(start) for one in quantities]
    return "", quantities


def _is_unit(node: Node, layer: str) -> bool:
    known = node.provenance
    return known.layer == layer and known.role is Role.PRE_ACTIVATION and known.of is None


def _ranges(names: Names, nodes: list[Node]) -> Iterator[str]:
    """Yield the name of a quantity with its first and its last index; in a loop, of all steps."""
    if any(one.provenance.time is None for one in nodes):
        yield from (_range(names, one, one) for one in nodes)
    else:
        in_order = sorted(nodes, key=lambda one: one.provenance.time or 0)
        yield _range(names, in_order[0], in_order[-1])


def _range(names: Names, from_node: Node, to_node: Node) -> str:
    """Return the name of a quantity with its first and its last index."""
    first, last = _first(names, from_node), _at_end(names, to_node)
    return first if first == last else f"{first} … {last[last.index('[') :]}"


def _first(names: Names, node: Node) -> str:
    return names.element(Element(node, (0,) * len(node.tensor_type.shape)))


def _at_end(names: Names, node: Node) -> str:
    shape = node.tensor_type.shape
    last = tuple(size - 1 for size in shape)
    return names.element(Element(node, (0, *last[1:]) if has_samples(node, names.rows) else last))
