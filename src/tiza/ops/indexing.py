"""Reading and adding at traced indices: gather and its transpose, scatter-add."""

from __future__ import annotations

from tiza.errors import DTypeError, ShapeError
from tiza.graph.access import AccessRule, Axis, Index, Lookup, Read, Value, axis_index
from tiza.graph.node import Node
from tiza.graph.primitive import Attributes, Example, Linear, Operand, Primitive, register
from tiza.graph.tensor import Tensor, TensorLike, apply, as_tensor, operation
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.axes import normalize_axis
from tiza.ops.layout import iota, reshape

INT32 = as_dtype("int32")


def _check_indices(type_: TensorType) -> None:
    if type_.dtype != INT32:
        raise DTypeError(f"indices are {type_.dtype}, expected int32; convert with .astype('int32').")


def _gather_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    source, indices = types
    _check_indices(indices)
    axis = normalize_axis(attributes["axis"], source.rank)
    return source.with_shape((*source.shape[:axis], *indices.shape, *source.shape[axis + 1 :]))


def _gather_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    axis, rank, count = attributes["axis"], operands[0].rank, operands[1].rank
    where_indices = tuple(axis_index(axis + position) for position in range(count))
    before: list[Index | Lookup] = [axis_index(at) for at in range(axis)]
    after = [axis_index(at + count - 1) for at in range(axis + 1, rank)]
    source = Read((*before, Lookup(1, where_indices), *after))
    return AccessRule(tuple(Axis(size) for size in result.shape), (source, Read(where_indices)), Value(0))


def _gather_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    axis = node.attributes["axis"]
    size = node.inputs[0].tensor_type.shape[axis]
    return apply(SCATTER_ADD, (cotangent, Tensor(node.inputs[1])), axis=axis, size=size)


def _indices_operand(size: int, *shape: int) -> Operand:
    return Operand(TensorType(shape, INT32), 0, size)


def _operand(*shape: int) -> Operand:
    return Operand(TensorType(shape, as_dtype("float64")))


GATHER = register(
    Primitive(
        "gather",
        _gather_type,
        Linear(_gather_back, operands=(0,)),
        _gather_access,
        ("axis",),
        examples=(
            Example((_operand(4, 3), _indices_operand(4, 5)), {"axis": 0}),
            Example((_operand(2, 5, 3), _indices_operand(5, 2, 2)), {"axis": 1}),
            Example((_operand(4), _indices_operand(4)), {"axis": 0}),
        ),
    )
)


def _scatter_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    updates, indices = types
    _check_indices(indices)
    axis = attributes["axis"]
    if updates.shape[axis : axis + indices.rank] != indices.shape:
        raise ShapeError(f"updates have shape {updates.shape}, expected {indices.shape} from axis {axis} on.")
    rest = updates.shape[axis + indices.rank :]
    return updates.with_shape((*updates.shape[:axis], attributes["size"], *rest))


def _scatter_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    axis, indices = attributes["axis"], operands[1]
    added = tuple(axis_index(result.rank + position) for position in range(indices.rank))
    before = tuple(axis_index(at) for at in range(axis))
    after = tuple(axis_index(at) for at in range(axis + 1, result.rank))
    hits = ((Lookup(1, added), axis_index(axis)),)
    space = (
        *(Axis(size) for size in result.shape),
        *(Axis(size, reduced=True) for size in indices.shape),
    )
    return AccessRule(space, (Read((*before, *added, *after), hits), Read(added)), Value(0), "sum")


def _scatter_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    return apply(GATHER, (cotangent, Tensor(node.inputs[1])), axis=node.attributes["axis"])


SCATTER_ADD = register(
    Primitive(
        "scatter_add",
        _scatter_type,
        Linear(_scatter_back, operands=(0,)),
        _scatter_access,
        ("axis", "size"),
        examples=(
            Example((_operand(5, 3), _indices_operand(4, 5)), {"axis": 0, "size": 4}),
            Example((_operand(2, 2, 2, 3), _indices_operand(5, 2, 2)), {"axis": 1, "size": 5}),
        ),
    )
)


@operation
def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Tensor:
    """Return the slices of x at `indices` (int32) along `axis`; None takes from all elements in row order.

    Indices count from 0 and are checked when the graph runs.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.take([10.0, 20.0, 30.0], [2, 0]))
        array([30., 10.])
    """
    value = as_tensor(x)
    if axis is None:
        value, axis = reshape(value, (-1,)), 0
    return apply(GATHER, (value, _indices(indices)), axis=normalize_axis(axis, value.ndim))


@operation
def scatter_add(updates: TensorLike, indices: TensorLike, size: int, axis: int = 0) -> Tensor:
    """Return zeros of `size` along `axis` with each update added at its index: the transpose of `take`."""
    value, at = as_tensor(updates), _indices(indices)
    at_axis = normalize_axis(axis, value.ndim - at.ndim + 1)
    return apply(SCATTER_ADD, (value, at), axis=at_axis, size=size)


def _indices(values: TensorLike) -> Tensor:
    """Return `values` as indices; NumPy's own whole numbers, which are int64, are converted."""
    at = as_tensor(values)
    concrete = not isinstance(values, Tensor) and at.dtype == as_dtype("int64")
    return at.astype(INT32) if concrete else at


@operation
def one_hot(indices: TensorLike, depth: int, dtype: object = "float32") -> Tensor:
    """Return vectors with a 1 at each index and 0 elsewhere, along a new last axis."""
    from_indices = as_tensor(indices)
    labels = iota((*from_indices.shape, depth), from_indices.ndim)
    spread = from_indices.astype(INT32).reshape((*from_indices.shape, 1))
    return (labels == spread).astype(dtype)
