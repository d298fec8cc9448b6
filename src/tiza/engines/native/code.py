"""Writing LLVM code: types, loops with carried values, masked vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.ir as ir
import numpy as np

from tiza.graph.tensor_type import DType

POINTER = ir.PointerType()
I1, I8, I32, I64 = (ir.IntType(width) for width in (1, 8, 32, 64))
FLOAT, DOUBLE = ir.FloatType(), ir.DoubleType()

_IN_REGISTER: dict[str, Any] = {
    "float32": FLOAT,
    "float64": DOUBLE,
    "int32": I32,
    "int64": I64,
    "uint8": I8,
    "uint32": I32,
    "bool": I1,
}


def register_type(dtype: DType, lanes: int) -> Any:
    """Return the LLVM type of a value in registers; one lane is a scalar."""
    scalar = _IN_REGISTER[str(dtype)]
    return scalar if lanes == 1 else ir.VectorType(scalar, lanes)


def memory_type(dtype: DType, lanes: int) -> Any:
    """Return the LLVM type of a value in memory, where booleans take a byte."""
    scalar = I8 if dtype == np.dtype(np.bool_) else _IN_REGISTER[str(dtype)]
    return scalar if lanes == 1 else ir.VectorType(scalar, lanes)


def index(value: int) -> ir.Constant:
    """Return a 64-bit whole number."""
    return ir.Constant(I64, value)


def plus(builder: ir.IRBuilder, value: ir.Value, step: int) -> ir.Value:
    """Return a 64-bit whole number plus `step`, known while code is written if the number is."""
    known = isinstance(value, ir.Constant)
    return index(value.constant + step) if known else builder.add(value, index(step))


def is_zero(value: ir.Value) -> bool:
    """Return whether a value is known to be 0 while code is written."""
    return isinstance(value, ir.Constant) and value.constant == 0


def whole_steps(builder: ir.IRBuilder, size: ir.Value, step: int) -> tuple[ir.Value, ir.Value]:
    """Return how far whole steps go into `size`, and what is left."""
    if step == 1:
        return size, index(0)
    if isinstance(size, ir.Constant):
        return index(size.constant - size.constant % step), index(size.constant % step)
    left = builder.srem(size, index(step))
    return builder.sub(size, left), left


def narrowed(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """Return a 64-bit whole number as one of 32 bits."""
    return ir.Constant(I32, value.constant) if isinstance(value, ir.Constant) else builder.trunc(value, I32)


def splat(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """Return a scalar repeated in every lane."""
    if lanes == 1:
        return value
    vector = ir.VectorType(value.type, lanes)
    if isinstance(value, ir.Constant):
        return ir.Constant(vector, [value.constant] * lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(I32, 0))
    zeros = ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def lane_numbers(lanes: int) -> ir.Constant:
    """Return 0, 1, 2, ... in the lanes, as 32-bit whole numbers."""
    return ir.Constant(ir.VectorType(I32, lanes), list(range(lanes)))


def first_lanes(builder: ir.IRBuilder, count: ir.Value, lanes: int) -> ir.Value:
    """Return a mask of the first `count` lanes, a constant if `count` is one."""
    if isinstance(count, ir.Constant):
        return ir.Constant(ir.VectorType(I1, lanes), [int(lane < count.constant) for lane in range(lanes)])
    return builder.icmp_signed("<", lane_numbers(lanes), splat(builder, builder.trunc(count, I32), lanes))


def loop(
    builder: ir.IRBuilder,
    start: ir.Value,
    stop: ir.Value,
    step: int,
    carried: Sequence[ir.Value],
    body: Callable[[ir.Value, list[ir.Value]], Sequence[ir.Value]],
) -> list[ir.Value]:
    """Write `for counter in range(start, stop, step)` and return the carried values after it.

    The body gets the counter and the carried values and returns their new ones. An empty range runs no step.
    """
    function = builder.function
    before = builder.block
    head, inside, after = (function.append_basic_block(name) for name in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    counter = builder.phi(I64)
    values = [builder.phi(value.type) for value in carried]
    counter.add_incoming(start, before)
    for phi, value in zip(values, carried, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", counter, stop), inside, after)
    builder.position_at_end(inside)
    new = body(counter, list(values))
    counter.add_incoming(builder.add(counter, index(step)), builder.block)
    for phi, value in zip(values, new, strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return list(values)


def intrinsic(builder: ir.IRBuilder, name: str, result: Any, operands: Sequence[ir.Value]) -> ir.Value:
    """Return a call of an LLVM intrinsic, declared once a module."""
    module = builder.module
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(result, [one.type for one in operands]), name)
    return builder.call(function, operands)


def suffix(type_: Any) -> str:
    """Return the name of a type in names of intrinsics, such as `v16f32`."""
    if isinstance(type_, ir.VectorType):
        return f"v{type_.count}{suffix(type_.element)}"
    if isinstance(type_, ir.IntType):
        return f"i{type_.width}"
    return "f32" if type_ == FLOAT else "f64"


def load(
    builder: ir.IRBuilder, address: ir.Value, dtype: DType, lanes: int, mask: ir.Value | None = None
) -> ir.Value:
    """Return `lanes` neighbouring elements; masked lanes are zero and not touched."""
    type_ = memory_type(dtype, lanes)
    if mask is not None and lanes > 1:
        name = f"llvm.masked.load.{suffix(type_)}.p0"
        alignment = ir.Constant(I32, dtype.itemsize)
        value = intrinsic(builder, name, type_, [address, alignment, mask, ir.Constant(type_, None)])
    else:
        value = builder.load(address, typ=type_)
        value.align = dtype.itemsize
    return as_register(builder, value, dtype, lanes)


def as_register(builder: ir.IRBuilder, value: ir.Value, dtype: DType, lanes: int) -> ir.Value:
    """Return a value as it stands in memory in its form for registers."""
    if dtype != np.dtype(np.bool_):
        return value
    return builder.icmp_unsigned("!=", value, ir.Constant(value.type, None if lanes > 1 else 0))


def store(
    builder: ir.IRBuilder,
    value: ir.Value,
    address: ir.Value,
    dtype: DType,
    lanes: int,
    mask: ir.Value | None = None,
) -> None:
    """Write `lanes` neighbouring elements; masked lanes are not touched."""
    type_ = memory_type(dtype, lanes)
    if dtype == np.dtype(np.bool_):
        value = builder.zext(value, type_)
    if mask is not None and lanes > 1:
        if isinstance(mask, ir.Constant) and sum(one.constant for one in mask.constant) == 1:
            # LLVM 22 stores all bytes of the wide number here if the value is one made narrower
            first = builder.extract_element(value, ir.Constant(I32, 0))
            builder.store(first, address).align = dtype.itemsize
            return
        name = f"llvm.masked.store.{suffix(type_)}.p0"
        operands = [value, address, ir.Constant(I32, dtype.itemsize), mask]
        intrinsic(builder, name, ir.VoidType(), operands)
        return
    written = builder.store(value, address)
    written.align = dtype.itemsize


def number(value: Any, dtype: DType, lanes: int) -> ir.Constant:
    """Return a constant, repeated in the lanes."""
    scalar = register_type(dtype, 1)
    if dtype.kind == "f":
        rounded = float(dtype.type(value))
        constant = rounded
    else:
        constant = int(value)
    if lanes == 1:
        return ir.Constant(scalar, constant)
    return ir.Constant(ir.VectorType(scalar, lanes), [constant] * lanes)


def copy(builder: ir.IRBuilder, target: ir.Value, source: ir.Value, size: int) -> None:
    """Write a copy of `size` bytes."""
    intrinsic(
        builder,
        "llvm.memmove.p0.p0.i64",
        ir.VoidType(),
        [target, source, index(size), ir.Constant(ir.IntType(1), 0)],
    )
