"""The derivative of one node, forwards and backwards, from what its primitive states."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.calculus.emission import total, zeros_of
from tiza.errors import DerivativeError
from tiza.graph.node import Node, input_node, topological_order
from tiza.graph.primitive import Elementwise, Linear, Linearized, NoDerivative
from tiza.graph.tensor import Tensor, apply
from tiza.graph.tensor_type import TupleType
from tiza.ops.elementwise import negative

Tangents = tuple[Tensor | None, ...]


def varies(node: Node) -> bool:
    """Return whether a derivative passes through `node` at all."""
    if isinstance(node.primitive.derivative, NoDerivative):
        return False
    return isinstance(node.type, TupleType) or node.type.is_float


def dependents(order: Sequence[Node], wrt: Sequence[Node]) -> set[Node]:
    """Return the nodes of `order` through which a derivative with respect to `wrt` passes."""
    found: set[Node] = set(wrt)
    for node in order:
        if varies(node) and any(one in found for one in node.inputs):
            found.add(node)
    return found


def tangent_of(node: Node, tangents: Tangents) -> Tensor | None:
    """Return the tangent of `node`, given those of its inputs (None where they do not vary)."""
    if all(one is None for one in tangents):
        return None
    derivative = node.primitive.derivative
    if isinstance(derivative, Elementwise):
        return _elementwise_tangent(node, derivative, tangents)
    if isinstance(derivative, Linear):
        return _linear_tangent(node, derivative, tangents)
    if isinstance(derivative, Linearized):
        return derivative.tangent(node, tangents)
    raise DerivativeError(
        f"{node.primitive.name} has no derivative rule of its own; it needs a pass in calculus."
    )


def _partial(node: Node, derivative: Elementwise, position: int) -> Tensor | float | None:
    partial = derivative.partials[position]
    if partial is None:
        return None
    return partial(*map(Tensor, node.inputs), Tensor(node))


def _times(partial: Tensor | float, varying: Tensor) -> Tensor | None:
    """Return partial * varying, without products by 0, 1 and -1; None where it is 0."""
    if isinstance(partial, Tensor) or partial not in (0.0, 1.0, -1.0):
        return varying * partial
    if partial == 0.0:
        return None
    return varying if partial == 1.0 else negative(varying)


def _elementwise_tangent(node: Node, derivative: Elementwise, tangents: Tangents) -> Tensor | None:
    parts = []
    for position, tangent in enumerate(tangents):
        if tangent is None:
            continue
        partial = _partial(node, derivative, position)
        term = None if partial is None else _times(partial, tangent)
        if term is not None:
            parts.append(term)
    return total(parts) if parts else None


def _linear_positions(node: Node, derivative: Linear) -> tuple[int, ...]:
    return derivative.operands if derivative.operands is not None else tuple(range(len(node.inputs)))


def _linear_tangent(node: Node, derivative: Linear, tangents: Tangents) -> Tensor | None:
    positions = _linear_positions(node, derivative)
    operands = [Tensor(one) for one in node.inputs]
    if derivative.jointly:
        moved = [
            one if at not in positions else tangent if tangent is not None else zeros_of(one.node)
            for at, (tangent, one) in enumerate(zip(tangents, operands, strict=True))
        ]
        return apply(node.primitive, moved, **node.attributes)
    parts = []
    for position in positions:
        tangent = tangents[position]
        if tangent is not None:
            replaced = [tangent if at == position else one for at, one in enumerate(operands)]
            parts.append(apply(node.primitive, replaced, **node.attributes))
    return total(parts) if parts else None


def cotangents_of(node: Node, cotangent: Tensor, wanted: Sequence[bool]) -> Tangents:
    """Return the cotangent of each wanted input of `node`, given that of `node`; None where it is zero."""
    derivative = node.primitive.derivative
    if isinstance(derivative, Linearized):
        return _transposed_tangent(node, derivative, cotangent, wanted)
    return tuple(
        _cotangent(node, cotangent, position) if want else None for position, want in enumerate(wanted)
    )


def _cotangent(node: Node, cotangent: Tensor, position: int) -> Tensor | None:
    derivative = node.primitive.derivative
    if isinstance(derivative, Elementwise):
        partial = _partial(node, derivative, position)
        return None if partial is None else _times(partial, cotangent)
    if isinstance(derivative, Linear):
        if position not in _linear_positions(node, derivative):
            return None
        return derivative.transpose(cotangent, node, position)
    raise DerivativeError(
        f"{node.primitive.name} has no derivative rule of its own; it needs a pass in calculus."
    )


def _transposed_tangent(
    node: Node, derivative: Linearized, cotangent: Tensor, wanted: Sequence[bool]
) -> Tangents:
    """Return the transpose of the linear map from tangents to tangent that the primitive states."""
    seeds = [
        input_node("tangent", one.type) if want else None
        for one, want in zip(node.inputs, wanted, strict=True)
    ]
    tangent = derivative.tangent(node, tuple(Tensor(seed) if seed else None for seed in seeds))
    linear = transpose_linear(tangent.node, cotangent, [seed for seed in seeds if seed])
    found = iter(linear)
    return tuple(next(found) if seed else None for seed in seeds)


def transpose_linear(output: Node, cotangent: Tensor, inputs: Sequence[Node]) -> list[Tensor | None]:
    """Return the cotangents of `inputs`, of which `output` is a linear function."""
    own = set(inputs)
    order = topological_order((output,))
    varying = dependents(order, inputs)
    arriving: dict[Node, list[Tensor]] = {output: [cotangent]}
    for node in reversed(order):
        if node in own or node not in varying or node not in arriving:
            continue
        wanted = [one in varying for one in node.inputs]
        for one, part in zip(
            node.inputs, cotangents_of(node, total(arriving.pop(node)), wanted), strict=True
        ):
            if part is not None:
                arriving.setdefault(one, []).append(part)
    return [total(arriving[one]) if one in arriving else None for one in inputs]
