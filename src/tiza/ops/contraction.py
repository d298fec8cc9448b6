"""Contraction: the product of two tensors summed over shared labels, in einsum's notation."""

from __future__ import annotations

import string
from collections.abc import Sequence

from tiza.errors import ShapeError
from tiza.graph.access import AccessRule, Apply, Axis, Read, Value, axis_index
from tiza.graph.node import Node
from tiza.graph.primitive import Attributes, Example, Linear, Operand, Primitive, register
from tiza.graph.tensor import Tensor, TensorLike, apply, as_tensors, operation
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.ops.axes import normalize_axis
from tiza.ops.elementwise import MULTIPLY, check_kind


def _label_sizes(types: tuple[TensorType, ...], attributes: Attributes) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for position, (type_, labels) in enumerate(
        zip(types, (attributes["left"], attributes["right"]), strict=True)
    ):
        if len(labels) != type_.rank or len(set(labels)) != len(labels):
            raise ShapeError(
                f"operand {position} has shape {type_.shape}, expected one label for each axis, each once; "
                f"got {labels!r}."
            )
        for label, size in zip(labels, type_.shape, strict=True):
            if sizes.setdefault(label, size) != size:
                raise ShapeError(
                    f"label {label!r} has size {sizes[label]} in operand 0 (shape {types[0].shape}) and "
                    f"{size} in operand 1 (shape {types[1].shape}); make the axes equal, or transpose one."
                )
    return sizes


def _contract_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    left, right, out = (attributes[name] for name in ("left", "right", "out"))
    sizes = _label_sizes(types, attributes)
    check_kind([one.with_shape(()) for one in types], "number")
    for label in {*left, *right, *out}:
        if (label in left) + (label in right) + (label in out) < 2:
            raise ShapeError(f"label {label!r} of {left},{right}->{out} stands once; sum that axis before.")
    return types[0].with_shape(tuple(sizes[label] for label in out))


def _contract_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    sizes = _label_sizes(operands, attributes)
    out = attributes["out"]
    summed = [label for label in attributes["left"] if label not in out]
    place = {label: axis for axis, label in enumerate((*out, *summed))}
    space = [Axis(size) for size in result.shape] + [Axis(sizes[label], reduced=True) for label in summed]
    reads = tuple(
        Read(tuple(axis_index(place[label]) for label in attributes[side])) for side in ("left", "right")
    )
    return AccessRule(tuple(space), reads, Apply(MULTIPLY, (Value(0), Value(1))), "sum")


def _contract_transpose(cotangent: Tensor, node: Node, position: int) -> Tensor:
    left, right, out = (node.attributes[name] for name in ("left", "right", "out"))
    other = Tensor(node.inputs[1 - position])
    if position == 0:
        return contract(cotangent, other, out, right, left)
    return contract(other, cotangent, left, out, right)


def _operand(*shape: int) -> Operand:
    return Operand(TensorType(shape, as_dtype("float64")))


CONTRACT = register(
    Primitive(
        "contract",
        _contract_type,
        Linear(_contract_transpose),
        _contract_access,
        ("left", "right", "out"),
        examples=(
            Example((_operand(2, 3), _operand(3, 4)), {"left": "ik", "right": "kj", "out": "ij"}),
            Example((_operand(3, 2), _operand(3, 4)), {"left": "ki", "right": "kj", "out": "ji"}),
            Example((_operand(2, 3, 2), _operand(2, 4, 3)), {"left": "bik", "right": "bji", "out": "bkj"}),
            Example((_operand(3), _operand(3)), {"left": "k", "right": "k", "out": ""}),
            Example((_operand(2), _operand(3)), {"left": "i", "right": "j", "out": "ij"}),
            Example((_operand(2, 3, 2), _operand(3, 2)), {"left": "akb", "right": "kb", "out": "a"}),
        ),
    )
)


def contract(x: Tensor, y: Tensor, left: str, right: str, out: str) -> Tensor:
    """Return sum over the labels not in `out` of x[left] y[right]."""
    return apply(CONTRACT, (x, y), left=left, right=right, out=out)


@operation
def einsum(subscripts: str, x: TensorLike, y: TensorLike) -> Tensor:
    """Return the contraction of two operands in einsum's notation.

    Raises:
        ShapeError: a label stands only once, or sizes differ.

    Example:
        >>> import tiza as tz
        >>> tz.ops.einsum("ik,kj->ij", [[1.0, 2.0]], [[3.0], [4.0]]).shape
        (1, 1)
    """
    sides, arrow, out = subscripts.replace(" ", "").partition("->")
    left, comma, right = sides.partition(",")
    if not arrow or not comma:
        raise ShapeError(f"subscripts: got {subscripts!r}, expected the form 'ik,kj->ij'.")
    first, second = as_tensors((x, y))
    return contract(first, second, left, right, out)


@operation
def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the matrix product over the last axis of x and the second last of y; leading axes match."""
    first, second = as_tensors((x, y))
    if first.ndim == 0 or second.ndim == 0:
        raise ShapeError("matmul: got a scalar, expected at least one axis; use * for scalars.")
    batch = string.ascii_lowercase[: max(first.ndim, second.ndim) - 2]
    left = (batch[len(batch) - (first.ndim - 2) :] + "XK") if first.ndim > 1 else "K"
    right = (batch[len(batch) - (second.ndim - 2) :] + "KY") if second.ndim > 1 else "K"
    shared = [label for label in batch if label in left or label in right]
    out = "".join(shared) + ("X" if "X" in left else "") + ("Y" if "Y" in right else "")
    return contract(first, second, left, right, out)


@operation
def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """Return NumPy's dot product: x times y for a scalar, else over the last axis of x."""
    first, second = as_tensors((x, y))
    if first.ndim == 0 or second.ndim == 0:
        product: Tensor = first * second
        return product
    left = string.ascii_lowercase[: first.ndim - 1] + "K"
    rest = string.ascii_uppercase[: second.ndim - 1].replace("K", "")
    right = "K" if second.ndim == 1 else rest[:-1] + "K" + rest[-1]
    return contract(first, second, left, right, (left + right).replace("K", ""))


@operation
def tensordot(x: TensorLike, y: TensorLike, axes: int | Sequence[int | Sequence[int]] = 2) -> Tensor:
    """Return the sum over the last `axes` axes of x and the first `axes` of y, or over two lists of axes.

    Raises:
        ShapeError: the summed axes differ in number or in size.
    """
    first, second = as_tensors((x, y))
    from_first, from_second = _summed_axes(axes, first.ndim, second.ndim)
    left = list(string.ascii_lowercase[: first.ndim])
    right = list(string.ascii_uppercase[: second.ndim])
    for at, other in zip(from_first, from_second, strict=True):
        right[other] = left[at]
    out = [label for label in (*left, *right) if (label in left) != (label in right)]
    return contract(first, second, "".join(left), "".join(right), "".join(out))


def _summed_axes(
    axes: int | Sequence[int | Sequence[int]], first: int, second: int
) -> tuple[list[int], list[int]]:
    """Return the axes of two operands, of these ranks, that tensordot sums over."""
    if isinstance(axes, int):
        sides: list[Sequence[int]] = [range(first - axes, first), range(axes)]
    else:
        sides = [[side] if isinstance(side, int) else side for side in axes]
    if len(sides) != 2 or len(sides[0]) != len(sides[1]):
        raise ShapeError(f"axes: got {axes}, expected a number or two lists of axes of equal length.")
    listed = [
        [normalize_axis(axis, rank) for axis in side]
        for side, rank in zip(sides, (first, second), strict=True)
    ]
    return listed[0], listed[1]
