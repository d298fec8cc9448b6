"""Elementwise mathematics as LLVM IR: code without branches, table look-ups or calls to a library.

Each function takes a builder and values of one type (`float`, `double` or a fixed vector of either), appends
its instructions to the builder's block and returns the result. The lanes do not see one another: a number has
the same result in a vector of any length. Only `sin` and `cos` branch, when a lane holds a very large number;
the builder then stands in a later block.

Subnormal numbers count as zero, for the engine runs with them flushed; without that, too, a subnormal
argument or result may be taken for zero. Every product-sum is an explicit `llvm.fma`, and no instruction has
fast-math flags. An accuracy is the largest error seen, in units in the last place of the exact result: in
float32 over every number where the function varies (`power`, and `sin` and `cos` beyond 1e5: over millions),
in float64 over some ten thousand.
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
Type: TypeAlias = Any
Polynomial: TypeAlias = tuple[float, ...]

# All polynomials are minimax, highest power first: those for float64 from Remez's exchange in 40-digit
# arithmetic, then rounded; those for float32 from Lawson's iteration, their coefficients rounded one by one,
# the lowest power first, and the others fitted again each time. Errors are relative and include the rounding.

# (exp(r) - 1 - r)/r^2 for |r| <= 0.3475; expm1(r) within 1.4e-8.
_EXPONENTIAL_32 = (
    0.0013869841350242496,
    0.008366446942090988,
    0.04166744649410248,
    0.1666654497385025,
    0.4999999701976776,
)
# The same; within 2.7e-17.
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
# The same; within 2.6e-17.
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

# (log(1 + e) - e)/e^2 for 0 <= e <= 1; log(1 + e) within 5.3e-9.
_SOFTPLUS_32 = (
    -0.003291074186563492,
    0.02008846029639244,
    -0.0574604831635952,
    0.10661371052265167,
    -0.15344977378845215,
    0.1969212144613266,
    -0.24958020448684692,
    0.33330464363098145,
    -0.4999993145465851,
)
# The same; within 2.9e-17.
_SOFTPLUS_64 = (
    2.5330164487508368e-05,
    -0.0002917634447545911,
    0.0015957513233198677,
    -0.005543137748322903,
    0.013838645210441761,
    -0.02674403817697499,
    0.042300185175173234,
    -0.05750205719066605,
    0.07035543656309518,
    -0.08081211786907824,
    0.09013153659364319,
    -0.09981014917925038,
    0.11107505998388259,
    -0.12499479614506284,
    0.1428565889768541,
    -0.16666662498571952,
    0.1999999979132906,
    -0.24999999993676914,
    0.33333333333235055,
    -0.4999999999999946,
)

# (log((1 + s)/(1 - s)) - 2s - 2/3 s^3)/s^5 in powers of s^2, |s| <= 0.17158; the logarithm within 8.5e-12.
_POWER_32 = (
    0.23419633507728577,
    0.2854709029197693,
    0.40000152587890625,
)
# The same; within 1.1e-20.
_POWER_64 = (
    0.11988980056754746,
    0.1167482249060912,
    0.1333631722239335,
    0.15384556876123032,
    0.1818181887023912,
    0.22222222217537088,
    0.28571428571445107,
    0.3999999999999998,
)

# (sin(r) - r)/r^3 in powers of r^2, for |r| <= 1.5712; sin(r) within 1.2e-8.
# (Of the neighbours of the minimax coefficients, those with the best roundings near pi/2, none above 1.)
_SINE_32 = (
    2.606095677037956e-06,
    -0.00019809768127743155,
    0.00833306834101677,
    -0.16666659712791443,
)
# The same; within 1.7e-18.
_SINE_64 = (
    2.7211287790192155e-15,
    -7.642987193016274e-13,
    1.6058939544403487e-10,
    -2.50521068696642e-08,
    2.7557319211103855e-06,
    -0.000198412698412091,
    0.008333333333333194,
    -0.16666666666666666,
)

# (arctan(t) - t)/t^3 in powers of t^2, for 0 <= t <= 1; arctan(t) within 1.7e-8.
_ARCTANGENT_32 = (
    0.0029197228141129017,
    -0.01636413298547268,
    0.043205857276916504,
    -0.07551723718643188,
    0.10665785521268845,
    -0.14211003482341766,
    0.19993767142295837,
    -0.33333152532577515,
)
# The same; within 3.1e-17.
_ARCTANGENT_64 = (
    1.3225448915220177e-05,
    -0.00015216462270524906,
    0.0008313393527883665,
    -0.0028849685544594457,
    0.007196601740922783,
    -0.01390070136924527,
    0.02198500600690397,
    -0.029903985338659917,
    0.0366419928617888,
    -0.04219183090168355,
    0.04722323844619395,
    -0.05253519050149127,
    0.058805279311847224,
    -0.06666404078181432,
    0.07692279841967431,
    -0.09090907003236601,
    0.11111111007041134,
    -0.14285714282575665,
    0.1999999999995147,
    -0.3333333333333307,
)

# erf(x)/x - 1 in powers of x^2, for 0 <= x <= 0.85; erf(x) within 7e-9.
_ERROR_NEAR_32 = (
    -0.0006331905606202781,
    0.005054902285337448,
    -0.02680564485490322,
    0.11282826215028763,
    -0.37612587213516235,
    0.12837916612625122,
)
# The same; within 2.2e-17.
_ERROR_NEAR_64 = (
    1.066229441815747e-08,
    -1.5692260315311116e-07,
    1.639837516779894e-06,
    -1.4921857798637389e-05,
    0.00012055187040873073,
    -0.0008548323401277555,
    0.005223977569215704,
    -0.02686617064002538,
    0.11283791670931281,
    -0.37612638903183315,
    0.12837916709551256,
)

# -log(1 - erf(x)) for 0.85 <= x <= 4; erf(x) within 2.1e-9.
_ERROR_FAR_32 = (
    -0.00020368516561575234,
    0.003117912681773305,
    -0.022519215941429138,
    0.10452615469694138,
    0.6365187764167786,
    1.128061056137085,
    0.00010452024434925988,
)
# The same, for 0.85 <= x <= 5.95; within 5.1e-18.
_ERROR_FAR_64 = (
    -1.534987209605304e-12,
    6.790128850731636e-11,
    -1.4068703973915424e-09,
    1.8130626369313884e-08,
    -1.6256811150592546e-07,
    1.0724972952322775e-06,
    -5.3454504165197754e-06,
    2.015653925051514e-05,
    -5.533204319360849e-05,
    9.35289775607699e-05,
    3.2327324374486448e-06,
    -0.0005817108355478904,
    0.0017018018614853225,
    -0.00022126504150785475,
    -0.019117971869269862,
    0.10276696017815669,
    0.6366217244090062,
    1.1283787664070455,
    3.734893553583655e-08,
)

# The bits of 1/pi after the binary point, as many as the largest float64 needs.
_INVERSE_PI = int(
    "517cc1b727220a94fe13abe8fa9a6ee06db14acc9e21c820ff28b1d5ef5de2b0"
    "db92371d2126e9700324977504e8c90e7f0ef58e5894d39f74411afa975da242"
    "74ce38135a2fbf209cc8eb1cc1a99cfa4e422fc5defc941d8ffc4bffef02cc07"
    "f79788c5ad05368fb69b3f6793e584dba7a31fb34f2ff516ba93dd63f5f2f8bd"
    "9e839cfbc529497535fdafd88fc6ae84",
    16,
)
_INVERSE_PI_BITS = 1152
_PART_BITS = 26
# The parts' sum is 2^_PART_SCALE/(2 pi); the scale keeps the smallest part normal.
_PART_SCALE = 200
_PARTS = tuple(
    math.ldexp(
        float(_INVERSE_PI >> (_INVERSE_PI_BITS - _PART_BITS * (k + 1)) & (2**_PART_BITS - 1)),
        _PART_SCALE - 1 - _PART_BITS * (k + 1),
    )
    for k in range(_INVERSE_PI_BITS // _PART_BITS)
)
_PI_64 = (3.141592653589793, 1.224646799147353e-16, 2.1657133478438278e-32)


@dataclass(frozen=True)
class _Format:
    """What the algorithms need to know of a floating-point format."""

    name: str
    width: int
    fraction_bits: int
    log2: tuple[float, float]  # log(2) as a sum, the first so short that an exponent times it is exact
    two_thirds: tuple[float, float]  # as a sum
    pi: tuple[float, float, float]  # as a sum, all positive: so the sign of a zero survives the reduction
    exp_range: tuple[float, float]  # where exp is a normal number
    tanh_is_one: float
    erf_is_one: float
    sine_limit: float  # beyond it pi as a sum of three is not enough
    pi_parts: int  # the parts of 1/pi that the largest number needs
    exponential: Polynomial
    logarithm: Polynomial
    softplus: Polynomial
    power: Polynomial
    sine: Polynomial
    arctangent: Polynomial
    error_near: Polynomial
    error_far: Polynomial

    @property
    def bias(self) -> int:
        """What is added to an exponent in its field."""
        return int(2 ** (self.width - self.fraction_bits - 2) - 1)

    @property
    def smallest(self) -> float:
        """The smallest positive normal number."""
        return math.ldexp(1.0, 1 - self.bias)

    @property
    def rounder(self) -> float:
        """Added to a number, it leaves the nearest whole number in the low bits of the fraction."""
        return math.ldexp(1.5, self.fraction_bits)


_FLOAT32 = _Format(
    name="f32",
    width=32,
    fraction_bits=23,
    log2=(0.693145751953125, 1.428606765330187e-06),
    two_thirds=(0.6666666865348816, -1.9868215517249155e-08),
    pi=(3.141592502593994, 1.5099578831723193e-07, 1.078060505991553e-14),
    exp_range=(-87.33654022216797, 88.72283172607422),
    tanh_is_one=9.02,
    erf_is_one=4.0,
    sine_limit=1e5,
    pi_parts=9,
    exponential=_EXPONENTIAL_32,
    logarithm=_LOGARITHM_32,
    softplus=_SOFTPLUS_32,
    power=_POWER_32,
    sine=_SINE_32,
    arctangent=_ARCTANGENT_32,
    error_near=_ERROR_NEAR_32,
    error_far=_ERROR_FAR_32,
)
_FLOAT64 = _Format(
    name="f64",
    width=64,
    fraction_bits=52,
    log2=(0.6931471805598903, 5.497923018708371e-14),
    two_thirds=(0.6666666666666666, 3.700743415417188e-17),
    pi=_PI_64,
    exp_range=(-708.3964185322641, 709.782712893384),
    tanh_is_one=19.1,
    erf_is_one=5.95,
    sine_limit=1e9,
    pi_parts=len(_PARTS),
    exponential=_EXPONENTIAL_64,
    logarithm=_LOGARITHM_64,
    softplus=_SOFTPLUS_64,
    power=_POWER_64,
    sine=_SINE_64,
    arctangent=_ARCTANGENT_64,
    error_near=_ERROR_NEAR_64,
    error_far=_ERROR_FAR_64,
)
_FORMATS = {"float": _FLOAT32, "double": _FLOAT64}
_LOG_2 = math.log(2.0)


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

    def __rsub__(self, other: int) -> _Int:
        return _Int(self.builder, _constant(self.value.type, other)) - self

    def __and__(self, other: _Int | int) -> _Int:
        return self._emit("and_", other)

    def __xor__(self, other: _Int | int) -> _Int:
        return self._emit("xor", other)

    def __lshift__(self, other: int) -> _Int:
        return self._emit("shl", other)

    def __rshift__(self, other: int) -> _Int:
        """Shift right, copies of the sign coming in."""
        return self._emit("ashr", other)


class _Mask:
    """A truth value, or a vector of them."""

    def __init__(self, builder: Builder, value: Value) -> None:
        self.builder = builder
        self.value = value

    def __and__(self, other: _Mask) -> _Mask:
        return _Mask(self.builder, self.builder.and_(self.value, other.value))

    def __or__(self, other: _Mask) -> _Mask:
        return _Mask(self.builder, self.builder.or_(self.value, other.value))

    def __invert__(self) -> _Mask:
        return _Mask(self.builder, self.builder.not_(self.value))

    def select(self, chosen: _Float, otherwise: _Float | float) -> _Float:
        """`chosen` where this holds, else `otherwise`."""
        other = chosen.lift(otherwise).value
        return _Float(self.builder, self.builder.select(self.value, chosen.value, other))

    def any(self) -> Value:
        """Whether this holds in some lane, as one truth value."""
        type_ = self.value.type
        if not isinstance(type_, ir.VectorType):
            return self.value
        name = f"llvm.vector.reduce.or.v{type_.count}i1"
        function_type = ir.FunctionType(type_.element, [type_])
        reduction = self.builder.module.declare_intrinsic(name, (), function_type)
        return self.builder.call(reduction, [self.value])


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

    def __abs__(self) -> _Float:
        return self.intrinsic("fabs")

    def compare(self, operator: str, other: _Float | float) -> _Mask:
        """Where the comparison holds; it does not hold with NaN."""
        return _Mask(self.builder, self.builder.fcmp_ordered(operator, self.value, self.lift(other).value))

    def compare_or_nan(self, operator: str, other: _Float | float) -> _Mask:
        """Where the comparison holds or an operand is NaN."""
        return _Mask(self.builder, self.builder.fcmp_unordered(operator, self.value, self.lift(other).value))

    def is_nan(self) -> _Mask:
        return self.compare_or_nan("!=", self)

    def is_whole(self) -> _Mask:
        return self.intrinsic("floor").compare("==", self)

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
        return self.constant(bound).compare(">", self).select(self.constant(bound), self)

    def at_most(self, bound: float) -> _Float:
        """The smaller of this and `bound`, or NaN."""
        return self.constant(bound).compare("<", self).select(self.constant(bound), self)

    def with_sign_of(self, other: _Float) -> _Float:
        return self.intrinsic("copysign", other)

    def bits(self) -> _Int:
        return _Int(self.builder, self.builder.bitcast(self.value, _integers(self.value.type)))

    def from_bits(self, bits: _Int) -> _Float:
        """The value of this type that has these bits."""
        return _Float(self.builder, self.builder.bitcast(bits.value, self.value.type))

    def from_field(self, bits: _Int) -> _Float:
        """The power of 2 whose exponent field is in the low bits; field 0 gives 0."""
        return self.from_bits(bits << self.format.fraction_bits)

    def from_whole(self, whole: _Int) -> _Float:
        """The value of this type of small whole numbers."""
        if self.format.width == 32:
            return _Float(self.builder, self.builder.sitofp(whole.value, self.value.type))
        # not every processor converts 64-bit integers
        rounder = self.constant(self.format.rounder)
        return self.from_bits(whole + rounder.bits()) - rounder


@dataclass(frozen=True)
class _Pair:
    """A number as an unevaluated sum, the second part below the last place of the first."""

    high: _Float
    low: _Float

    def __mul__(self, other: _Pair) -> _Pair:
        high = self.high * other.high
        error = self.high.times_plus(other.high, -high)
        return _Pair(high, self.low.times_plus(other.high, self.high.times_plus(other.low, error)))


def _fast_sum(large: _Float, small: _Float) -> _Pair:
    """The exact sum, if `large` is 0 or not the smaller one."""
    total = large + small
    return _Pair(total, small - (total - large))


def _exact_sum(x: _Float, y: _Float) -> _Pair:
    total = x + y
    seen = total - x
    return _Pair(total, (x - (total - seen)) + (y - seen))


def _element(type_: Type) -> Type:
    return type_.element if isinstance(type_, ir.VectorType) else type_


def _like(type_: Type, element: Type) -> Type:
    """The type with as many lanes as `type_`, of another element."""
    return ir.VectorType(element, type_.count) if isinstance(type_, ir.VectorType) else element


def _suffix(type_: Type) -> str:
    name = _FORMATS[str(_element(type_))].name
    return f"v{type_.count}{name}" if isinstance(type_, ir.VectorType) else name


def _integers(type_: Type) -> Type:
    """The integer type as wide as this floating-point type."""
    return _like(type_, ir.IntType(_FORMATS[str(_element(type_))].width))


def _constant(type_: Type, number: float) -> Value:
    if not isinstance(type_, ir.VectorType):
        return ir.Constant(type_, number)
    repeated = ir.FormattedConstant(type_, "")
    repeated.constant = f"splat ({ir.Constant(type_.element, number)})"
    return repeated


def _nearest_multiple(x: _Float, inverse: float, offset: int = 0) -> tuple[_Float, _Int]:
    """The n nearest to `x * inverse`, and an integer that holds n + offset in its low bits."""
    rounder = x.format.rounder + offset
    shifted = x.times_plus(inverse, rounder)
    return shifted - rounder, shifted.bits()


def _reduce_exponent(x: _Float, offset: int = 0, direction: int = 1) -> tuple[_Float, _Int]:
    """The r = x - n log(2), |r| <= log(2)/2, and an integer that holds n + offset in its low bits.

    With direction -1 it is the reduction of -x: n changes its sign, r does not.
    """
    n, bits = _nearest_multiple(x, direction / _LOG_2, offset)
    high, low = x.format.log2
    return n.times_plus(-direction * low, n.times_plus(-direction * high, x)), bits


def _split(x: _Float) -> tuple[_Int, _Float]:
    """The exponent n of `x = 2^n m`, sqrt(1/2) <= m < sqrt(2), and m; of a positive normal number."""
    places = x.format.fraction_bits
    bits = x.bits()
    exponent = (bits - x.constant(math.sqrt(0.5)).bits()) >> places
    return exponent, x.from_bits(bits - (exponent << places))


def _log_near_one(f: _Float) -> _Float:
    """`log(1 + f)` for the fractions that `_split` leaves."""
    return (f * f).times_plus(f.polynomial(f.format.logarithm), f)


def _expm1_near_zero(r: _Float) -> _Float:
    """`exp(r) - 1` for what `_reduce_exponent` leaves."""
    return (r * r).times_plus(r.polynomial(r.format.exponential), r)


def _exp_down(x: _Float) -> _Float:
    """`exp(x)` for x <= 0 (or NaN)."""
    r, bits = _reduce_exponent(x, x.format.bias)
    value = r.polynomial((*x.format.exponential, 1.0, 1.0)) * x.from_field(bits)
    return x.compare("<", x.format.exp_range[0]).select(x.constant(0.0), value)


def exp(builder: Builder, x: Value) -> Value:
    """Exponential; float32 within 0.92 ulp, float64 within 0.9.

    Source: the reduction in two steps is that of W. J. Cody and W. Waite, "Software Manual for the Elementary
    Functions" (1980); the polynomial is this module's own.
    """
    number = _Float(builder, x)
    low, high = number.format.exp_range
    r, bits = _reduce_exponent(number)
    mantissa = r.polynomial((*number.format.exponential, 1.0, 1.0))
    scaled = number.from_bits(mantissa.bits() + (bits << number.format.fraction_bits))
    normal = number.compare("<", low).select(number.constant(0.0), scaled)
    return number.compare_or_nan(">", high).select(number + math.inf, normal).value


def expm1(builder: Builder, x: Value) -> Value:
    """Exponential less 1; float32 within 1.54 ulp, float64 within 2.

    `exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1)`, in halves, so that 2^n may overflow; results below twice the
    smallest normal number may be flushed with subnormal ones.
    """
    number = _Float(builder, x)
    low, high = number.format.exp_range
    r, bits = _reduce_exponent(number.at_least(low - 0.1).at_most(high + 0.2), number.format.bias - 1)
    scale = number.from_field(bits)
    half = scale.times_plus(_expm1_near_zero(r), scale - 0.5)
    return (half + half).with_sign_of(number).value


def log(builder: Builder, x: Value) -> Value:
    """Natural logarithm; float32 within 0.94 ulp, float64 within 1.3."""
    number = _Float(builder, x)
    tiny = number.format.smallest
    exponent, fraction = _split(number)
    finite = number.from_whole(exponent).times_plus(_LOG_2, _log_near_one(fraction - 1.0))
    result = number.compare_or_nan(">=", math.inf).select(number, finite)
    result = number.compare("<", tiny).select(number.constant(-math.inf), result)
    return number.compare("<=", -tiny).select(number.constant(math.nan), result).value


def log1p(builder: Builder, x: Value) -> Value:
    """Logarithm of 1 + x; float32 within 1.48 ulp, float64 within 1.6.

    `log(1 + x) = n log(2) + log(1 + f)` with the n that suits the rounded `1 + x`, and with
    `f = 2^-n x + (2^-n - 1)`, which rounds once.
    """
    number = _Float(builder, x)
    exponent, _ = _split(number + 1.0)
    # four times 2^-n, which is normal for every n
    scale = number.from_field((number.format.bias + 2) - exponent)
    f = number.times_plus(scale, scale - 4.0) * 0.25
    finite = number.from_whole(exponent).times_plus(_LOG_2, _log_near_one(f)).with_sign_of(number)
    result = number.compare_or_nan(">=", math.inf).select(number, finite)
    pole = number.compare("==", -1.0).select(number.constant(-math.inf), math.nan)
    return number.compare("<=", -1.0).select(pole, result).value


def softplus(builder: Builder, x: Value) -> Value:
    """Softplus, `log(1 + exp(x))`; float32 within 1.87 ulp, float64 within 1.7.

    `max(x, 0) + log(1 + e)` with `e = exp(-|x|)`, and a polynomial in e for the logarithm.
    """
    number = _Float(builder, x)
    e = _exp_down(-abs(number))
    rest = (e * e).times_plus(e.polynomial(number.format.softplus), e)
    return (number.at_least(0.0) + rest).value


def tanh(builder: Builder, x: Value) -> Value:
    """Hyperbolic tangent; float32 within 1.86 ulp, float64 within 1.9.

    `h/(h + 1)` with `h = (exp(2|x|) - 1)/2`; for small h the same as `h - h h/(h + 1)`, where the rounding of
    the quotient counts for little.
    """
    number = _Float(builder, x)
    format_ = number.format
    y = abs(number).at_most(format_.tanh_is_one)
    n, bits = _nearest_multiple(y, 2.0 / _LOG_2, format_.bias)
    r = n.times_plus(-0.5 * _LOG_2, y)
    scale = y.from_field(bits)
    # (exp(2r) - 1)/2 = r + r^2 q(2r) 2
    degree = len(format_.exponential) - 1
    of_double = tuple(math.ldexp(c, degree - k + 1) for k, c in enumerate(format_.exponential))
    half = (r * r).times_plus(r.polynomial(of_double), r)
    h = scale.times_plus(half, scale.times_plus(0.5, -0.5))
    ratio = h / (h + 1.0)
    size = h.compare("<", 0.5).select((-h).times_plus(ratio, h), ratio)
    return size.with_sign_of(number).value


def sigmoid(builder: Builder, x: Value) -> Value:
    """Logistic sigmoid, `1/(1 + exp(-x))`; float32 within 2 ulp, float64 within 2."""
    number = _Float(builder, x)
    format_ = number.format
    low, high = format_.exp_range
    bounded = number.at_most(0.1 - low).at_least(-0.2 - high)
    r, bits = _reduce_exponent(bounded, format_.bias - 1, direction=-1)
    half_scale = number.from_field(bits)
    # exp(-r) - 1 = r growth(r), with growth a polynomial; here twice that
    coefficients = (*format_.exponential, 1.0)
    growth = tuple(2.0 * c * (-1.0) ** (len(coefficients) - k) for k, c in enumerate(coefficients))
    rest = (half_scale * r).times_plus(r.polynomial(growth), 1.0)
    return (1.0 / half_scale.times_plus(2.0, rest)).value


def erf(builder: Builder, x: Value) -> Value:
    """Error function; float32 within 1.12 ulp, float64 within 1.

    An odd polynomial near zero, `1 - exp(-T(|x|))` with a polynomial T farther out.

    Source: the second form is that of C. Hastings, "Approximations for Digital Computers" (1955), with an
    exponential; both polynomials are this module's own.
    """
    number = _Float(builder, x)
    format_ = number.format
    size = abs(number).at_most(format_.erf_is_one)
    near_zero = size.times_plus((size * size).polynomial(format_.error_near), size)
    exponent = -size.polynomial(format_.error_far)
    r, bits = _reduce_exponent(exponent, format_.bias)
    far = 1.0 - r.polynomial((*format_.exponential, 1.0, 1.0)) * size.from_field(bits)
    return size.compare("<", 0.85).select(near_zero, far).with_sign_of(number).value


def arctan(builder: Builder, x: Value) -> Value:
    """Inverse tangent; float32 within 1.99 ulp, float64 within 1.4.

    `arctan(t)` or, beyond 1, `pi/2 + arctan(-1/x)`.
    """
    number = _Float(builder, x)
    size = abs(number)
    beyond = size.compare(">", 1.0)
    t = beyond.select(number.constant(-1.0), size) / beyond.select(size, 1.0)
    square = t * t
    value = (square * t).times_plus(square.polynomial(number.format.arctangent), t)
    turned = beyond.select(number.constant(0.5 * math.pi), 0.0) + value
    return turned.with_sign_of(number).value


def sin(builder: Builder, x: Value) -> Value:
    """Sine; float32 within 1.77 ulp, float64 within 1.6, for every number.

    `sin(n pi + r) = (-1)^n sin(r)`.

    Sources: W. J. Cody and W. Waite (1980) for the reduction by pi as a sum of three; M. H. Payne and R. N.
    Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18 (1983) for large numbers.
    """
    return _sine(_Float(builder, x), 0.0)


def cos(builder: Builder, x: Value) -> Value:
    """Cosine; float32 within 1.78 ulp, float64 within 1.7, for every number.

    `cos((n + 1/2) pi + r) = (-1)^(n + 1) sin(r)`; for the rest see `sin`.
    """
    return _sine(_Float(builder, x), 0.5)


def _sine(x: _Float, half: float) -> Value:
    """`sin(x)` for half = 0, `cos(x)` for half = 1/2."""
    r, sign_bit = _reduce_half_turns(x, half)
    square = r * r
    # the rounding of the square would be a quarter of the error near pi/2
    cube = r.times_plus(r.times_plus(r, -square), square * r)
    value = cube.times_plus(square.polynomial(x.format.sine), r).with_sign_of(r)
    return value.from_bits(value.bits() ^ sign_bit).value


def _reduce_half_turns(x: _Float, half: float) -> tuple[_Float, _Int]:
    """The r of `x = (n + half) pi + r`, |r| <= pi/2, and the parity of n (of n + 1 for cos) as a sign bit."""
    builder, format_ = x.builder, x.format
    rounder = format_.rounder + (1 if half else 0)
    shifted = x.times_plus(1.0 / math.pi, -half) + rounder if half else x.times_plus(1.0 / math.pi, rounder)
    n = shifted - rounder + half if half else shifted - rounder
    r = reduce(lambda rest, part: n.times_plus(-part, rest), format_.pi, x)
    sign_bit = shifted.bits() << (format_.width - 1)
    large = abs(x).compare(">", format_.sine_limit)
    slow, join = (builder.append_basic_block(name) for name in ("large", "reduced"))
    fast = builder.block
    builder.cbranch(large.any(), slow, join)
    builder.position_at_end(slow)
    slow_r, slow_sign_bit = _reduce_large(x, half)
    chosen_r = large.select(slow_r, r).value
    chosen_bit = builder.select(large.value, slow_sign_bit.value, sign_bit.value)
    slow_end = builder.block
    builder.branch(join)
    builder.position_at_end(join)
    merged = [builder.phi(value.type) for value in (r.value, sign_bit.value)]
    for phi, quick, thorough in zip(merged, (r.value, sign_bit.value), (chosen_r, chosen_bit), strict=True):
        phi.add_incoming(quick, fast)
        phi.add_incoming(thorough, slow_end)
    return _Float(builder, merged[0]), _Int(builder, merged[1])


def _reduce_large(x: _Float, half: float) -> tuple[_Float, _Int]:
    """What `_reduce_half_turns` gives, for numbers of any size; computed in float64 for float32 too."""
    builder, type_ = x.builder, x.value.type
    narrow = x.format.width == 32
    wide = _Float(builder, builder.fpext(x.value, _like(type_, ir.DoubleType()))) if narrow else x
    turns = _whole_turns_removed(wide, x.format.pi_parts)
    # in half turns, less `half`: n + rest
    shifted = _exact_sum(turns.high + turns.high, wide.constant(-half))
    n = shifted.high.intrinsic("roundeven")
    rest = _exact_sum(shifted.high - n, shifted.low + (turns.low + turns.low))
    correction = rest.high.times_plus(_PI_64[1], rest.low * _PI_64[0])
    r = rest.high.times_plus(_PI_64[0], correction)
    odd = abs(n).compare("!=" if half else "==", 1.0)
    sign = _constant(_integers(type_), 1 << (x.format.width - 1))
    sign_bit = _Int(builder, builder.select(odd.value, sign, _constant(_integers(type_), 0)))
    return (_Float(builder, builder.fptrunc(r.value, type_)) if narrow else r), sign_bit


def _whole_turns_removed(x: _Float, count: int) -> _Pair:
    """`x/(2 pi)` less the nearest whole number, from `count` parts of `1/pi`, in a loop."""
    builder, type_ = x.builder, x.value.type
    scaled = x * math.ldexp(1.0, -_PART_SCALE)
    # products of these with a part have at most 53 bits
    upper = scaled.from_bits(scaled.bits() & -(1 << 27))
    lower = scaled - upper
    before, loop, after = (
        builder.block,
        builder.append_basic_block("parts"),
        builder.append_basic_block("sum"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    index, high, low = builder.phi(ir.IntType(64)), builder.phi(type_), builder.phi(type_)
    part = _part(builder, type_, index)
    total = _Pair(_Float(builder, high), _Float(builder, low))
    for product in (upper * part, lower * part):
        step = _exact_sum(total.high, product - product.intrinsic("roundeven"))
        total = _Pair(step.high - step.high.intrinsic("roundeven"), total.low + step.low)
    following = builder.add(index, ir.Constant(ir.IntType(64), 1))
    starts = (ir.Constant(ir.IntType(64), 0), _constant(type_, 0.0), _constant(type_, 0.0))
    for phi, start, value in zip(
        (index, high, low), starts, (following, total.high.value, total.low.value), strict=True
    ):
        phi.add_incoming(start, before)
        phi.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", following, ir.Constant(ir.IntType(64), count)), loop, after)
    builder.position_at_end(after)
    return _fast_sum(total.high, total.low)


def _part(builder: Builder, type_: Type, index: Value) -> _Float:
    """One of the parts of 1/pi, in all lanes, from a table that each module has once."""
    name, module = "tiza.parts_of_inverse_pi", builder.module
    table_type = ir.ArrayType(ir.DoubleType(), len(_PARTS))
    if name not in module.globals:
        created = ir.GlobalVariable(module, table_type, name)
        created.global_constant, created.linkage = True, "internal"
        created.initializer = ir.Constant(table_type, list(_PARTS))
    zero = ir.Constant(ir.IntType(64), 0)
    place = builder.gep(module.globals[name], [zero, index], source_etype=table_type)
    number = builder.load(place, typ=ir.DoubleType())
    if not isinstance(type_, ir.VectorType):
        return _Float(builder, number)
    undefined = ir.Constant(type_, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), type_.count), [0] * type_.count)
    return _Float(builder, builder.shuffle_vector(first, undefined, lanes))


def power(builder: Builder, x: Value, y: Value) -> Value:
    """Power x ** y, with NumPy's special cases; float32 within 1.1 ulp, float64 within 1.

    `exp(y log|x|)`, the logarithm and the product as sums of two numbers, and the sign from an odd y.
    """
    base, exponent = _Float(builder, x), _Float(builder, y)
    size = abs(base)
    magnitude = _magnitude(size, exponent)
    none, endless = base.constant(0.0), base.constant(math.inf)
    sinks = exponent.compare("<", 0.0)
    of_zero, of_infinity = sinks.select(endless, none), sinks.select(none, endless)
    magnitude = size.compare("<", base.format.smallest).select(of_zero, magnitude)
    magnitude = size.compare("==", math.inf).select(of_infinity, magnitude)
    magnitude = size.compare("==", 1.0).select(base.constant(1.0), magnitude)
    whole = exponent.is_whole()
    odd = whole & ~(exponent * 0.5).is_whole()
    result = odd.select(magnitude.with_sign_of(base), magnitude)
    undefined = base.compare("<", 0.0) & size.compare("<", math.inf) & ~whole
    result = undefined.select(base.constant(math.nan), result)
    result = (base.is_nan() | exponent.is_nan()).select(base + exponent, result)
    one = base.compare("==", 1.0) | exponent.compare("==", 0.0)
    return one.select(base.constant(1.0), result).value


def _magnitude(size: _Float, exponent: _Float) -> _Float:
    """`size ** exponent` of a positive normal number that is finite."""
    format_ = size.format
    low, high = format_.exp_range
    log = _extended_log(size)
    product = exponent * log.high
    error = exponent.times_plus(log.low, exponent.times_plus(log.high, -product))
    # the parts of an overflowing product are not numbers
    error = abs(product).compare("<", 2.0 * high).select(error, 0.0)
    bounded = product.at_least(1.2 * low).at_most(1.2 * high)
    r, bits = _reduce_exponent(bounded)
    mantissa = (r + error).polynomial((*format_.exponential, 1.0, 1.0))
    # n in two halves: 2^n may be out of range, and a mantissa below 1 may still bring it back
    n = (bits << (format_.width - 16)) >> (format_.width - 16)
    first = n >> 1
    powers = (size.from_field(part + format_.bias) for part in (first, n - first))
    return reduce(lambda value, power_of_2: value * power_of_2, powers, mantissa)


def _extended_log(x: _Float) -> _Pair:
    """`log(x)` to about half as many bits again; of a positive normal number.

    `log(m) = 2s + 2/3 s^3 + s^5 G(s^2)` with `s = (m - 1)/(m + 1)`, the first two terms as sums of two.
    """
    format_ = x.format
    exponent, fraction = _split(x)
    s = _quotient(fraction - 1.0, fraction)
    square = s * s
    tail = square.high * square.high.polynomial(format_.power)
    cubic = _fast_sum(x.constant(format_.two_thirds[0]), tail)
    cubic = _Pair(cubic.high, cubic.low + format_.two_thirds[1])
    rest = s * square * cubic
    series = _fast_sum(s.high + s.high, rest.high)
    n = x.from_whole(exponent)
    total = _fast_sum(n * format_.log2[0], series.high)
    small = (s.low + s.low) + rest.low + series.low
    return _fast_sum(total.high, total.low + n.times_plus(format_.log2[1], small))


def _quotient(f: _Float, fraction: _Float) -> _Pair:
    """`f/(1 + fraction)`; the sum as two numbers, the remainder divided again."""
    below = fraction + 1.0
    below_error = fraction - (below - 1.0)
    inverse = 1.0 / below
    high = f * inverse
    remainder = (-high).times_plus(below_error, (-high).times_plus(below, f))
    return _Pair(high, remainder * inverse)


def sqrt(builder: Builder, x: Value) -> Value:
    """Square root, rounded correctly."""
    return _Float(builder, x).intrinsic("sqrt").value


def floor(builder: Builder, x: Value) -> Value:
    """Largest whole number not above x."""
    return _Float(builder, x).intrinsic("floor").value


def absolute(builder: Builder, x: Value) -> Value:
    """Absolute value."""
    return abs(_Float(builder, x)).value


def sign(builder: Builder, x: Value) -> Value:
    """Sign: 1, -1, 0 for either zero, or NaN."""
    number = _Float(builder, x)
    one = number.constant(1.0).with_sign_of(number)
    return number.compare("!=", 0.0).select(one, number + 0.0).value


def maximum(builder: Builder, x: Value, y: Value) -> Value:
    """The larger one; NaN if one is; of two zeros the second."""
    return _extreme(">", _Float(builder, x), _Float(builder, y))


def minimum(builder: Builder, x: Value, y: Value) -> Value:
    """The smaller one; NaN if one is; of two zeros the second."""
    return _extreme("<", _Float(builder, x), _Float(builder, y))


def _extreme(operator: str, x: _Float, y: _Float) -> Value:
    return x.is_nan().select(x, x.compare(operator, y).select(x, y)).value


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    function.__name__: function
    for function in (
        absolute,
        arctan,
        cos,
        erf,
        exp,
        expm1,
        floor,
        log,
        log1p,
        maximum,
        minimum,
        power,
        sigmoid,
        sign,
        sin,
        softplus,
        sqrt,
        tanh,
    )
}
"""The function that emits each primitive, by the primitive's name."""
