"""The derivative of one node, forwards and backwards, from what its primitive states."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.calculus.emission import total, zeros_of
from tiza.errors import DerivativeError
from tiza.graph.node import Node, input_node, topological_order
from tiza.graph.primitive import Elementwise, Linear, Linearized, NoDerivative
from tiza.graph.tensor import Tensor, apply
from tiza.ops.elementwise import CAST, negative

Tangents = tuple[Tensor | None, ...]


def varies(node: Node) -> bool:
    """Return whether a derivative passes through `node` at all."""
    if isinstance(node.primitive.derivative, NoDerivative):
        return False
    return not isinstance(node.type, tuple) and _is_float(node)


def _is_float(node: Node) -> bool:
    return getattr(node.type, "is_float", True)


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


def _times(partial: Tensor | float, varying: Tensor, node: Node) -> Tensor | None:
    """Return partial * varying, in the dtype of `node`, without products by 0, 1 and -1."""
    if not isinstance(partial, Tensor):
        if partial == 0.0:
            return None
        scaled = varying if partial == 1.0 else negative(varying) if partial == -1.0 else varying * partial
        return scaled
    product: Tensor = varying * partial
    return product


def _elementwise_tangent(node: Node, derivative: Elementwise, tangents: Tangents) -> Tensor | None:
    parts = []
    for position, tangent in enumerate(tangents):
        if tangent is None:
            continue
        partial = _partial(node, derivative, position)
        if node.primitive is CAST:
            parts.append(tangent.astype(node.tensor_type.dtype))
        elif partial is not None:
            term = _times(partial, tangent, node)
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
            tangent if tangent is not None else zeros_of(one)
            for tangent, one in zip(tangents, node.inputs, strict=True)
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
    """Return the cotangent of each input of `node` that is wanted, given that of `node`; None where it is zero."""
    derivative = node.primitive.derivative
    if isinstance(derivative, Linearized):
        return _transposed_tangent(node, derivative, cotangent, wanted)
    return tuple(
        _cotangent(node, cotangent, position) if want else None for position, want in enumerate(wanted)
    )


def _cotangent(node: Node, cotangent: Tensor, position: int) -> Tensor | None:
    derivative = node.primitive.derivative
    if node.primitive is CAST:
        return cotangent.astype(node.inputs[0].tensor_type.dtype)
    if isinstance(derivative, Elementwise):
        partial = _partial(node, derivative, position)
        return None if partial is None else _times(partial, cotangent, node)
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
    varying: set[Node] = set(own)
    order = topological_order((output,))
    for node in order:
        if any(one in varying for one in node.inputs):
            varying.add(node)
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
