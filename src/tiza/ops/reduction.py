"""Reductions: sum, maximum and the position of the maximum over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiza.errors import DTypeError, ShapeError
from tiza.graph.access import AccessRule, Axis, Read, Value, axis_index
from tiza.graph.node import Node
from tiza.graph.primitive import (
    AccessRuleMaker,
    Attributes,
    Example,
    Linear,
    Linearized,
    NoDerivative,
    Operand,
    Primitive,
    register,
)
from tiza.graph.tensor import Tensor, TensorLike, apply, as_tensor, operation
from tiza.graph.tensor_type import BOOLEAN, FLOAT_DTYPES, TensorType, as_dtype
from tiza.ops.axes import normalize_axes, normalize_axis, without_axes
from tiza.ops.elementwise import bitwise_not, equal, negative, not_equal, where
from tiza.ops.layout import broadcast, iota, reshape

Axes = int | Sequence[int] | None


def _reduced_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    axes = normalize_axes(attributes["axes"], types[0].rank)
    if types[0].dtype == BOOLEAN:
        raise DTypeError("operand is bool, expected a number; convert with .astype('int32').")
    return types[0].with_shape(without_axes(types[0].shape, axes))


def _not_empty(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    for axis in normalize_axes(attributes["axes"], types[0].rank):
        if types[0].shape[axis] == 0:
            raise ShapeError(f"axis {axis} has size 0 and so no maximum; give at least one element.")
    return _reduced_type(types, attributes)


def _reduced_access(reduction: str) -> AccessRuleMaker:
    def access(operands: tuple[TensorType, ...], attributes: Attributes, _result: TensorType) -> AccessRule:
        shape, axes = operands[0].shape, attributes["axes"]
        kept = [axis for axis in range(len(shape)) if axis not in axes]
        place = {axis: position for position, axis in enumerate((*kept, *axes))}
        space = [Axis(shape[axis]) for axis in kept] + [Axis(shape[axis], reduced=True) for axis in axes]
        read = Read(tuple(axis_index(place[axis]) for axis in range(len(shape))))
        return AccessRule(tuple(space), (read,), Value(0), reduction)

    return access


def _matrix_examples() -> tuple[Example, ...]:
    operand = Operand(TensorType((2, 3, 4), as_dtype("float64")))
    line = Operand(TensorType((4,), as_dtype("float64")))
    matrices = tuple(Example((operand,), {"axes": axes}) for axes in ((1,), (0, 2), (0, 1, 2)))
    return (*matrices, Example((line,), {"axes": (0,)}))


def _spread(cotangent: Tensor, node: Node) -> Tensor:
    """Return `cotangent` repeated along the axes that `node` reduced."""
    shape = node.inputs[0].tensor_type.shape
    kept = tuple(axis for axis in range(len(shape)) if axis not in node.attributes["axes"])
    return broadcast(cotangent, shape, kept)


def _sum_transpose(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    return _spread(cotangent, node)


def _first_maximum(node: Node) -> Tensor:
    """Return where the first maximum of each group stands, as booleans of the operand's shape."""
    operand, axes = Tensor(node.inputs[0]), node.attributes["axes"]
    kept = tuple(axis for axis in range(operand.ndim) if axis not in axes)
    lines = operand.transpose(*kept, *axes).reshape(
        (*(operand.shape[axis] for axis in kept), math.prod(operand.shape[axis] for axis in axes))
    )
    place = iota(operand.shape, axes[0])
    for axis in axes[1:]:
        place = place * operand.shape[axis] + iota(operand.shape, axis)
    return equal(place, broadcast(argmax(lines, axis=-1), operand.shape, kept))


def _max_tangent(node: Node, tangents: tuple[Tensor | None, ...]) -> Tensor:
    (tangent,) = tangents
    assert tangent is not None
    return sum(where(_first_maximum(node), tangent, 0.0), axis=node.attributes["axes"])


SUM = register(
    Primitive(
        "sum",
        _reduced_type,
        Linear(_sum_transpose),
        _reduced_access("sum"),
        ("axes",),
        examples=_matrix_examples(),
    )
)
MAX = register(
    Primitive(
        "max",
        _not_empty,
        Linearized(_max_tangent),
        _reduced_access("max"),
        ("axes",),
        examples=_matrix_examples(),
    )
)


def _argmax_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    return _not_empty(types, {"axes": (attributes["axis"],)}).with_dtype("int32")


def _argmax_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    return _reduced_access("argmax")(operands, {"axes": (attributes["axis"],)}, result)


ARGMAX = register(
    Primitive(
        "argmax",
        _argmax_type,
        NoDerivative("its result is an integer"),
        _argmax_access,
        ("axis",),
        examples=(Example((Operand(TensorType((2, 3, 4), as_dtype("float64"))),), {"axis": 1}),),
    )
)


def _reduce(primitive: Primitive, x: TensorLike, axis: Axes, keepdims: bool) -> Tensor:
    value = as_tensor(x)
    axes = normalize_axes(axis, value.ndim)
    result = apply(primitive, (value,), axes=axes) if axes else value
    if not keepdims:
        return result
    kept = tuple(1 if position in axes else size for position, size in enumerate(value.shape))
    return reshape(result, kept)


_SUMMED_AS = {BOOLEAN: as_dtype("int32"), as_dtype("uint8"): as_dtype("uint32")}
"""Dtypes too narrow for a sum of their own values."""


@operation
def sum(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the sum over `axis`, all axes if None; booleans are counted, bytes summed as uint32.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.sum([[1.0, 2.0], [3.0, 4.0]], axis=0))
        array([4., 6.])
    """
    value = as_tensor(x)
    wide = _SUMMED_AS.get(value.dtype)
    return _reduce(SUM, value.astype(wide) if wide else value, axis, keepdims)


@operation
def max(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the maximum over `axis`; its gradient goes to the first maximum."""
    return _reduce(MAX, x, axis, keepdims)


@operation
def min(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the minimum over `axis`; its gradient goes to the first minimum."""
    value = as_tensor(x)
    # of whole numbers the least has no opposite, and those without a sign have none at all
    turned = negative if value.dtype in FLOAT_DTYPES else bitwise_not
    return turned(max(turned(value), axis, keepdims=keepdims))


@operation
def mean(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the mean over `axis`: the sum divided by the number of elements."""
    value = as_tensor(x)
    if value.dtype not in FLOAT_DTYPES:
        raise DTypeError(f"mean: got {value.dtype}, expected a float; convert with .astype('float32').")
    count = math.prod(value.shape[axis] for axis in normalize_axes(axis, value.ndim))
    if count == 0:
        raise ShapeError(
            f"mean: shape {value.shape} has no elements to average over axis {axis}; give at least one."
        )
    return sum(value, axis, keepdims=keepdims) / float(count)


@operation
def argmax(x: TensorLike, axis: int | None = None) -> Tensor:
    """Return the position of the first maximum along `axis` (of all elements if None), int32."""
    value = as_tensor(x)
    if axis is None:
        value, axis = reshape(value, (-1,)), 0
    return apply(ARGMAX, (value,), axis=normalize_axis(axis, value.ndim))


@operation
def any(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return whether any element along `axis` is true, or not 0."""
    value = as_tensor(x)
    true = value if value.dtype == BOOLEAN else not_equal(value, 0)
    return not_equal(sum(true, axis, keepdims=keepdims), 0)


@operation
def all(x: TensorLike, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return whether every element along `axis` is true, or not 0."""
    value = as_tensor(x)
    false = bitwise_not(value) if value.dtype == BOOLEAN else equal(value, 0)
    return bitwise_not(any(false, axis, keepdims=keepdims))
