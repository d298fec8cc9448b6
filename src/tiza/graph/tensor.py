"""Tensor: the value a traced function works with; operators and NumPy functions on it make nodes."""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar, cast

import numpy as np

from tiza.errors import DTypeError, TizaError, TraceError
from tiza.graph.node import CONSTANT, INPUT, Node, constant_node
from tiza.graph.primitive import Primitive, checked_attributes, find_primitive, unknown_name
from tiza.graph.provenance import Role, current_provenance
from tiza.graph.tensor_type import (
    BOOLEAN,
    FLOAT_DTYPES,
    DType,
    Shape,
    TensorType,
    as_dtype,
    broadcast_shapes,
    tensor_type,
)

TensorLike: TypeAlias = "Tensor | np.ndarray[Any, Any] | np.generic | float | int | bool | Sequence[Any]"
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

OPERATIONS: dict[str, Callable[..., Any]] = {}
"""Public operations by name; `ops` fills it, and operators, methods and NumPy functions look here."""

_PACKAGE = str(Path(__file__).resolve().parent.parent) + os.sep
_AT = "\n  at "


def operation(function: AnyFunction) -> AnyFunction:
    """Register `function` as the operation of its name; its errors show the user's line."""

    @functools.wraps(function)
    def with_line(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except TizaError as error:
            error.args = (located(str(error)),)
            raise

    OPERATIONS[function.__name__] = with_line
    return cast("AnyFunction", with_line)


class Tensor:
    """A value whose computation is being recorded.

    Example:
        >>> import tiza as tz
        >>> print(tz.trace(lambda x, y: x * y + 1.0, 2.0, 3.0))
        x = input             float64[]
        y = input             float64[]
        %1 = multiply x y     float64[]
        %2 = constant 1       float64[]
        %3 = add %1 %2        float64[]
        return %3
    """

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def type(self) -> TensorType:
        """Shape and dtype."""
        return self.node.tensor_type

    @property
    def shape(self) -> Shape:
        """Sizes of the axes."""
        return self.type.shape

    @property
    def dtype(self) -> DType:
        """Element type."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.type.rank

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.type.size

    @property
    def T(self) -> Tensor:  # noqa: N802 - NumPy's name
        """The axes reversed."""
        return self._call("transpose")

    def _call(self, name: str, *arguments: Any, **keywords: Any) -> Tensor:
        result: Tensor = OPERATIONS[name](self, *arguments, **keywords)
        return result

    def _called_by(self, name: str, other: TensorLike) -> Tensor:
        result: Tensor = OPERATIONS[name](other, self)
        return result

    def astype(self, dtype: object) -> Tensor:
        """Return the elements converted to `dtype`."""
        return self._call("cast", dtype)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the elements, in row order, in another shape; one size may be -1."""
        return self._call("reshape", shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """Return the axes permuted (reversed if none are given)."""
        listed = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return self._call("transpose", listed or None)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum over `axis` (all axes if None)."""
        return self._call("sum", axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Return the mean over `axis` (all axes if None)."""
        return self._call("mean", axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Return the maximum over `axis` (all axes if None)."""
        return self._call("max", axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Tensor:
        """Return the minimum over `axis` (all axes if None)."""
        return self._call("min", axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None) -> Tensor:
        """Return the position of the first maximum."""
        return self._call("argmax", axis=axis)

    def dot(self, other: TensorLike) -> Tensor:
        """Return NumPy's dot product."""
        return self._call("dot", other)

    def __getitem__(self, index: Any) -> Tensor:
        return self._call("getitem", index)

    def __add__(self, other: TensorLike) -> Tensor:
        return self._call("add", other)

    def __radd__(self, other: TensorLike) -> Tensor:
        return self._called_by("add", other)

    def __sub__(self, other: TensorLike) -> Tensor:
        return self._call("subtract", other)

    def __rsub__(self, other: TensorLike) -> Tensor:
        return self._called_by("subtract", other)

    def __mul__(self, other: TensorLike) -> Tensor:
        return self._call("multiply", other)

    def __rmul__(self, other: TensorLike) -> Tensor:
        return self._called_by("multiply", other)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return self._call("divide", other)

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return self._called_by("divide", other)

    def __pow__(self, other: TensorLike) -> Tensor:
        return self._call("power", other)

    def __rpow__(self, other: TensorLike) -> Tensor:
        return self._called_by("power", other)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return self._call("matmul", other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return self._called_by("matmul", other)

    def __neg__(self) -> Tensor:
        return self._call("negative")

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return self._call("absolute")

    def __lt__(self, other: TensorLike) -> Tensor:
        return self._call("less", other)

    def __le__(self, other: TensorLike) -> Tensor:
        return self._call("less_equal", other)

    def __gt__(self, other: TensorLike) -> Tensor:
        return self._call("greater", other)

    def __ge__(self, other: TensorLike) -> Tensor:
        return self._call("greater_equal", other)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]  # a comparison of numbers, as NumPy's
        return self._call("equal", other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]  # as above
        return self._call("not_equal", other)

    __hash__ = None  # type: ignore[assignment]  # equality is no identity here

    def __and__(self, other: TensorLike) -> Tensor:
        return self._call("bitwise_and", other)

    def __rand__(self, other: TensorLike) -> Tensor:
        return self._called_by("bitwise_and", other)

    def __or__(self, other: TensorLike) -> Tensor:
        return self._call("bitwise_or", other)

    def __ror__(self, other: TensorLike) -> Tensor:
        return self._called_by("bitwise_or", other)

    def __xor__(self, other: TensorLike) -> Tensor:
        return self._call("bitwise_xor", other)

    def __rxor__(self, other: TensorLike) -> Tensor:
        return self._called_by("bitwise_xor", other)

    def __invert__(self) -> Tensor:
        return self._call("bitwise_not")

    def __lshift__(self, other: TensorLike) -> Tensor:
        return self._call("left_shift", other)

    def __rshift__(self, other: TensorLike) -> Tensor:
        return self._call("right_shift", other)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a traced scalar; it has no axes.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[position] for position in range(len(self)))

    def _refuse(self, wanted: str, remedy: str) -> NoReturn:
        raise TraceError(located(f"a traced value {self!r} was used as {wanted}; {remedy}"))

    def __bool__(self) -> bool:
        self._refuse("a Python truth value (if, while, and, or, not)", "use tz.ops.where(condition, a, b).")

    def __float__(self) -> float:
        self._refuse("a Python float", "it has no number until the graph runs: tz.evaluate(...) gives it.")

    def __int__(self) -> int:
        self._refuse("a Python int", "it has no number until the graph runs: tz.evaluate(...) gives it.")

    def __index__(self) -> int:
        self._refuse("a Python index", "use tz.ops.take(values, indices, axis=...).")

    def __array__(self, *_arguments: Any, **_keywords: Any) -> NoReturn:
        self._refuse(
            "a NumPy array",
            "use tz.ops functions on it (tz.ops.stack joins several), or tz.evaluate(...) to get its number.",
        )

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        return _numpy_call(function, inputs, keywords, method)

    def __array_function__(self, function: Any, _types: Any, arguments: Any, keywords: Any) -> Any:
        return _numpy_call(function, arguments, keywords, "__call__")

    if not TYPE_CHECKING:  # a type checker reports unknown attributes itself

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):
                raise AttributeError(name)
            known = tuple(one for one in dir(Tensor) if not one.startswith("_"))
            remedy = (
                f"a traced value has no attribute {name!r}; use tz.ops.{name}."
                if name in OPERATIONS
                else unknown_name("attribute of a traced value", name, known)
            )
            raise AttributeError(located(remedy), name=name, obj=self)

    def __repr__(self) -> str:
        label = self.node.provenance.label or self.node.attributes.get("name", "")
        return f"Tensor({' '.join(part for part in (label, repr(self.node.type)) if part)})"


_NUMPY_NAMES = {"amax": "max", "amin": "min", "true_divide": "divide", "invert": "bitwise_not"}


def _numpy_call(function: Any, arguments: Any, keywords: Any, method: str) -> Any:
    name = _NUMPY_NAMES.get(function.__name__, function.__name__)
    called = f"np.{function.__name__}" + (f".{method}" if method != "__call__" else "")
    if method != "__call__" or name not in OPERATIONS:
        hint = unknown_name("tz.ops", function.__name__, OPERATIONS)
        raise TraceError(located(f"{called} does not work on traced values; {hint}"))
    try:
        return OPERATIONS[name](*arguments, **keywords)
    except TypeError as error:
        if isinstance(error, TizaError) or _fit(OPERATIONS[name], arguments, keywords):
            raise
        accepted = inspect.signature(OPERATIONS[name])
        raise TraceError(
            located(f"{called}: {error}; of a traced value it takes {accepted}, as tz.ops.{name} does.")
        ) from None


def _fit(function: Callable[..., Any], arguments: Any, keywords: Any) -> bool:
    """Return whether `function` can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments, **keywords)
    except TypeError:
        return False
    return True


def located(message: str) -> str:
    """Return `message` followed by the user's line that led here, if it does not show one already."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None or _AT in message:
        return message
    name, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(name, line).strip()
    return f"{message}{_AT}{name}:{line}" + (f": {text}" if text else "")


def constant(value: TensorLike, dtype: object = None) -> Tensor:
    """Return a traced constant.

    Example:
        >>> constant([1.0, 2.0])
        Tensor(float64[2])
    """
    array = np.array(value, dtype=as_dtype(dtype if dtype is not None else tensor_type(value).dtype))
    return Tensor(constant_node(array, current_provenance()))


def is_python_scalar(value: object) -> bool:
    """Return whether `value` is a Python number: only these adopt the dtype of what they meet."""
    return isinstance(value, bool | int | float)


def as_tensor(value: TensorLike, like: DType | None = None) -> Tensor:
    """Return `value` as a traced value; a Python scalar takes the dtype `like`.

    Raises:
        DTypeError: a Python float meets an integer dtype, or a number a boolean one.
    """
    if isinstance(value, Tensor):
        return value
    if like is None or not is_python_scalar(value):
        return constant(value)
    if scalar_fits(value, like):
        return constant(value, like)
    raise DTypeError(
        located(
            f"the Python scalar {value!r} does not fit dtype {like}; convert the tensor with .astype(...)."
        )
    )


def scalar_fits(value: object, dtype: DType) -> bool:
    """Return whether a Python number keeps its value in `dtype` (a float may round)."""
    if dtype in FLOAT_DTYPES:
        return True
    if dtype == BOOLEAN:
        return isinstance(value, bool)
    limits = np.iinfo(str(dtype))
    return isinstance(value, int) and int(limits.min) <= value <= int(limits.max)


def as_tensors(values: Sequence[TensorLike]) -> tuple[Tensor, ...]:
    """Return `values` as traced values, Python scalars in the dtype of the first that is not one."""
    like = next((tensor_type_of(value).dtype for value in values if not is_python_scalar(value)), None)
    if like is None and any(isinstance(value, float) for value in values):
        like = as_dtype("float64")
    return tuple(as_tensor(value, like) for value in values)


def tensor_type_of(value: TensorLike) -> TensorType:
    """Return the type of a traced or concrete value."""
    return value.type if isinstance(value, Tensor) else tensor_type(value)


def apply(primitive: Primitive, operands: Sequence[Tensor], **attributes: Any) -> Tensor:
    """Return `primitive` applied to `operands`; elementwise operands are broadcast to one shape.

    Raises:
        ShapeError: the shapes do not fit; the message shows the user's line.
        DTypeError: the dtypes do not fit.
        AttributeNameError: an attribute is unknown or missing.
    """
    try:
        checked = checked_attributes(primitive, attributes)
        if primitive.is_elementwise and len(operands) > 1:
            operands = _equal_shapes(operands)
        nodes = tuple(operand.node for operand in operands)
        type_ = primitive.infer(tuple(node.type for node in nodes), checked)
    except TizaError as error:
        raise type(error)(located(f"{primitive.name}: {error}")) from None
    return Tensor(Node(primitive, nodes, checked, type_, current_provenance()))


def _equal_shapes(operands: Sequence[Tensor]) -> tuple[Tensor, ...]:
    shapes = [operand.shape for operand in operands]
    if all(shape == shapes[0] for shape in shapes):
        return tuple(operands)
    common = broadcast_shapes(*shapes)
    return tuple(broadcast_to(operand, common) for operand in operands)


def broadcast_to(operand: Tensor, shape: Shape) -> Tensor:
    """Return `operand` stretched to `shape` by NumPy's rule; sizes of 1 are dropped first."""
    if operand.shape == tuple(shape):
        return operand
    offset = len(shape) - operand.ndim
    kept = [axis for axis, size in enumerate(operand.shape) if size == shape[axis + offset]]
    stretched = [axis for axis, size in enumerate(operand.shape) if size != shape[axis + offset]]
    if stretched:
        squeezed = tuple(operand.shape[axis] for axis in kept)
        operand = apply(find_primitive("reshape"), (operand,), shape=squeezed)
    axes = tuple(axis + offset for axis in kept)
    return apply(find_primitive("broadcast"), (operand,), shape=tuple(shape), axes=axes)


def mark(value: Tensor, role: Role, name: str = "", **fields: Any) -> Tensor:
    """Return `value` named as a quantity that readers know.

    A value just made is renamed; one that has a name already, or is an input, gets an identity node.
    """
    node = value.node
    provenance = replace(current_provenance(), role=role, name=name, **fields)
    if node.provenance.is_named or node.primitive in (INPUT, CONSTANT):
        value = apply(find_primitive("identity"), (value,))
        node = value.node
    return Tensor(Node(node.primitive, node.inputs, node.attributes, node.type, provenance))
