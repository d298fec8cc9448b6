"""Rewriting that keeps the meaning and removes overflow: logarithms of softmax and sigmoid.

It is done to the canonical graph before it is differentiated, and noted in provenance; nothing is clipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tiza.graph.node import CONSTANT, Node, rebuild
from tiza.graph.tensor import Tensor, apply
from tiza.ops.elementwise import (
    DIVIDE,
    EXP,
    IDENTITY,
    LOG,
    SELECT,
    SIGMOID,
    SUBTRACT,
    log,
    negative,
    softplus,
    where,
)
from tiza.ops.layout import BROADCAST, RESHAPE, reshape


def stabilize(outputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return `outputs` with log(softmax(z)) as log_softmax(z), and log(sigmoid(z)) by softplus.

    Example:
        >>> import tiza as tz
        >>> graph = tz.trace(lambda z: tz.ops.log(tz.ops.sigmoid(z)), -1000.0)
        >>> from tiza.graph.graph import Graph
        >>> tz.evaluate(Graph(graph.inputs, stabilize(graph.outputs)), -1000.0)
        -1000.0
    """
    renewed, _ = rebuild(outputs, {}, _stable_logarithm)
    return renewed


def _stable_logarithm(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    if node.primitive is not LOG:
        return None
    stable = _logarithm_of(inputs[0])
    if stable is None:
        return None
    value, note = stable
    made = value.node
    known = replace(node.provenance, note=note)
    return Node(made.primitive, made.inputs, made.attributes, made.type, known)


def _logarithm_of(node: Node) -> tuple[Tensor, str] | None:
    """Return the logarithm of `node` without overflow, and its name, where one is known."""
    rule = _RULES.get(node.primitive.name)
    return rule(node) if rule else None


def _of_sigmoid(node: Node) -> tuple[Tensor, str] | None:
    return negative(softplus(negative(Tensor(node.inputs[0])))), "log_sigmoid"


def _of_quotient(node: Node) -> tuple[Tensor, str] | None:
    numerator, denominator = node.inputs
    if numerator.primitive is not EXP:
        return None
    return Tensor(numerator.inputs[0]) - _logarithm_inside(denominator), "log_softmax"


def _logarithm_inside(node: Node) -> Tensor:
    """Return the logarithm of a repeated value, taken before it is repeated."""
    if node.primitive in (BROADCAST, RESHAPE):
        return apply(node.primitive, (_logarithm_inside(node.inputs[0]),), **node.attributes)
    return log(Tensor(node))


def _of_difference(node: Node) -> tuple[Tensor, str] | None:
    left, right = node.inputs
    if not _is_one(left):
        return None
    source = right
    while source.primitive in (IDENTITY, RESHAPE):
        source = source.inputs[0]
    if source.primitive is not SIGMOID:
        return None
    entering = reshape(Tensor(source.inputs[0]), right.tensor_type.shape)
    return negative(softplus(entering)), "log_sigmoid"


def _is_one(node: Node) -> bool:
    while node.primitive is BROADCAST:
        node = node.inputs[0]
    return node.primitive is CONSTANT and bool(np.all(node.attributes["value"] == 1))


def _of_choice(node: Node) -> tuple[Tensor, str] | None:
    condition, first, second = node.inputs
    stable = _logarithm_of(second)
    if stable is None or not _is_one(first):
        return None
    value, note = stable
    return where(Tensor(condition), 0.0, value), note


def _of_identity(node: Node) -> tuple[Tensor, str] | None:
    return _logarithm_of(node.inputs[0])


def _of_reshape(node: Node) -> tuple[Tensor, str] | None:
    stable = _logarithm_of(node.inputs[0])
    if stable is None:
        return None
    value, note = stable
    return apply(RESHAPE, (value,), **node.attributes), note


_RULES: dict[str, Callable[[Node], tuple[Tensor, str] | None]] = {
    SIGMOID.name: _of_sigmoid,
    DIVIDE.name: _of_quotient,
    SUBTRACT.name: _of_difference,
    SELECT.name: _of_choice,
    IDENTITY.name: _of_identity,
    RESHAPE.name: _of_reshape,
}
