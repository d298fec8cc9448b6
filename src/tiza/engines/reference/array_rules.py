"""The meaning of every primitive as array code; a rule takes the array namespace, so other engines share it.

A rule receives the namespace and the node, and returns the function from operand arrays to the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tiza.engines.reference.special import erf, sigmoid, softplus
from tiza.engines.reference.threefry import threefry2x32
from tiza.graph.node import Node

Array: TypeAlias = Any
ArrayFunction: TypeAlias = Callable[..., Array]
ArrayRule: TypeAlias = Callable[[Any, Node], ArrayFunction]


def _function(name: str) -> ArrayRule:
    return lambda xp, node: getattr(xp, name)


def _with_namespace(function: Callable[..., Array]) -> ArrayRule:
    return lambda xp, node: lambda x: function(xp, x)


def _same(xp: Any, node: Node) -> ArrayFunction:
    return lambda x: x


def _cast(xp: Any, node: Node) -> ArrayFunction:
    dtype = node.attributes["dtype"]
    return lambda x: x.astype(dtype)


def _random_bits(xp: Any, node: Node) -> ArrayFunction:
    word = node.attributes["word"]
    return lambda *words: threefry2x32(xp, *words)[word]


def _sum(xp: Any, node: Node) -> ArrayFunction:
    axes, dtype = node.attributes["axes"], node.tensor_type.dtype
    return lambda x: x.sum(axis=axes, dtype=dtype)


def _max(xp: Any, node: Node) -> ArrayFunction:
    axes = node.attributes["axes"]
    return lambda x: x.max(axis=axes)


def _argmax(xp: Any, node: Node) -> ArrayFunction:
    axis = node.attributes["axis"]
    return lambda x: xp.argmax(x, axis=axis).astype("int32")


def _contract(xp: Any, node: Node) -> ArrayFunction:
    """Return a matrix product where the labels are one (with operands seen transposed), else einsum."""
    left, right, out = (node.attributes[name] for name in ("left", "right", "out"))
    summed = [label for label in left if label not in out]
    if len(left) == len(right) == len(out) == 2 and len(summed) == 1:
        return _matrix_product(left, right, out, summed[0])
    if len(left) == len(right) == 1 and not out:
        return lambda x, y: xp.dot(x, y)
    subscripts = f"{left},{right}->{out}"
    # the greedy path hands large products to the matrix routines
    return lambda x, y: xp.einsum(subscripts, x, y, optimize=True)


def _matrix_product(left: str, right: str, out: str, summed: str) -> ArrayFunction:
    flip_left = left[0] == summed
    flip_right = right[1] == summed
    if out[0] in left:
        return lambda x, y: (x.T if flip_left else x) @ (y.T if flip_right else y)
    return lambda x, y: (y if flip_right else y.T) @ (x if flip_left else x.T)


def _transpose(xp: Any, node: Node) -> ArrayFunction:
    permutation = node.attributes["permutation"]
    return lambda x: x.transpose(permutation)


def _reshape(xp: Any, node: Node) -> ArrayFunction:
    shape = node.attributes["shape"]
    return lambda x: x.reshape(shape)


def _broadcast(xp: Any, node: Node) -> ArrayFunction:
    shape, axes = node.attributes["shape"], node.attributes["axes"]
    aligned = tuple(size if axis in axes else 1 for axis, size in enumerate(shape))
    return lambda x: xp.broadcast_to(x.reshape(aligned), shape)


def _slice(xp: Any, node: Node) -> ArrayFunction:
    parts = zip(*(node.attributes[name] for name in ("start", "stop", "step")), strict=True)
    index = tuple(slice(*part) for part in parts)
    return lambda x: x[index]


def _pad(xp: Any, node: Node) -> ArrayFunction:
    low, between = node.attributes["low"], node.attributes["between"]
    type_, taken = node.tensor_type, node.inputs[0].tensor_type.shape
    index = tuple(
        slice(start, start + max(size - 1, 0) * (gap + 1) + min(size, 1), gap + 1)
        for start, gap, size in zip(low, between, taken, strict=True)
    )
    return lambda x: assigned(xp, xp.zeros(type_.shape, type_.dtype), index, x)


def assigned(xp: Any, target: Array, index: Any, value: Array) -> Array:
    """Return `target` with `value` at `index`, in place where the namespace allows it."""
    if hasattr(target, "at"):
        return target.at[index].set(value)
    target[index] = value
    return target


def added(xp: Any, target: Array, index: Any, value: Array) -> Array:
    """Return `target` with `value` added at `index`, repeated indices counted."""
    if hasattr(target, "at"):
        return target.at[index].add(value)
    xp.add.at(target, index, value)
    return target


def _concatenate(xp: Any, node: Node) -> ArrayFunction:
    axis = node.attributes["axis"]
    return lambda *parts: xp.concatenate(parts, axis=axis)


def _reverse(xp: Any, node: Node) -> ArrayFunction:
    axes = node.attributes["axes"]
    index = tuple(
        slice(None, None, -1) if axis in axes else slice(None) for axis in range(node.tensor_type.rank)
    )
    return lambda x: x[index]


def _window_indices(xp: Any, node: Node, positions: tuple[int, ...]) -> list[Array]:
    """Return for each windowed axis its index array, shaped to stand over (positions, places)."""
    sizes, strides, dilations = (node.attributes[name] for name in ("sizes", "strides", "dilations"))
    count = len(sizes)
    indices = []
    for at, (place, stride, dilation) in enumerate(zip(sizes, strides, dilations, strict=True)):
        index = xp.arange(positions[at])[:, None] * stride + xp.arange(place)[None, :] * dilation
        shape = [1] * (2 * count)
        shape[at], shape[count + at] = positions[at], place
        indices.append(index.reshape(shape))
    return indices


def _axes_first(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    return (*axes, *(axis for axis in range(rank) if axis not in axes))


def _windows(xp: Any, node: Node) -> ArrayFunction:
    axes, rank = node.attributes["axes"], node.inputs[0].tensor_type.rank
    positions = tuple(node.tensor_type.shape[axis] for axis in axes)
    indices = tuple(_window_indices(xp, node, positions))
    order = _axes_first(axes, rank)
    count = len(axes)
    # from (positions, places, other axes) to (axes in their order, places)
    source = {axis: at for at, axis in enumerate(axes)}
    others = [axis for axis in range(rank) if axis not in axes]
    source.update({axis: 2 * count + at for at, axis in enumerate(others)})
    back = (*(source[axis] for axis in range(rank)), *range(count, 2 * count))
    return lambda x: x.transpose(order)[indices].transpose(back)


def _overlap_add(xp: Any, node: Node) -> ArrayFunction:
    axes, lengths = node.attributes["axes"], node.attributes["lengths"]
    type_ = node.tensor_type
    rank, count = type_.rank, len(axes)
    positions = tuple(node.inputs[0].tensor_type.shape[axis] for axis in axes)
    indices = tuple(_window_indices(xp, node, positions))
    others = tuple(axis for axis in range(rank) if axis not in axes)
    forward = (*axes, *range(rank, rank + count), *others)
    shape = (*lengths, *(type_.shape[axis] for axis in others))
    order = _axes_first(axes, rank)
    back = tuple(order.index(axis) for axis in range(rank))

    def overlap_add(x: Array) -> Array:
        total = added(xp, xp.zeros(shape, type_.dtype), indices, x.transpose(forward))
        return total.transpose(back)

    return overlap_add


def _gather(xp: Any, node: Node) -> ArrayFunction:
    axis = node.attributes["axis"]
    return lambda x, indices: xp.take(x, indices, axis=axis)


def _scatter_add(xp: Any, node: Node) -> ArrayFunction:
    axis, type_ = node.attributes["axis"], node.tensor_type
    before = (slice(None),) * axis
    return lambda updates, indices: added(xp, xp.zeros(type_.shape, type_.dtype), (*before, indices), updates)


def _iota(xp: Any, node: Node) -> ArrayFunction:
    shape, axis, dtype = (node.attributes[name] for name in ("shape", "axis", "dtype"))
    aligned = tuple(size if at == axis else 1 for at, size in enumerate(shape))
    line = xp.arange(shape[axis], dtype=dtype).reshape(aligned)
    return lambda: xp.broadcast_to(line, shape)


def _constant(xp: Any, node: Node) -> ArrayFunction:
    value = xp.asarray(node.attributes["value"])
    return lambda: value


_NAMES = (
    "add subtract multiply divide negative absolute sign floor maximum minimum power sqrt exp expm1 log "
    "log1p sin cos arctan tanh equal less less_equal bitwise_and bitwise_or bitwise_xor left_shift "
    "right_shift"
)

ARRAY_RULES: Mapping[str, ArrayRule] = {
    **{name: _function(name) for name in _NAMES.split()},
    "bitwise_not": _function("invert"),
    "select": _function("where"),
    "sigmoid": _with_namespace(sigmoid),
    "softplus": _with_namespace(softplus),
    "erf": _with_namespace(erf),
    "identity": _same,
    "stop_gradient": _same,
    "cast": _cast,
    "random_bits": _random_bits,
    "sum": _sum,
    "max": _max,
    "argmax": _argmax,
    "contract": _contract,
    "transpose": _transpose,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "slice": _slice,
    "pad": _pad,
    "concatenate": _concatenate,
    "reverse": _reverse,
    "windows": _windows,
    "overlap_add": _overlap_add,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "iota": _iota,
    "constant": _constant,
}
