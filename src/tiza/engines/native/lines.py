"""Lines of memory: what a processor fetches at once, asked for and counted."""

from __future__ import annotations

from enum import Enum

import llvmlite.ir as ir

from tiza.engines.native.code import I32, I64, intrinsic

LINE = 64
"""Bytes that a processor fetches at once."""


class Purpose(Enum):
    """What an element is asked for, as LLVM is told: whether to be written, how near, that it is data."""

    CHANGE_SOON = (1, 3, 1)
    READ_LATER = (0, 2, 1)


def ask_for(builder: ir.IRBuilder, address: ir.Value, purpose: Purpose) -> None:
    """Write that the line at an address is asked for."""
    how = [ir.Constant(I32, one) for one in purpose.value]
    intrinsic(builder, "llvm.prefetch.p0", ir.VoidType(), [address, *how])


class TurnCount:
    """Counts the turns of a kernel's innermost loops, from a first number on."""

    def __init__(self, builder: ir.IRBuilder, first: ir.Value) -> None:
        self._builder = builder
        self._next = builder.alloca(I64)
        builder.store(first, self._next)

    @property
    def reached(self) -> ir.Value:
        """The number of the next turn."""
        return self._builder.load(self._next, typ=I64)

    def begin(self, turns: ir.Value) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first one."""
        first = self.reached
        self._builder.store(self._builder.add(first, turns), self._next)
        return first
