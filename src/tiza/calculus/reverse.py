"""Reverse mode: cotangents come back from the outputs, the ones of a value summed over its uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiza.calculus.emission import derivative_provenance, quantity, renamed, total
from tiza.calculus.linearization import cotangents_of, dependents
from tiza.calculus.loops import scan_cotangents, with_residuals
from tiza.calculus.partition import sum_of_parts
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Provenance, Role, provenance
from tiza.graph.tensor import Tensor
from tiza.ops.scan import ITEM, SCAN


def cotangents(
    outputs: Sequence[Node], given: Sequence[Tensor], wrt: Sequence[Node], name: str = ""
) -> list[Tensor | None]:
    """Return the cotangent of each node in `wrt`, given those of `outputs`; None where it is zero.

    Args:
        outputs: nodes whose cotangents are given; no scan below them may lack its residuals
            (`prepare` adds them).
        given: one cotangent an output.
        wrt: nodes to differentiate with respect to.
        name: what is differentiated, for provenance (`loss` if empty).
    """
    order = topological_order(outputs)
    passing = dependents(order, wrt)
    arriving: dict[Node, list[Tensor]] = {}
    through: dict[Node, dict[int, Tensor]] = {}
    for node, cotangent in zip(outputs, given, strict=True):
        if node in passing:
            arriving.setdefault(node, []).append(cotangent)
    found: dict[Node, Tensor] = {}
    for node in reversed(order):
        if node.primitive is SCAN and node in through:
            wanted = [one in passing for one in node.inputs]
            parts: Sequence[Tensor | None] = scan_cotangents(node, through.pop(node), wanted, cotangents)
        elif node not in arriving:
            continue
        else:
            cotangent = found[node] = _arrived(node, arriving.pop(node), name)
            if node.primitive is ITEM:
                items, position = through.setdefault(node.inputs[0], {}), node.attributes["position"]
                # several nodes may stand for one item
                items[position] = total([items[position], cotangent]) if position in items else cotangent
                continue
            wanted = [one in passing for one in node.inputs]
            with provenance(layer=node.provenance.layer):
                parts = cotangents_of(node, cotangent, wanted) if any(wanted) else [None] * len(wanted)
        for one, part in zip(node.inputs, parts, strict=True):
            if part is not None:
                arriving.setdefault(one, []).append(_through(part, one, node, name))
    return [found.get(node) for node in wrt]


def _arrived(node: Node, parts: Sequence[Tensor], name: str) -> Tensor:
    """Return the sum of what came back to `node`, named as the derivative with respect to it."""
    named = derivative_provenance(node, Role.GRADIENT, name)
    if len(parts) == 1:
        return _without_path(parts[0], named)
    with provenance(layer=node.provenance.layer):
        return renamed(sum_of_parts(parts), named)


def _without_path(part: Tensor, named: Provenance) -> Tensor:
    """Return the only summand of a cotangent as the cotangent."""
    node = part.node
    if named.is_named and replace(node.provenance, path="") == named:
        return Tensor(Node(node.primitive, node.inputs, node.attributes, node.type, named))
    return renamed(part, named)


def _through(part: Tensor, node: Node, consumer: Node, name: str) -> Tensor:
    """Return one summand of the cotangent of `node`, named by the quantity it came back through."""
    named = derivative_provenance(node, Role.GRADIENT, name)
    if not named.is_named or part.node.provenance.is_named:
        return part
    return renamed(part, replace(named, path=quantity(consumer).label or consumer.primitive.name))


def prepare(outputs: Sequence[Node], wrt: Sequence[Node]) -> tuple[Node, ...]:
    """Return `outputs` with every scan that a derivative passes through keeping what its way back needs."""
    return with_residuals(outputs, wrt, cotangents)


def gradients(
    output: Node, wrt: Sequence[Node], seed: Tensor, name: str = ""
) -> tuple[Node, list[Tensor | None]]:
    """Return `output`, with residuals kept where needed, and its gradients with respect to `wrt`."""
    ready, _, found = gradients_beside(output, (), wrt, seed, name)
    return ready, found


def gradients_beside(
    output: Node, others: Sequence[Node], wrt: Sequence[Node], seed: Tensor, name: str = ""
) -> tuple[Node, list[Node], list[Tensor | None]]:
    """Return `output` and other nodes, with residuals kept where needed, and the gradients of `output`.

    Other nodes that a loop leads to, too, are then made by the loop that keeps them, not by another.
    """
    # `wrt` too: one that a loop leads to is made anew
    ready, *renewed = prepare((output, *others, *wrt), wrt)
    beside, points = renewed[: len(others)], renewed[len(others) :]
    return ready, beside, cotangents((ready,), (seed,), points, name)
