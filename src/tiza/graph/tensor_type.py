"""Types of graph values: static shapes and dtypes, and how shapes broadcast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing

from tiza.errors import DTypeError, ShapeError

Shape: TypeAlias = tuple[int, ...]
DType: TypeAlias = "np.dtype[np.generic]"

FLOAT_DTYPES = tuple(np.dtype(name) for name in ("float32", "float64"))
INTEGER_DTYPES = tuple(np.dtype(name) for name in ("int32", "int64", "uint8", "uint32"))
BOOLEAN = np.dtype(np.bool_)
DTYPES = (*FLOAT_DTYPES, *INTEGER_DTYPES, BOOLEAN)


def as_dtype(name: object) -> DType:
    """Return the dtype that `name` stands for.

    Raises:
        DTypeError: `name` is not one of the dtypes a graph computes with.

    Example:
        >>> as_dtype("float32")
        dtype('float32')
    """
    try:
        dtype: DType | None = np.dtype(cast("np.typing.DTypeLike", name))
    except TypeError:
        dtype = None
    if dtype is None or dtype not in DTYPES:
        accepted = ", ".join(str(one) for one in DTYPES)
        raise DTypeError(f"dtype: got {name!r}, expected one of {accepted}; convert with .astype(...).")
    return dtype


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape and dtype of one value.

    Example:
        >>> TensorType((2, 3), "float32")
        float32[2, 3]
    """

    shape: Shape
    dtype: DType

    def __post_init__(self) -> None:
        if not isinstance(self.dtype, np.dtype):
            object.__setattr__(self, "dtype", as_dtype(self.dtype))

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether derivatives with respect to this value exist."""
        return self.dtype in FLOAT_DTYPES

    def with_shape(self, shape: Shape) -> TensorType:
        """Return the type of the same dtype with another shape."""
        return TensorType(tuple(shape), self.dtype)

    def with_dtype(self, dtype: object) -> TensorType:
        """Return the type of the same shape with another dtype."""
        return TensorType(self.shape, as_dtype(dtype))

    def __repr__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class TupleType:
    """Type of a value with several items; only `scan` has one, and `item` takes it apart."""

    items: tuple[TensorType, ...]

    def __repr__(self) -> str:
        return f"({', '.join(map(repr, self.items))})"


ValueType: TypeAlias = TensorType | TupleType


def tensor_type(value: object) -> TensorType:
    """Return the type of a number, an array or anything NumPy reads as one.

    Python floats are float64, Python integers int32 (int64 where they do not fit).
    """
    if isinstance(value, bool):
        return TensorType((), BOOLEAN)
    if isinstance(value, int):
        return TensorType((), as_dtype("int32" if -(2**31) <= value < 2**31 else "int64"))
    if isinstance(value, float):
        return TensorType((), as_dtype("float64"))
    array = np.asarray(value)
    return TensorType(array.shape, as_dtype(array.dtype))


def broadcast_shapes(*shapes: Shape) -> Shape:
    """Return the common shape of `shapes` under NumPy's rule: align right, a size of 1 stretches.

    Raises:
        ShapeError: two sizes differ and neither is 1.

    Example:
        >>> broadcast_shapes((3, 1), (4,))
        (3, 4)
    """
    rank = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for axis, sizes in enumerate(zip(*padded, strict=True)):
        stretched = {size for size in sizes if size != 1}
        if len(stretched) > 1:
            listed = " and ".join(str(tuple(shape)) for shape in shapes)
            raise ShapeError(
                f"shapes {listed} do not broadcast: axis {axis - rank} has sizes {sorted(stretched)}, "
                "expected equal sizes or 1; reshape or transpose one of them."
            )
        result.append(stretched.pop() if stretched else 1)
    return tuple(result)
