"""The processor's mode in which denormal numbers count as zero, and back again."""

from __future__ import annotations

import llvmlite.binding as llvm
import llvmlite.ir as ir

from tiza.engines.native.code import I32, intrinsic

FLUSH_AND_ZERO = 0x8040
"""Bits of MXCSR: results flushed to zero, operands taken as zero."""


def has_mode() -> bool:
    """Return whether this processor's mode is known here: x86 with SSE."""
    triple: str = llvm.get_default_triple()
    return triple.startswith(("x86_64", "i686"))


def enter_fast_mode(builder: ir.IRBuilder) -> ir.Value | None:
    """Write the change of mode; return where the old one is kept."""
    if not has_mode():
        return None
    kept, new = builder.alloca(I32), builder.alloca(I32)
    intrinsic(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [kept])
    mode = builder.load(kept, typ=I32)
    builder.store(builder.or_(mode, ir.Constant(I32, FLUSH_AND_ZERO)), new)
    intrinsic(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [new])
    return kept


def leave_fast_mode(builder: ir.IRBuilder, kept: ir.Value | None) -> None:
    """Write the change back to the mode before."""
    if kept is not None:
        intrinsic(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [kept])
