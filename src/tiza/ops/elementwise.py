"""Elementwise primitives: each record states its formula and its partial derivatives, once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tiza.errors import DTypeError, ShapeError
from tiza.graph.node import Node
from tiza.graph.primitive import (
    Attributes,
    Elementwise,
    Example,
    Linear,
    NoDerivative,
    Operand,
    Primitive,
    elementwise_access,
    register,
)
from tiza.graph.tensor import Tensor, TensorLike, apply, as_tensor, as_tensors, operation
from tiza.graph.tensor_type import BOOLEAN, FLOAT_DTYPES, INTEGER_DTYPES, TensorType, as_dtype

KINDS = {
    "float": FLOAT_DTYPES,
    "number": (*FLOAT_DTYPES, *INTEGER_DTYPES),
    "bits": (*INTEGER_DTYPES, BOOLEAN),
    "unsigned": (as_dtype("uint32"), as_dtype("uint8")),
    "any": (*FLOAT_DTYPES, *INTEGER_DTYPES, BOOLEAN),
}
"""Which dtypes the operands of a primitive may have."""

EVERYWHERE = (-math.inf, math.inf)
POSITIVE = (0.0, math.inf)


def check_kind(types: Sequence[TensorType], kind: str) -> None:
    """Check that `types` have one shape and one dtype of `kind`.

    Raises:
        ShapeError: the shapes differ.
        DTypeError: the dtypes differ or are not of this kind.
    """
    first = types[0]
    for position, other in enumerate(types):
        if other.shape != first.shape:
            raise ShapeError(
                f"operand {position} has shape {other.shape}, operand 0 {first.shape}; make them equal."
            )
        if other.dtype != first.dtype:
            raise DTypeError(
                f"operand {position} is {other.dtype}, operand 0 is {first.dtype}; "
                f"expected one dtype (only Python scalars adapt): convert with .astype({str(first.dtype)!r})."
            )
    if first.dtype not in KINDS[kind]:
        accepted = ", ".join(str(dtype) for dtype in KINDS[kind])
        raise DTypeError(
            f"operands are {first.dtype}, expected one of {accepted}; convert with .astype(...)."
        )


def _same_type(kind: str) -> Callable[[tuple[TensorType, ...], Attributes], TensorType]:
    def infer(types: tuple[TensorType, ...], _attributes: Attributes) -> TensorType:
        check_kind(types, kind)
        return types[0]

    return infer


def _boolean_result(kind: str) -> Callable[[tuple[TensorType, ...], Attributes], TensorType]:
    def infer(types: tuple[TensorType, ...], _attributes: Attributes) -> TensorType:
        check_kind(types, kind)
        return types[0].with_dtype(BOOLEAN)

    return infer


def _example(dtype: str, count: int, low: float, high: float) -> Example:
    return Example((Operand(TensorType((2, 3), as_dtype(dtype)), low, high),) * count)


def _examples(kind: str, domain: tuple[tuple[float, float], ...]) -> tuple[Example, ...]:
    if kind in ("float", "number", "any"):
        operands = tuple(
            Operand(
                TensorType((2, 3), as_dtype("float64")),
                max(low, -3.0) + (0.1 if low == 0 else 0),
                min(high, 3.0),
            )
            for low, high in domain
        )
        floats = (Example(operands),)
        whole = () if kind == "float" else (_example("int32", len(domain), -5, 6),)
        return floats + whole
    if kind == "unsigned":  # shifts, by less than the number of bits
        return tuple(
            Example(
                (
                    Operand(TensorType((2, 3), as_dtype(dtype)), 0, 2**width),
                    Operand(TensorType((2, 3), as_dtype(dtype)), 0, width),
                )
            )
            for dtype, width in (("uint32", 32), ("uint8", 8))
        )
    return (_example("int32", len(domain), 0, 9), _example("bool", len(domain), 0, 2))


def _define(
    name: str,
    formula: str,
    *partials: Callable[..., Tensor | float],
    kind: str = "float",
    domain: tuple[tuple[float, float], ...] = (),
) -> Primitive:
    domain = domain or (EVERYWHERE,) * len(partials)
    return register(
        Primitive(
            name,
            _same_type(kind),
            Elementwise(partials),
            elementwise_access,
            formula=formula,
            domain=domain,
            examples=_examples(kind, domain),
        )
    )


def _define_without_derivative(
    name: str, formula: str, count: int, kind: str, reason: str, *, boolean: bool = False
) -> Primitive:
    domain = (EVERYWHERE,) * count
    infer = _boolean_result(kind) if boolean else _same_type(kind)
    return register(
        Primitive(
            name,
            infer,
            NoDerivative(reason),
            elementwise_access,
            formula=formula,
            domain=domain,
            examples=_examples(kind, domain),
        )
    )


def _indicator(condition: Tensor, like: Tensor) -> Tensor:
    """Return 1 where `condition` holds and 0 elsewhere, in the dtype of `like`."""
    return condition.astype(like.dtype)


_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

ADD = _define("add", "x + y", lambda x, y, out: 1.0, lambda x, y, out: 1.0, kind="number")
SUBTRACT = _define("subtract", "x - y", lambda x, y, out: 1.0, lambda x, y, out: -1.0, kind="number")
MULTIPLY = _define("multiply", "x * y", lambda x, y, out: y, lambda x, y, out: x, kind="number")
DIVIDE = _define(
    "divide",
    "x / y",
    lambda x, y, out: 1.0 / y,
    lambda x, y, out: -out / y,
    domain=(EVERYWHERE, POSITIVE),
)
NEGATIVE = _define("negative", "-x", lambda x, out: -1.0, kind="number")
ABSOLUTE = _define("absolute", "abs(x)", lambda x, out: sign(x), kind="number")
SIGN = _define("sign", "sign(x)", lambda x, out: 0.0, kind="number")
FLOOR = _define("floor", "floor(x)", lambda x, out: 0.0)
MAXIMUM = _define(
    "maximum",
    "max(x, y)",
    lambda x, y, out: _indicator(x >= y, x),
    lambda x, y, out: _indicator(y > x, x),
    kind="number",
)
MINIMUM = _define(
    "minimum",
    "min(x, y)",
    lambda x, y, out: _indicator(x <= y, x),
    lambda x, y, out: _indicator(y < x, x),
    kind="number",
)
POWER = _define(
    "power",
    "x ** y",
    # at y = 0 the first form would be 0 * inf for x = 0; the other has the same derivatives
    lambda x, y, out: where(y == 0.0, y / where(x == 0.0, 1.0, x), y * power(x, y - 1.0)),
    lambda x, y, out: where(x > 0.0, out * log(where(x > 0.0, x, 1.0)), 0.0),
    domain=(POSITIVE, EVERYWHERE),
)
SQRT = _define("sqrt", "sqrt(x)", lambda x, out: 0.5 / out, domain=(POSITIVE,))
EXP = _define("exp", "exp(x)", lambda x, out: out)
EXPM1 = _define("expm1", "exp(x) - 1", lambda x, out: exp(x))
LOG = _define("log", "log(x)", lambda x, out: 1.0 / x, domain=(POSITIVE,))
LOG1P = _define("log1p", "log(1 + x)", lambda x, out: 1.0 / (1.0 + x), domain=((-1.0, math.inf),))
SIN = _define("sin", "sin(x)", lambda x, out: cos(x))
COS = _define("cos", "cos(x)", lambda x, out: -sin(x))
ARCTAN = _define("arctan", "arctan(x)", lambda x, out: 1.0 / (1.0 + x * x))
TANH = _define("tanh", "tanh(x)", lambda x, out: 1.0 - out * out)
SIGMOID = _define("sigmoid", "1 / (1 + exp(-x))", lambda x, out: out * (1.0 - out))
SOFTPLUS = _define("softplus", "log(1 + exp(x))", lambda x, out: sigmoid(x))
ERF = _define("erf", "erf(x)", lambda x, out: _TWO_OVER_ROOT_PI * exp(-(x * x)))
IDENTITY = _define("identity", "x", lambda x, out: 1.0, kind="any")
STOP_GRADIENT = _define_without_derivative(
    "stop_gradient", "x", 1, "any", "stop_gradient holds its operand constant"
)

_BOOLEAN = "its result is boolean"
EQUAL = _define_without_derivative("equal", "x == y", 2, "any", _BOOLEAN, boolean=True)
LESS = _define_without_derivative("less", "x < y", 2, "any", _BOOLEAN, boolean=True)
LESS_EQUAL = _define_without_derivative("less_equal", "x <= y", 2, "any", _BOOLEAN, boolean=True)
_BITS = "it works on integers or booleans"
BITWISE_AND = _define_without_derivative("bitwise_and", "x & y", 2, "bits", _BITS)
BITWISE_OR = _define_without_derivative("bitwise_or", "x | y", 2, "bits", _BITS)
BITWISE_XOR = _define_without_derivative("bitwise_xor", "x ^ y", 2, "bits", _BITS)
BITWISE_NOT = _define_without_derivative("bitwise_not", "~x", 1, "bits", _BITS)
LEFT_SHIFT = _define_without_derivative("left_shift", "x << y", 2, "unsigned", _BITS)
RIGHT_SHIFT = _define_without_derivative("right_shift", "x >> y", 2, "unsigned", _BITS)


def _select_type(types: tuple[TensorType, ...], _attributes: Attributes) -> TensorType:
    condition, *branches = types
    if condition.dtype != BOOLEAN:
        raise DTypeError(
            f"condition: got {condition.dtype}, expected bool; compare it, for example condition != 0."
        )
    check_kind(branches, "any")
    if condition.shape != branches[0].shape:
        raise ShapeError(
            f"condition has shape {condition.shape}, the branches {branches[0].shape}; make them equal."
        )
    return branches[0]


def _select_back(cotangent: Tensor, node: Node, position: int) -> Tensor:
    taken = Tensor(node.inputs[0])
    return where(taken, cotangent, 0.0) if position == 1 else where(taken, 0.0, cotangent)


def _select_example(dtype: str) -> Example:
    branch = Operand(TensorType((2, 3), as_dtype(dtype)), 0.0, 5.0)
    return Example((Operand(TensorType((2, 3), BOOLEAN), 0, 2), branch, branch))


SELECT = register(
    Primitive(
        "select",
        _select_type,
        # not partials of 0 and 1: a branch that is not taken may be infinite, and 0 times that is not 0
        Linear(_select_back, operands=(1, 2), jointly=True),
        elementwise_access,
        formula="y if x else z",
        domain=((0, 2), EVERYWHERE, EVERYWHERE),
        examples=(_select_example("float64"), _select_example("int32")),
    )
)


def _cast_type(types: tuple[TensorType, ...], attributes: Attributes) -> TensorType:
    return types[0].with_dtype(attributes["dtype"])


CAST = register(
    Primitive(
        "cast",
        _cast_type,
        Linear(lambda cotangent, node, _position: cotangent.astype(node.inputs[0].tensor_type.dtype)),
        elementwise_access,
        ("dtype",),
        formula="x",
        domain=(EVERYWHERE,),
        examples=tuple(
            Example((Operand(TensorType((2, 3), as_dtype(source)), 0.0, 9.0),), {"dtype": as_dtype(target)})
            for source, target in (
                ("float64", "float64"),
                ("float32", "float64"),
                ("float64", "int32"),
                ("uint8", "float32"),
                ("bool", "float64"),
            )
        ),
    )
)


def _random_bits_type(types: tuple[TensorType, ...], _attributes: Attributes) -> TensorType:
    check_kind(types, "unsigned")
    if types[0].dtype != as_dtype("uint32"):
        raise DTypeError(
            f"keys and counters are {types[0].dtype}, expected uint32; convert with .astype('uint32')."
        )
    return types[0]


RANDOM_BITS = register(
    Primitive(
        "random_bits",
        _random_bits_type,
        NoDerivative("random bits do not vary with their key"),
        elementwise_access,
        ("word",),
        formula="threefry2x32(x, y, z, w)",
        domain=((0, 2**32),) * 4,
        examples=tuple(
            Example((Operand(TensorType((2, 3), as_dtype("uint32")), 0, 2**31),) * 4, {"word": word})
            for word in (0, 1)
        ),
    )
)


def _binary(primitive: Primitive, x: TensorLike, y: TensorLike) -> Tensor:
    return apply(primitive, as_tensors((x, y)))


def _unary(primitive: Primitive, x: TensorLike) -> Tensor:
    return apply(primitive, (_as_float(x),))


def _as_float(x: TensorLike) -> Tensor:
    return as_tensor(float(x)) if isinstance(x, int) else as_tensor(x)


@operation
def add(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x + y, element by element."""
    return _binary(ADD, x, y)


@operation
def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x - y, element by element."""
    return _binary(SUBTRACT, x, y)


@operation
def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x y, element by element."""
    return _binary(MULTIPLY, x, y)


@operation
def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x / y, element by element."""
    if isinstance(x, int) and isinstance(y, int):
        x = float(x)
    return _binary(DIVIDE, x, y)


@operation
def negative(x: TensorLike) -> Tensor:
    """Return -x."""
    return apply(NEGATIVE, (as_tensor(x),))


@operation
def absolute(x: TensorLike) -> Tensor:
    """Return |x|; its derivative at 0 is 0."""
    return apply(ABSOLUTE, (as_tensor(x),))


@operation
def sign(x: TensorLike) -> Tensor:
    """Return -1, 0 or 1."""
    return apply(SIGN, (as_tensor(x),))


@operation
def floor(x: TensorLike) -> Tensor:
    """Return the largest whole number not above x."""
    return _unary(FLOOR, x)


@operation
def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the larger of x and y; at a tie the gradient goes to x."""
    return _binary(MAXIMUM, x, y)


@operation
def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the smaller of x and y; at a tie the gradient goes to x."""
    return _binary(MINIMUM, x, y)


@operation
def power(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x to the power y; a small whole Python exponent becomes products.

    Example:
        >>> import tiza as tz
        >>> tz.grad(lambda x: x**3)(2.0)
        12.0
    """
    if isinstance(y, int | float) and not isinstance(y, bool) and y in (1, 2, 3, 4):
        return _product_power(as_tensor(x), int(y))
    return _binary(POWER, x, y)


def _product_power(x: Tensor, exponent: int) -> Tensor:
    if exponent == 1:
        return x
    square = x * x
    return {2: lambda: square, 3: lambda: square * x, 4: lambda: square * square}[exponent]()


@operation
def square(x: TensorLike) -> Tensor:
    """Return x squared."""
    return power(x, 2)


@operation
def reciprocal(x: TensorLike) -> Tensor:
    """Return 1 / x."""
    return divide(1.0, x)


@operation
def sqrt(x: TensorLike) -> Tensor:
    """Return the square root of x >= 0."""
    return _unary(SQRT, x)


@operation
def exp(x: TensorLike) -> Tensor:
    """Return e to the power x."""
    return _unary(EXP, x)


@operation
def expm1(x: TensorLike) -> Tensor:
    """Return exp(x) - 1, accurate near 0."""
    return _unary(EXPM1, x)


@operation
def log(x: TensorLike) -> Tensor:
    """Return the natural logarithm of x >= 0."""
    return _unary(LOG, x)


@operation
def log1p(x: TensorLike) -> Tensor:
    """Return log(1 + x), accurate near 0."""
    return _unary(LOG1P, x)


@operation
def sin(x: TensorLike) -> Tensor:
    """Return the sine of x radians."""
    return _unary(SIN, x)


@operation
def cos(x: TensorLike) -> Tensor:
    """Return the cosine of x radians."""
    return _unary(COS, x)


@operation
def tan(x: TensorLike) -> Tensor:
    """Return the tangent of x radians."""
    return sin(x) / cos(x)


@operation
def arctan(x: TensorLike) -> Tensor:
    """Return the angle in radians whose tangent is x."""
    return _unary(ARCTAN, x)


@operation
def tanh(x: TensorLike) -> Tensor:
    """Return the hyperbolic tangent of x."""
    return _unary(TANH, x)


@operation
def sigmoid(x: TensorLike) -> Tensor:
    """Return 1 / (1 + exp(-x))."""
    return _unary(SIGMOID, x)


@operation
def softplus(x: TensorLike) -> Tensor:
    """Return log(1 + exp(x))."""
    return _unary(SOFTPLUS, x)


@operation
def erf(x: TensorLike) -> Tensor:
    """Return the error function of x."""
    return _unary(ERF, x)


@operation
def identity(x: TensorLike) -> Tensor:
    """Return x as a value of its own."""
    return apply(IDENTITY, (as_tensor(x),))


@operation
def stop_gradient(x: TensorLike) -> Tensor:
    """Return x, held constant by every derivative.

    Example:
        >>> import tiza as tz
        >>> tz.grad(lambda x: x * tz.stop_gradient(x))(3.0)
        3.0
    """
    return apply(STOP_GRADIENT, (as_tensor(x),))


@operation
def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x = y."""
    return _binary(EQUAL, x, y)


@operation
def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x differs from y."""
    return bitwise_not(equal(x, y))


@operation
def less(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x < y."""
    return _binary(LESS, x, y)


@operation
def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x <= y."""
    return _binary(LESS_EQUAL, x, y)


@operation
def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x > y."""
    return less(y, x)


@operation
def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Return whether x >= y."""
    return less_equal(y, x)


@operation
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the bits set in both; of booleans, the logical and."""
    return _binary(BITWISE_AND, x, y)


@operation
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the bits set in either; of booleans, the logical or."""
    return _binary(BITWISE_OR, x, y)


@operation
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the bits set in one only."""
    return _binary(BITWISE_XOR, x, y)


@operation
def bitwise_not(x: TensorLike) -> Tensor:
    """Return the bits flipped; of booleans, the logical not."""
    return apply(BITWISE_NOT, (as_tensor(x),))


@operation
def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the bits of unsigned x moved up by y places, fewer than x has bits."""
    return _binary(LEFT_SHIFT, x, y)


@operation
def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Return the bits of unsigned x moved down by y places, fewer than x has bits."""
    return _binary(RIGHT_SHIFT, x, y)


@operation
def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """Return x where `condition` holds, else y."""
    return apply(SELECT, (as_tensor(condition), *as_tensors((x, y))))


@operation
def cast(x: TensorLike, dtype: object) -> Tensor:
    """Return x converted to `dtype`; floats become integers by dropping the fraction."""
    value, target = as_tensor(x), as_dtype(dtype)
    return value if value.dtype == target else apply(CAST, (value,), dtype=target)


@operation
def random_bits(
    key0: TensorLike, key1: TensorLike, counter0: TensorLike, counter1: TensorLike, word: int = 0
) -> Tensor:
    """Return 32 random bits an element: one word of Threefry-2x32-20 (Salmon et al., 2011).

    Args:
        key0: first word of the key, uint32.
        key1: second word of the key, uint32.
        counter0: first word of the counter, uint32.
        counter1: second word of the counter, uint32.
        word: which of the two words of the result, 0 or 1.
    """
    return apply(RANDOM_BITS, as_tensors((key0, key1, counter0, counter1)), word=word)
