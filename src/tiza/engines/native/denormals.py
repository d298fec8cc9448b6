"""The processor's mode in which denormal numbers count as zero, and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import llvmlite.ir as ir

from tiza.engines.native.code import I32, I64, intrinsic
from tiza.engines.native.target import Target

MXCSR_BITS = 0x8040
"""x86: results are flushed to zero, operands taken as zero."""

FPCR_BITS = 1 << 24
"""ARM: both."""


def _set_on_x86(builder: ir.IRBuilder) -> ir.Value:
    kept, new = builder.alloca(I32), builder.alloca(I32)
    intrinsic(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [kept])
    mode = builder.load(kept, typ=I32)
    builder.store(builder.or_(mode, ir.Constant(I32, MXCSR_BITS)), new)
    intrinsic(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [new])
    return kept


def _restore_on_x86(builder: ir.IRBuilder, kept: ir.Value) -> None:
    intrinsic(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [kept])


def _set_on_arm(builder: ir.IRBuilder) -> ir.Value:
    kept = intrinsic(builder, "llvm.aarch64.get.fpcr", I64, [])
    _restore_on_arm(builder, builder.or_(kept, ir.Constant(I64, FPCR_BITS)))
    return kept


def _restore_on_arm(builder: ir.IRBuilder, kept: ir.Value) -> None:
    intrinsic(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), [kept])


_FAMILIES: Mapping[
    str, tuple[Callable[[ir.IRBuilder], ir.Value], Callable[[ir.IRBuilder, ir.Value], None]]
] = {
    "x86_64": (_set_on_x86, _restore_on_x86),
    "aarch64": (_set_on_arm, _restore_on_arm),
}


def _family(target: Target) -> str:
    family = target.triple.partition("-")[0]
    return {"arm64": "aarch64"}.get(family, family)


def enter_fast_mode(builder: ir.IRBuilder, target: Target) -> ir.Value | None:
    """Write the change of mode; return what the old one is known by, None where there is no such mode."""
    known = _FAMILIES.get(_family(target))
    return known[0](builder) if known is not None else None


def leave_fast_mode(builder: ir.IRBuilder, target: Target, kept: ir.Value | None) -> None:
    """Write the change back to the mode before."""
    if kept is not None:
        _FAMILIES[_family(target)][1](builder, kept)
