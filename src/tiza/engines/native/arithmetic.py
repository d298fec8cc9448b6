"""Elementwise primitives as LLVM instructions, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import llvmlite.ir as ir

from tiza.engines.native.code import I32, intrinsic, register_type, suffix
from tiza.engines.native.mathematics import FUNCTIONS
from tiza.graph.tensor_type import DType

Values: TypeAlias = Sequence[ir.Value]
Emitter: TypeAlias = Callable[[ir.IRBuilder, Values, DType], ir.Value]


def _by_kind(of_float: str, of_integer: str) -> Emitter:
    def emit(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
        return getattr(builder, of_float if dtype.kind == "f" else of_integer)(*values)

    return emit


def _compare(sign: str) -> Emitter:
    def emit(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
        if dtype.kind == "f":
            return builder.fcmp_ordered(sign, *values)
        return getattr(builder, "icmp_signed" if dtype.kind == "i" else "icmp_unsigned")(sign, *values)

    return emit


def _mathematics(name: str) -> Emitter:
    def emit(builder: ir.IRBuilder, values: Values, _dtype: DType) -> ir.Value:
        return FUNCTIONS[name](builder, *values)

    return emit


def _extreme(name: str, sign: str) -> Emitter:
    of_float = _mathematics(name)
    compare = _compare(sign)

    def emit(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
        if dtype.kind == "f":
            return of_float(builder, values, dtype)
        return builder.select(compare(builder, values, dtype), *values)

    return emit


def _negative(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
    return builder.fneg(values[0]) if dtype.kind == "f" else builder.neg(values[0])


def _absolute(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
    if dtype.kind == "f":
        return FUNCTIONS["absolute"](builder, values[0])
    if dtype.kind == "u":
        return values[0]
    zero = ir.Constant(values[0].type, None)
    return builder.select(builder.icmp_signed("<", values[0], zero), builder.neg(values[0]), values[0])


def _sign(builder: ir.IRBuilder, values: Values, dtype: DType) -> ir.Value:
    if dtype.kind == "f":
        return FUNCTIONS["sign"](builder, values[0])
    zero = ir.Constant(values[0].type, None)
    above = builder.zext(_compare(">")(builder, (values[0], zero), dtype), values[0].type)
    if dtype.kind == "u":
        return above
    return builder.sub(above, builder.zext(builder.icmp_signed("<", values[0], zero), values[0].type))


def _first(_builder: ir.IRBuilder, values: Values, _dtype: DType) -> ir.Value:
    return values[0]


def _shift(builder_name: str) -> Emitter:
    def emit(builder: ir.IRBuilder, values: Values, _dtype: DType) -> ir.Value:
        return getattr(builder, builder_name)(*values)

    return emit


def _select(builder: ir.IRBuilder, values: Values, _dtype: DType) -> ir.Value:
    return builder.select(*values)


_FUNCTION_NAMES = (
    *("floor", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos"),
    *("arctan", "tanh", "sigmoid", "softplus", "erf", "power"),
)

EMITTERS: Mapping[str, Emitter] = {
    "add": _by_kind("fadd", "add"),
    "subtract": _by_kind("fsub", "sub"),
    "multiply": _by_kind("fmul", "mul"),
    "divide": _by_kind("fdiv", "sdiv"),
    "negative": _negative,
    "absolute": _absolute,
    "sign": _sign,
    "maximum": _extreme("maximum", ">"),
    "minimum": _extreme("minimum", "<"),
    "equal": _compare("=="),
    "less": _compare("<"),
    "less_equal": _compare("<="),
    "bitwise_and": _by_kind("and_", "and_"),
    "bitwise_or": _by_kind("or_", "or_"),
    "bitwise_xor": _by_kind("xor", "xor"),
    "bitwise_not": lambda builder, values, _dtype: builder.not_(values[0]),
    "left_shift": _shift("shl"),
    "right_shift": _shift("lshr"),
    "select": _select,
    "identity": _first,
    "stop_gradient": _first,
    **{name: _mathematics(name) for name in _FUNCTION_NAMES},
}


def convert(builder: ir.IRBuilder, value: ir.Value, source: DType, target: DType, lanes: int) -> ir.Value:
    """Return `value` converted from one dtype to another, as NumPy's astype."""
    if source == target:
        return value
    type_ = register_type(target, lanes)
    if target.kind == "b":
        zero = ir.Constant(value.type, None if lanes > 1 else 0)
        if source.kind == "f":
            return builder.fcmp_unordered("!=", value, zero)
        return builder.icmp_unsigned("!=", value, zero)
    if source.kind == "f" and target.kind == "f":
        return (builder.fptrunc if target.itemsize < source.itemsize else builder.fpext)(value, type_)
    if source.kind == "f":
        return _float_to_integer(builder, value, target, lanes)
    if target.kind == "f":
        return (builder.sitofp if source.kind == "i" else builder.uitofp)(value, type_)
    return _between_integers(builder, value, source, target, type_)


def _float_to_integer(builder: ir.IRBuilder, value: ir.Value, target: DType, lanes: int) -> ir.Value:
    """Return a float without its fraction; unsigned targets wrap as in NumPy, through 64 signed bits."""
    if target.kind == "i":
        return builder.fptosi(value, register_type(target, lanes))
    wide = ir.IntType(64) if lanes == 1 else ir.VectorType(ir.IntType(64), lanes)
    return builder.trunc(builder.fptosi(value, wide), register_type(target, lanes))


def _between_integers(
    builder: ir.IRBuilder, value: ir.Value, source: DType, target: DType, type_: Any
) -> ir.Value:
    source_bits = 1 if source.kind == "b" else source.itemsize * 8
    target_bits = target.itemsize * 8
    if source_bits == target_bits:
        return value
    if target_bits < source_bits:
        return builder.trunc(value, type_)
    return (builder.sext if source.kind == "i" else builder.zext)(value, type_)


_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA


def random_word(builder: ir.IRBuilder, values: Values, word: int, lanes: int) -> ir.Value:
    """Return one word of Threefry-2x32-20 of (key0, key1, counter0, counter1)."""
    key0, key1, first, second = values
    type_ = I32 if lanes == 1 else ir.VectorType(I32, lanes)

    def constant(value: int) -> ir.Constant:
        return ir.Constant(type_, value if lanes == 1 else [value] * lanes)

    keys = (key0, key1, builder.xor(builder.xor(key0, key1), constant(_PARITY)))
    first, second = builder.add(first, keys[0]), builder.add(second, keys[1])
    for done in range(1, 21):
        places = constant(_ROTATIONS[(done - 1) % 8])
        first = builder.add(first, second)
        rotated = intrinsic(builder, f"llvm.fshl.{suffix(type_)}", type_, [second, second, places])
        second = builder.xor(rotated, first)
        if done % 4 == 0:
            turn = done // 4
            first = builder.add(first, keys[turn % 3])
            second = builder.add(builder.add(second, keys[(turn + 1) % 3]), constant(turn))
    return (first, second)[word]
