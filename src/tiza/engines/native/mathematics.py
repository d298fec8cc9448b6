"""Elementwise mathematics as LLVM IR: code without branches, table look-ups or calls to a library.

Each function takes a builder and values of one type (`float`, `double` or a fixed vector of either), emits its
instructions where the builder stands and returns the result. The lanes do not see one another, so a value has the
same bits in a vector of any length. Subnormal numbers count as zero: the engine runs with them flushed.
Every product-sum is an explicit `llvm.fma`; no instruction has fast-math flags.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from llvmlite import ir

Builder: TypeAlias = Any
Value: TypeAlias = Any
Polynomial: TypeAlias = tuple[float, ...]

# All polynomials are minimax, highest power first: those for float64 from Remez's exchange in 40-digit arithmetic,
# rounded; those for float32 from Lawson's iteration, where the coefficients are rounded one by one, lowest power
# first, and the others fitted again. An error is relative to the function named first, rounding included.

# (exp(r) - 1 - r)/r^2 for |r| <= 0.3475; expm1 within 1.4e-8.
_EXPONENTIAL_32 = (
    0.0013869841350242496,
    0.008366446942090988,
    0.04166744649410248,
    0.1666654497385025,
    0.4999999701976776,
)
# The same; expm1 within 2.7e-17.
_EXPONENTIAL_64 = (
    2.5053814336149453e-08,
    2.762639059419591e-07,
    2.7557408364197227e-06,
    2.4801504430689532e-05,
    0.00019841269717199401,
    0.0013888888932223498,
    0.008333333333390683,
    0.041666666666574904,
    0.16666666666666588,
    0.5000000000000006,
)

# (log(1 + f) - f)/f^2 for sqrt(1/2) <= 1 + f <= sqrt(2); log(1 + f) within 5.9e-9.
_LOGARITHM_32 = (
    -0.07636431604623795,
    0.12762214243412018,
    -0.13159610331058502,
    0.14201579988002777,
    -0.166234090924263,
    0.2000124156475067,
    -0.2500081956386566,
    0.3333333134651184,
    -0.5,
)
# The same; log(1 + f) within 2.6e-17.
_LOGARITHM_64 = (
    0.02029907183275691,
    -0.052927963107975574,
    0.06485483154981027,
    -0.059312152125873555,
    0.057316351209008104,
    -0.06159285920494904,
    0.06670746228549183,
    -0.07152213755135793,
    0.07692938605403812,
    -0.0833281063956854,
    0.09090844196145907,
    -0.10000016521586205,
    0.11111113737399982,
    -0.12499999715378841,
    0.14285714233831232,
    -0.1666666666901662,
    0.2000000000046435,
    -0.2499999999999344,
    0.33333333333331994,
    -0.5,
)


@dataclass(frozen=True)
class _Format:
    """What the algorithms need to know of a floating-point format."""

    name: str
    width: int
    fraction_bits: int
    log2: tuple[float, float]  # log(2) as a sum, the first so short that an exponent times it is exact
    exp_range: tuple[float, float]  # where exp is a normal number
    tanh_is_one: float
    root_half: float  # the least fraction in log's reduction, about sqrt(1/2)
    exponential: Polynomial
    logarithm: Polynomial

    @property
    def bias(self) -> int:
        """What is added to an exponent in its field."""
        return int(2 ** (self.width - self.fraction_bits - 2) - 1)

    @property
    def smallest(self) -> float:
        """The smallest positive normal number."""
        return float(2.0 ** (1 - self.bias))

    @property
    def rounder(self) -> float:
        """Added to a number, it leaves the nearest whole number in the low bits of the fraction."""
        return float(1.5 * 2.0**self.fraction_bits)


_FLOAT32 = _Format(
    name="f32",
    width=32,
    fraction_bits=23,
    log2=(0.693145751953125, 1.428606765330187e-06),
    exp_range=(-87.33654022216797, 88.72283172607422),
    tanh_is_one=9.02,
    root_half=0.70710676908493042,
    exponential=_EXPONENTIAL_32,
    logarithm=_LOGARITHM_32,
)
_FLOAT64 = _Format(
    name="f64",
    width=64,
    fraction_bits=52,
    log2=(0.6931471805598903, 5.497923018708371e-14),
    exp_range=(-708.3964185322641, 709.782712893384),
    tanh_is_one=19.1,
    root_half=0.7071067811865476,
    exponential=_EXPONENTIAL_64,
    logarithm=_LOGARITHM_64,
)
_FORMATS = {"float": _FLOAT32, "double": _FLOAT64}


class _Int:
    """An integer value, or a vector of them, with Python's operators."""

    def __init__(self, builder: Builder, value: Value) -> None:
        self.builder = builder
        self.value = value

    def _emit(self, instruction: str, other: _Int | int) -> _Int:
        operand = other.value if isinstance(other, _Int) else _constant(self.value.type, other)
        return _Int(self.builder, getattr(self.builder, instruction)(self.value, operand))

    def __add__(self, other: _Int | int) -> _Int:
        return self._emit("add", other)

    def __sub__(self, other: _Int | int) -> _Int:
        return self._emit("sub", other)

    def __and__(self, other: _Int | int) -> _Int:
        return self._emit("and_", other)

    def __xor__(self, other: _Int | int) -> _Int:
        return self._emit("xor", other)

    def __lshift__(self, other: int) -> _Int:
        return self._emit("shl", other)

    def __rshift__(self, other: int) -> _Int:
        """Shift right, copies of the sign coming in."""
        return self._emit("ashr", other)


class _Float:
    """A floating-point value, or a vector of them, with Python's operators; numbers become constants."""

    def __init__(self, builder: Builder, value: Value) -> None:
        self.builder = builder
        self.value = value

    @property
    def format(self) -> _Format:
        return _FORMATS[str(_element(self.value.type))]

    def constant(self, number: float) -> _Float:
        return _Float(self.builder, _constant(self.value.type, number))

    def lift(self, other: _Float | float) -> _Float:
        return other if isinstance(other, _Float) else self.constant(other)

    def _emit(self, instruction: str, other: _Float | float) -> _Float:
        return _Float(self.builder, getattr(self.builder, instruction)(self.value, self.lift(other).value))

    def __add__(self, other: _Float | float) -> _Float:
        return self._emit("fadd", other)

    def __sub__(self, other: _Float | float) -> _Float:
        return self._emit("fsub", other)

    def __rsub__(self, other: float) -> _Float:
        return self.constant(other) - self

    def __mul__(self, other: _Float | float) -> _Float:
        return self._emit("fmul", other)

    def __truediv__(self, other: _Float | float) -> _Float:
        return self._emit("fdiv", other)

    def __rtruediv__(self, other: float) -> _Float:
        return self.constant(other) / self

    def __neg__(self) -> _Float:
        return _Float(self.builder, self.builder.fneg(self.value))

    def compare(self, operator: str, other: _Float | float) -> Value:
        """Where the comparison holds; it does not hold with NaN."""
        return self.builder.fcmp_ordered(operator, self.value, self.lift(other).value)

    def compare_or_nan(self, operator: str, other: _Float | float) -> Value:
        """Where the comparison holds or an operand is NaN."""
        return self.builder.fcmp_unordered(operator, self.value, self.lift(other).value)

    def intrinsic(self, name: str, *others: _Float | float) -> _Float:
        """The result of an LLVM intrinsic whose operands and result have this type."""
        type_ = self.value.type
        operands = [self.value, *(self.lift(other).value for other in others)]
        function_type = ir.FunctionType(type_, [type_] * len(operands))
        declared = self.builder.module.declare_intrinsic(f"llvm.{name}.{_suffix(type_)}", (), function_type)
        return _Float(self.builder, self.builder.call(declared, operands))

    def times_plus(self, factor: _Float | float, addend: _Float | float) -> _Float:
        """`self * factor + addend`, rounded once."""
        return self.intrinsic("fma", factor, addend)

    def polynomial(self, coefficients: Polynomial) -> _Float:
        """Value here of the polynomial with these coefficients, highest power first, by Horner's rule."""
        first = self.constant(coefficients[0])
        return reduce(lambda value, number: value.times_plus(self, number), coefficients[1:], first)

    def at_least(self, bound: float) -> _Float:
        """The larger of this and `bound`, or NaN; the operands stand so that this is one instruction."""
        return _select(self.constant(bound).compare(">", self), self.constant(bound), self)

    def at_most(self, bound: float) -> _Float:
        """The smaller of this and `bound`, or NaN."""
        return _select(self.constant(bound).compare("<", self), self.constant(bound), self)

    def bits(self) -> _Int:
        type_ = _integers(self.value.type)
        return _Int(self.builder, self.builder.bitcast(self.value, type_))

    def from_bits(self, bits: _Int) -> _Float:
        """The value of this type that has these bits."""
        return _Float(self.builder, self.builder.bitcast(bits.value, self.value.type))

    def from_whole(self, whole: _Int) -> _Float:
        """The value of this type of small whole numbers."""
        if self.format.width == 32:
            return _Float(self.builder, self.builder.sitofp(whole.value, self.value.type))
        # not every processor converts 64-bit integers
        rounder = self.constant(self.format.rounder)
        return self.from_bits(whole + rounder.bits()) - rounder


def _element(type_: Any) -> Any:
    return type_.element if isinstance(type_, ir.VectorType) else type_


def _suffix(type_: Any) -> str:
    name = _FORMATS[str(_element(type_))].name
    return f"v{type_.count}{name}" if isinstance(type_, ir.VectorType) else name


def _integers(type_: Any) -> Any:
    """The integer type as wide as this floating-point type."""
    integer = ir.IntType(_FORMATS[str(_element(type_))].width)
    return ir.VectorType(integer, type_.count) if isinstance(type_, ir.VectorType) else integer


def _constant(type_: Any, number: float) -> Value:
    if not isinstance(type_, ir.VectorType):
        return ir.Constant(type_, number)
    repeated = ir.FormattedConstant(type_, "")
    repeated.constant = f"splat ({ir.Constant(type_.element, number)})"
    return repeated


def _select(mask: Value, chosen: _Float, otherwise: _Float) -> _Float:
    return _Float(chosen.builder, chosen.builder.select(mask, chosen.value, otherwise.value))


def _round_to_multiple(x: _Float, inverse: float, offset: int = 0) -> tuple[_Float, _Int]:
    """The whole number n nearest to `x * inverse`, also as an integer that holds n + offset in its low bits."""
    rounder = x.format.rounder + offset
    shifted = x.times_plus(inverse, rounder)
    return shifted - rounder, shifted.bits()


def _reduce_exponent(x: _Float, offset: int = 0) -> tuple[_Float, _Int]:
    """The r and n with `x = n log(2) + r`, |r| <= log(2)/2; n + offset comes in the low bits of an integer."""
    n, bits = _round_to_multiple(x, 1.0 / math.log(2.0), offset)
    high, low = x.format.log2
    return n.times_plus(-low, n.times_plus(-high, x)), bits


def _exp_up(x: _Float) -> _Float:
    """`exp(x)`, infinite where it overflows; 0 a little before it underflows, at twice the smallest number."""
    format_ = x.format
    low, high = format_.exp_range
    bounded = x.at_least(low - 0.1).at_most(high + 0.2)
    r, bits = _reduce_exponent(bounded, format_.bias - 1)
    # Twice the exponential of r times half the power of 2: so it overflows when it should, and only then.
    doubled = tuple(2.0 * coefficient for coefficient in (*format_.exponential, 1.0, 1.0))
    return r.polynomial(doubled) * x.from_bits(bits << format_.fraction_bits)


def exp(builder: Builder, x: Value) -> Value:
    """Exponential."""
    number = _Float(builder, x)
    format_ = number.format
    low, high = format_.exp_range
    r, bits = _reduce_exponent(number)
    mantissa = r.polynomial((*format_.exponential, 1.0, 1.0))
    scaled = mantissa.bits() + (bits << format_.fraction_bits)
    normal = _select(number.compare("<", low), number.constant(0.0), number.from_bits(scaled))
    result = _select(number.compare_or_nan(">", high), number + math.inf, normal)
    return result.value


def log(builder: Builder, x: Value) -> Value:
    """Natural logarithm."""
    number = _Float(builder, x)
    format_ = number.format
    places, tiny = format_.fraction_bits, format_.smallest
    bits = number.bits()
    exponent = (bits - number.constant(format_.root_half).bits()) >> places
    f = number.from_bits(bits - (exponent << places)) - 1.0
    series = (f * f).times_plus(f.polynomial(format_.logarithm), f)
    finite = number.from_whole(exponent).times_plus(math.log(2.0), series)
    result = _select(number.compare_or_nan(">=", math.inf), number, finite)
    result = _select(number.compare("<", tiny), number.constant(-math.inf), result)
    return _select(number.compare("<=", -tiny), number.constant(math.nan), result).value


def tanh(builder: Builder, x: Value) -> Value:
    """Hyperbolic tangent."""
    number = _Float(builder, x)
    format_ = number.format
    y = number.intrinsic("fabs").at_most(format_.tanh_is_one)
    n, bits = _round_to_multiple(y, 2.0 / math.log(2.0), format_.bias)
    r = n.times_plus(-0.5 * math.log(2.0), y)
    scale = y.from_bits(bits << format_.fraction_bits)
    degree = len(format_.exponential) - 1
    doubled = tuple(c * 2.0 ** (degree - k + 1) for k, c in enumerate(format_.exponential))
    half = (r * r).times_plus(r.polynomial(doubled), r)
    half = scale.times_plus(half, -scale.times_plus(-0.5, 0.5))
    ratio = half / (half + 1.0)
    near_zero = (-half).times_plus(ratio, half)
    size = _select(half.compare("<", 0.25), near_zero, ratio)
    return size.intrinsic("copysign", number).value


def sigmoid(builder: Builder, x: Value) -> Value:
    """Logistic sigmoid, `1/(1 + exp(-x))`."""
    number = _Float(builder, x)
    format_ = number.format
    low, high = format_.exp_range
    r, bits = _reduce_exponent((-number).at_least(low + 1.0).at_most(high - 0.4), format_.bias)
    scale = number.from_bits(bits << format_.fraction_bits)
    growth = r.polynomial((*format_.exponential, 1.0))
    return (1.0 / ((scale * r).times_plus(growth, 1.0) + scale)).value


def sqrt(builder: Builder, x: Value) -> Value:
    """Square root, rounded correctly."""
    return _Float(builder, x).intrinsic("sqrt").value


def floor(builder: Builder, x: Value) -> Value:
    """Largest whole number not above x."""
    return _Float(builder, x).intrinsic("floor").value


def absolute(builder: Builder, x: Value) -> Value:
    """Absolute value."""
    return _Float(builder, x).intrinsic("fabs").value


def sign(builder: Builder, x: Value) -> Value:
    """Sign: 1, -1, 0 for either zero, or NaN."""
    number = _Float(builder, x)
    one = number.constant(1.0).intrinsic("copysign", number)
    return _select(number.compare("!=", 0.0), one, number + 0.0).value


def maximum(builder: Builder, x: Value, y: Value) -> Value:
    """The larger one; NaN if one is; the second of two zeros."""
    first, second = _Float(builder, x), _Float(builder, y)
    larger = _select(first.compare(">", second), first, second)
    return _select(first.compare_or_nan("!=", first), first, larger).value


def minimum(builder: Builder, x: Value, y: Value) -> Value:
    """The smaller one; NaN if one is; the second of two zeros."""
    first, second = _Float(builder, x), _Float(builder, y)
    smaller = _select(first.compare("<", second), first, second)
    return _select(first.compare_or_nan("!=", first), first, smaller).value


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "absolute": absolute,
    "exp": exp,
    "floor": floor,
    "log": log,
    "maximum": maximum,
    "minimum": minimum,
    "sigmoid": sigmoid,
    "sign": sign,
    "sqrt": sqrt,
    "tanh": tanh,
}
"""The function that emits each primitive, by the primitive's name."""
