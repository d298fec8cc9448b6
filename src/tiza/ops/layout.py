"""Layout primitives: they move elements and compute nothing, so each is linear and has a transpose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from operator import index
from typing import Any

import numpy as np

from tiza.errors import DTypeError, ShapeError
from tiza.graph.access import (
    AccessRule,
    Axis,
    FirstPresent,
    Index,
    Position,
    Read,
    Value,
    axis_index,
)
from tiza.graph.node import Node
from tiza.graph.primitive import Attributes, Example, Linear, NoDerivative, Operand, Primitive, register
from tiza.graph.tensor import (
    Tensor,
    TensorLike,
    apply,
    as_tensor,
    as_tensors,
    operation,
)
from tiza.graph.tensor import broadcast_to as stretch
from tiza.graph.tensor_type import (
    FLOAT_DTYPES,
    INTEGER_DTYPES,
    Shape,
    TensorType,
    as_dtype,
    broadcast_shapes,
)
from tiza.ops.axes import normalize_axes, normalize_axis


def _operand(*shape: int) -> Operand:
    return Operand(TensorType(shape, as_dtype("float64")))


def _space(shape: Sequence[int]) -> tuple[Axis, ...]:
    return tuple(Axis(size) for size in shape)


def _moved(result: TensorType, indices: Sequence[Index]) -> AccessRule:
    return AccessRule(_space(result.shape), (Read(tuple(indices)),), Value(0))


# transpose: out[i0, i1, ...] = x[...], axis `a` of x is axis permutation.index(a) of out


def _transpose_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    permutation, shape = attributes["permutation"], types[0].shape
    if sorted(permutation) != list(range(len(shape))):
        raise ShapeError(f"permutation: got {permutation}, expected each of 0..{len(shape) - 1} once.")
    return types[0].with_shape(tuple(shape[axis] for axis in permutation))


def _transpose_access(
    _operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    permutation = attributes["permutation"]
    return _moved(result, [axis_index(permutation.index(axis)) for axis in range(result.rank)])


def _transpose_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    permutation = node.attributes["permutation"]
    return transpose(cotangent, tuple(permutation.index(axis) for axis in range(len(permutation))))


TRANSPOSE = register(
    Primitive(
        "transpose",
        _transpose_type,
        Linear(_transpose_back),
        _transpose_access,
        ("permutation",),
        examples=(Example((_operand(2, 3, 4),), {"permutation": (2, 0, 1)}),),
    )
)

# reshape: same elements in row order


def _reshape_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    shape = tuple(attributes["shape"])
    if min(shape, default=0) < 0 or math.prod(shape) != types[0].size:
        raise ShapeError(
            f"shape: {types[0].shape} has {types[0].size} elements, {shape} has {math.prod(shape)}; "
            "keep the number of elements."
        )
    return types[0].with_shape(shape)


def _row_strides(shape: Sequence[int]) -> list[int]:
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _reshape_access(
    operands: tuple[TensorType, ...], _attributes: Attributes, result: TensorType
) -> AccessRule:
    place = tuple((axis, stride) for axis, stride in enumerate(_row_strides(result.shape)))
    shape = operands[0].shape
    return _moved(
        result,
        [Index(place, 0, stride, size) for stride, size in zip(_row_strides(shape), shape, strict=True)],
    )


def _reshape_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    return reshape(cotangent, node.inputs[0].tensor_type.shape)


RESHAPE = register(
    Primitive(
        "reshape",
        _reshape_type,
        Linear(_reshape_back),
        _reshape_access,
        ("shape",),
        examples=(
            Example((_operand(2, 6),), {"shape": (3, 4)}),
            Example((_operand(4),), {"shape": (2, 1, 2)}),
            Example((_operand(1),), {"shape": ()}),
        ),
    )
)

# broadcast: axis k of x is axis axes[k] of out; the other axes repeat. Its transpose is a sum.


def _broadcast_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    shape, axes = attributes["shape"], attributes["axes"]
    if len(axes) != types[0].rank or list(axes) != sorted(set(axes)):
        raise ShapeError(f"axes: got {axes}, expected one increasing axis for each of {types[0].shape}.")
    for axis, size in zip(axes, types[0].shape, strict=True):
        if not 0 <= axis < len(shape) or shape[axis] != size:
            raise ShapeError(f"shape: {types[0].shape} does not repeat into {shape} along axes {axes}.")
    return types[0].with_shape(shape)


def _broadcast_access(
    _operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    return _moved(result, [axis_index(axis) for axis in attributes["axes"]])


def _broadcast_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    repeated = tuple(axis for axis in range(cotangent.ndim) if axis not in node.attributes["axes"])
    return cotangent.sum(axis=repeated)


BROADCAST = register(
    Primitive(
        "broadcast",
        _broadcast_type,
        Linear(_broadcast_back),
        _broadcast_access,
        ("shape", "axes"),
        examples=(
            Example((_operand(3),), {"shape": (2, 3, 4), "axes": (1,)}),
            Example((_operand(),), {"shape": (2, 2), "axes": ()}),
        ),
    )
)

# slice and pad: out[i] = x[start + i step], and its transpose


def _slice_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    sizes = []
    for axis, (size, start, stop, step) in enumerate(
        zip(types[0].shape, attributes["start"], attributes["stop"], attributes["step"], strict=True)
    ):
        if not (0 <= start <= stop <= size and step >= 1):
            raise ShapeError(
                f"axis {axis}: got {start}:{stop}:{step}, "
                f"expected 0 <= start <= stop <= {size} and step >= 1."
            )
        sizes.append(-(-(stop - start) // step))
    return types[0].with_shape(tuple(sizes))


def _slice_access(
    _operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    parameters = zip(attributes["step"], attributes["start"], strict=True)
    return _moved(result, [axis_index(axis, step, start) for axis, (step, start) in enumerate(parameters)])


def _slice_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    low, high, between = [], [], []
    for size, taken, start, step in zip(
        node.inputs[0].tensor_type.shape,
        cotangent.shape,
        node.attributes["start"],
        node.attributes["step"],
        strict=True,
    ):
        low.append(start if taken else 0)
        high.append(size - (start + (taken - 1) * step + 1) if taken else size)
        between.append(step - 1)
    return apply(PAD, (cotangent,), low=tuple(low), high=tuple(high), between=tuple(between))


SLICE = register(
    Primitive(
        "slice",
        _slice_type,
        Linear(_slice_back),
        _slice_access,
        ("start", "stop", "step"),
        examples=(
            Example((_operand(5, 6),), {"start": (1, 0), "stop": (4, 6), "step": (1, 2)}),
            Example((_operand(5),), {"start": (1,), "stop": (5,), "step": (3,)}),
        ),
    )
)


def _padded_size(size: int, low: int, high: int, between: int) -> int:
    return low + high + (size + (size - 1) * between if size else 0)


def _pad_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    low, high, between = (attributes[name] for name in ("low", "high", "between"))
    if min((*low, *high, *between), default=0) < 0:
        raise ShapeError(f"padding: got low {low}, high {high}, between {between}; expected none below 0.")
    if types[0].dtype not in (*FLOAT_DTYPES, *INTEGER_DTYPES):
        raise DTypeError("operand is bool, expected a number; convert with .astype('int32').")
    sizes = zip(types[0].shape, low, high, between, strict=True)
    return types[0].with_shape(tuple(_padded_size(*one) for one in sizes))


def _pad_access(_operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType) -> AccessRule:
    parameters = zip(attributes["low"], attributes["between"], strict=True)
    return _moved(
        result,
        [
            Index(((axis, 1),), -low, between + 1, exact=True)
            for axis, (low, between) in enumerate(parameters)
        ],
    )


def _pad_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    low, between = node.attributes["low"], node.attributes["between"]
    shape = node.inputs[0].tensor_type.shape
    step = tuple(one + 1 for one in between)
    stop = tuple(
        start + (size - 1) * one + 1 if size else start
        for start, size, one in zip(low, shape, step, strict=True)
    )
    return apply(SLICE, (cotangent,), start=low, stop=stop, step=step)


PAD = register(
    Primitive(
        "pad",
        _pad_type,
        Linear(_pad_back),
        _pad_access,
        ("low", "high", "between"),
        examples=(
            Example((_operand(3, 2),), {"low": (1, 0), "high": (2, 1), "between": (0, 2)}),
            Example((_operand(3),), {"low": (0,), "high": (0,), "between": (1,)}),
        ),
    )
)

# concatenate: linear in all operands at once


def _concatenate_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    axis, first = attributes["axis"], types[0]
    for position, other in enumerate(types):
        same = other.rank == first.rank and all(
            a == b or at == axis for at, (a, b) in enumerate(zip(other.shape, first.shape, strict=False))
        )
        if not same:
            raise ShapeError(
                f"operand {position} has shape {other.shape}, operand 0 {first.shape}; "
                f"make the sizes equal but for axis {axis}."
            )
        if other.dtype != first.dtype:
            raise DTypeError(
                f"operand {position} is {other.dtype}, operand 0 is {first.dtype}; "
                f"expected one dtype: convert with .astype({str(first.dtype)!r})."
            )
    sizes = list(first.shape)
    sizes[axis] = sum(other.shape[axis] for other in types)
    return first.with_shape(tuple(sizes))


def _offsets(sizes: Sequence[int]) -> list[int]:
    return list(accumulate(sizes, initial=0))[:-1]


def _concatenate_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    joined = attributes["axis"]
    reads = [
        Read(tuple(axis_index(axis, 1, -offset if axis == joined else 0) for axis in range(result.rank)))
        for offset in _offsets([one.shape[joined] for one in operands])
    ]
    return AccessRule(_space(result.shape), tuple(reads), FirstPresent(tuple(range(len(operands)))))


def _concatenate_back(cotangent: Tensor, node: Node, position: int) -> Tensor:
    axis = node.attributes["axis"]
    sizes = [one.tensor_type.shape[axis] for one in node.inputs]
    start = _offsets(sizes)[position]
    return slice_axis(cotangent, axis, start, start + sizes[position])


CONCATENATE = register(
    Primitive(
        "concatenate",
        _concatenate_type,
        Linear(_concatenate_back, jointly=True),
        _concatenate_access,
        ("axis",),
        examples=(Example((_operand(2, 3), _operand(2, 1), _operand(2, 2)), {"axis": 1}),),
    )
)

# reverse


def _reverse_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    normalize_axes(attributes["axes"], types[0].rank)
    return types[0]


def _reverse_access(
    _operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    indices = [
        axis_index(axis, -1, size - 1) if axis in attributes["axes"] else axis_index(axis)
        for axis, size in enumerate(result.shape)
    ]
    return _moved(result, indices)


def _reverse_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    return apply(REVERSE, (cotangent,), axes=node.attributes["axes"])


REVERSE = register(
    Primitive(
        "reverse",
        _reverse_type,
        Linear(_reverse_back),
        _reverse_access,
        ("axes",),
        examples=(Example((_operand(2, 3),), {"axes": (1,)}),),
    )
)

# windows and overlap_add: out[..., p, ..., k] = x[..., p stride + k dilation, ...], and its transpose.
# The window axes stand last, one for each axis that is windowed.


def _window_count(size: int, window: int, stride: int, dilation: int) -> int:
    return (size - (window - 1) * dilation - 1) // stride + 1


def _windows_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    shape = list(types[0].shape)
    axes, sizes, strides, dilations = (attributes[name] for name in ("axes", "sizes", "strides", "dilations"))
    if not len(set(axes)) == len(axes) == len(sizes) == len(strides) == len(dilations):
        raise ShapeError(
            f"axes {axes}, sizes {sizes}, strides {strides}, dilations {dilations}: expected different axes "
            "and one size, stride and dilation for each."
        )
    for axis, size, stride, dilation in zip(axes, sizes, strides, dilations, strict=True):
        if min(size, stride, dilation) < 1:
            raise ShapeError(
                f"axis {axis}: window {size}, stride {stride}, dilation {dilation}; expected at least 1."
            )
        count = _window_count(shape[axis], size, stride, dilation)
        if count < 1:
            raise ShapeError(
                f"axis {axis}: a window of {size} (dilation {dilation}) does not fit into {shape[axis]}; "
                "pad the input or take a smaller window."
            )
        shape[axis] = count
    return types[0].with_shape((*shape, *sizes))


def _windows_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    rank = operands[0].rank
    indices = [axis_index(axis) for axis in range(rank)]
    windowed = zip(attributes["axes"], attributes["strides"], attributes["dilations"], strict=True)
    for position, (axis, stride, dilation) in enumerate(windowed):
        indices[axis] = Index(((axis, stride), (rank + position, dilation)))
    return _moved(result, indices)


def _windows_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    full = tuple(node.inputs[0].tensor_type.shape[axis] for axis in node.attributes["axes"])
    return apply(OVERLAP_ADD, (cotangent,), **node.attributes, lengths=full)


WINDOWS = register(
    Primitive(
        "windows",
        _windows_type,
        Linear(_windows_back),
        _windows_access,
        ("axes", "sizes", "strides", "dilations"),
        examples=(
            Example(
                (_operand(2, 7, 5),),
                {"axes": (1, 2), "sizes": (3, 2), "strides": (2, 1), "dilations": (1, 2)},
            ),
            Example((_operand(6),), {"axes": (0,), "sizes": (2,), "strides": (3,), "dilations": (1,)}),
        ),
    )
)


def _overlap_add_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    axes, lengths = attributes["axes"], attributes["lengths"]
    shape = list(types[0].shape[: types[0].rank - len(axes)])
    for axis, length in zip(axes, lengths, strict=True):
        shape[axis] = length
    like = types[0].with_shape(tuple(shape))
    windows = {name: attributes[name] for name in ("axes", "sizes", "strides", "dilations")}
    expected = _windows_type((like,), windows)
    if expected.shape != types[0].shape:
        raise ShapeError(
            f"operand has shape {types[0].shape}, expected {expected.shape} for lengths {lengths}."
        )
    return like


def _overlap_add_access(
    _operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    rank = result.rank
    indices = [axis_index(axis) for axis in range(rank)]
    windowed = zip(attributes["axes"], attributes["strides"], attributes["dilations"], strict=True)
    for position, (axis, stride, dilation) in enumerate(windowed):
        indices[axis] = Index(((axis, 1), (rank + position, -dilation)), 0, stride, exact=True)
    indices.extend(axis_index(rank + position) for position in range(len(attributes["axes"])))
    space = (*_space(result.shape), *(Axis(size, reduced=True) for size in attributes["sizes"]))
    return AccessRule(space, (Read(tuple(indices)),), Value(0), "sum")


def _overlap_add_back(cotangent: Tensor, node: Node, _position: int) -> Tensor:
    windows = {name: node.attributes[name] for name in ("axes", "sizes", "strides", "dilations")}
    return apply(WINDOWS, (cotangent,), **windows)


OVERLAP_ADD = register(
    Primitive(
        "overlap_add",
        _overlap_add_type,
        Linear(_overlap_add_back),
        _overlap_add_access,
        ("axes", "sizes", "strides", "dilations", "lengths"),
        examples=(
            Example(
                (_operand(2, 3, 3, 3, 2),),
                {"axes": (1, 2), "sizes": (3, 2), "strides": (2, 1), "dilations": (1, 2), "lengths": (7, 5)},
            ),
        ),
    )
)

# iota: the coordinate along one axis


def _iota_type(_types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    dtype = as_dtype(attributes["dtype"])
    if dtype not in (*FLOAT_DTYPES, *INTEGER_DTYPES):
        raise DTypeError(f"dtype: got {dtype}, expected a number; compare the result with one.")
    return TensorType(tuple(attributes["shape"]), dtype)


def _iota_access(_operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType) -> AccessRule:
    return AccessRule(_space(result.shape), (), Position(attributes["axis"]))


IOTA = register(
    Primitive(
        "iota",
        _iota_type,
        NoDerivative("it is constant"),
        _iota_access,
        ("shape", "axis", "dtype"),
        examples=(Example((), {"shape": (2, 3), "axis": 1, "dtype": as_dtype("int32")}),),
    )
)


@operation
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Return the axes of x permuted, reversed if `axes` is None."""
    value = as_tensor(x)
    order = tuple(reversed(range(value.ndim))) if axes is None else tuple(axes)
    permutation = tuple(normalize_axis(axis, value.ndim) for axis in order)
    if permutation == tuple(range(value.ndim)):
        return value
    return apply(TRANSPOSE, (value,), permutation=permutation)


@operation
def reshape(x: TensorLike, shape: int | Sequence[int]) -> Tensor:
    """Return the elements of x, in row order, in another shape; one size may be -1.

    Example:
        >>> import tiza as tz
        >>> tz.ops.reshape([1.0, 2.0, 3.0, 4.0], (2, -1)).shape
        (2, 2)
    """
    value = as_tensor(x)
    sizes = [index(size) for size in (shape if isinstance(shape, Sequence) else (shape,))]
    if sizes.count(-1) == 1:
        known = -math.prod(sizes)
        sizes[sizes.index(-1)] = value.size // known if known else 0
    return value if tuple(sizes) == value.shape else apply(RESHAPE, (value,), shape=tuple(sizes))


def broadcast(x: Tensor, shape: Shape, axes: tuple[int, ...]) -> Tensor:
    """Return x repeated: axis k of x becomes axis `axes[k]` of `shape`."""
    return x if x.shape == tuple(shape) else apply(BROADCAST, (x,), shape=tuple(shape), axes=axes)


@operation
def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Return x stretched to `shape` by NumPy's rule.

    Raises:
        ShapeError: a size of x is neither 1 nor that of `shape`.
    """
    value, sizes = as_tensor(x), tuple(shape)
    if broadcast_shapes(value.shape, sizes) != sizes:
        raise ShapeError(f"broadcast_to: {value.shape} does not stretch to {sizes}; reshape it first.")
    return stretch(value, sizes)


@operation
def expand_dims(x: TensorLike, axis: int) -> Tensor:
    """Return x with a new axis of size 1 at `axis`."""
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim + 1)
    return reshape(value, (*value.shape[:at], 1, *value.shape[at:]))


@operation
def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return x without axes of size 1: those named, or all of them."""
    value = as_tensor(x)
    if axis is None:
        axes = tuple(at for at, size in enumerate(value.shape) if size == 1)
    else:
        axes = normalize_axes(axis, value.ndim)
    for at in axes:
        if value.shape[at] != 1:
            raise ShapeError(f"squeeze: axis {at} of {value.shape} has size {value.shape[at]}, expected 1.")
    return reshape(value, tuple(size for at, size in enumerate(value.shape) if at not in axes))


@operation
def concatenate(values: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Return `values` joined along `axis`."""
    if not values:
        raise ShapeError("concatenate: got no values, expected at least one.")
    operands = as_tensors(tuple(values))
    if len(operands) == 1:
        return operands[0]
    return apply(CONCATENATE, operands, axis=normalize_axis(axis, operands[0].ndim))


@operation
def stack(values: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Return `values` joined along a new axis."""
    return concatenate([expand_dims(value, axis) for value in as_tensors(tuple(values))], axis)


@operation
def flip(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return x with the order along `axis` reversed."""
    value = as_tensor(x)
    return apply(REVERSE, (value,), axes=normalize_axes(axis, value.ndim))


def slice_axis(x: Tensor, axis: int, start: int, stop: int, step: int = 1) -> Tensor:
    """Return x[start:stop:step] along one axis."""
    ranges = [(start, stop, step) if at == axis else (0, size, 1) for at, size in enumerate(x.shape)]
    return _slice(x, ranges)


def _slice(x: Tensor, ranges: Sequence[tuple[int, int, int]]) -> Tensor:
    if all(one == (0, size, 1) for one, size in zip(ranges, x.shape, strict=True)):
        return x
    start, stop, step = (tuple(part) for part in zip(*ranges, strict=True))
    return apply(SLICE, (x,), start=start, stop=stop, step=step)


@operation
def pad(x: TensorLike, pad_width: Sequence[Any] | int) -> Tensor:
    """Return x with zeros before and after each axis, `pad_width` as NumPy's."""
    value = as_tensor(x)
    try:
        widths = np.broadcast_to(np.asarray(pad_width, dtype="int64"), (value.ndim, 2)).tolist()
    except (TypeError, ValueError):
        raise ShapeError(
            f"pad_width: got {pad_width!r}, expected a pair (before, after) for each of {value.ndim} axes."
        ) from None
    low, high = (tuple(pair[side] for pair in widths) for side in (0, 1))
    return apply(PAD, (value,), low=low, high=high, between=(0,) * value.ndim)


@operation
def windows(
    x: TensorLike,
    axes: Sequence[int],
    sizes: Sequence[int],
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
) -> Tensor:
    """Return every window of x: out[..., p, ..., k] = x[..., p stride + k dilation, ...].

    The positions replace the windowed axes; the places within a window become the last axes.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.windows([1.0, 2.0, 3.0, 4.0], axes=[0], sizes=[2], strides=[2]))
        array([[1., 2.],
               [3., 4.]])
    """
    value = as_tensor(x)
    ones = (1,) * len(axes)
    normal = tuple(normalize_axis(axis, value.ndim) for axis in axes)
    return apply(
        WINDOWS,
        (value,),
        axes=normal,
        sizes=tuple(sizes),
        strides=tuple(strides or ones),
        dilations=tuple(dilations or ones),
    )


@operation
def iota(shape: Sequence[int], axis: int = 0, dtype: object = "int32") -> Tensor:
    """Return the coordinate of each element along `axis`."""
    return apply(IOTA, (), shape=tuple(shape), axis=normalize_axis(axis, len(shape)), dtype=as_dtype(dtype))


@operation
def getitem(x: TensorLike, key: Any) -> Tensor:
    """Return x[key] for whole numbers, slices with positive or negative step, `...` and None."""
    value = as_tensor(x)
    parts = _full_index(key if isinstance(key, tuple) else (key,), value.ndim)
    taken: list[range] = []
    shape: list[int] = []
    for part in parts:
        if part is None:
            shape.append(1)
            continue
        taken.append(_positions(part, value.shape[len(taken)]))
        if isinstance(part, slice):
            shape.append(len(taken[-1]))
    reversed_axes = [axis for axis, positions in enumerate(taken) if positions.step < 0]
    kept = _slice(value, [_forward(positions) for positions in taken])
    return reshape(flip(kept, reversed_axes) if reversed_axes else kept, shape)


def _full_index(parts: tuple[Any, ...], rank: int) -> list[Any]:
    """Return `parts` with a slice for every axis that `...`, or nothing, stands for."""
    used = sum(1 for part in parts if part is not None and part is not Ellipsis)
    dots = [at for at, part in enumerate(parts) if part is Ellipsis] or [len(parts)]
    if used > rank or len(dots) > 1:
        raise ShapeError(
            f"index: got {used} indices and {len(dots)} '...' for a value with {rank} axes; "
            "give at most one of each axis and one '...'."
        )
    (at,) = dots
    return [*parts[:at], *[slice(None)] * (rank - used), *parts[at + 1 :]]


def _positions(part: Any, size: int) -> range:
    if isinstance(part, slice):
        return range(*part.indices(size))
    try:
        at = None if isinstance(part, bool) else index(part)
    except TypeError:
        at = None
    if at is None:
        raise ShapeError(
            f"index: got {part!r}, expected whole numbers or slices; tz.ops.take reads at traced indices."
        )
    if not -size <= at < size:
        raise ShapeError(f"index: got {at}, expected -{size} to {size - 1} for an axis of size {size}.")
    return range(at % size, at % size + 1)


def _forward(positions: range) -> tuple[int, int, int]:
    """Return start, stop and step, above 0, of the same positions."""
    if not positions:
        return 0, 0, 1
    return min(positions[0], positions[-1]), max(positions[0], positions[-1]) + 1, abs(positions.step)
