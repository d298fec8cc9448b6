"""Where threads wait for one another: they spin briefly, then let others run."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import llvmlite.binding as llvm
import llvmlite.ir as ir

from tiza.engines.native.code import I32, I64, POINTER, index

if TYPE_CHECKING:
    from tiza.engines.native.sequence import Thread

SPINS = 2_000
"""Looks at the barrier before the processor is given to another program."""

_YIELD = "tiza_yield"


def declare_yield(module: ir.Module) -> ir.Function:
    """Return the declaration of the function that gives the processor away."""
    known = module.globals.get(_YIELD)
    return known or ir.Function(module, ir.FunctionType(I32, []), _YIELD)


def provide_yield() -> None:
    """Tell the compiler's linker which function gives the processor away: the system's sched_yield."""
    system = ctypes.CDLL(None)
    address = ctypes.cast(system.sched_yield, ctypes.c_void_p).value
    llvm.add_symbol(_YIELD, address)


def write_barrier(module: ir.Module) -> ir.Function:
    """Write `barrier(place, count)`: returns when `count` threads have called it.

    `place` holds two 64-bit numbers, 64 bytes apart: the number of meetings so far and the threads waiting.
    """
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, I64]), "barrier")
    function.linkage = "internal"
    place, count = function.args
    names = ("entry", "meet", "last", "spin", "look", "tired", "done")
    blocks = {name: function.append_basic_block(name) for name in names}
    builder = ir.IRBuilder(blocks["entry"])
    builder.cbranch(builder.icmp_signed("==", count, index(1)), blocks["done"], blocks["meet"])
    builder.position_at_end(blocks["meet"])
    meetings = builder.load_atomic(place, "seq_cst", 8, typ=I64)
    waiting = builder.gep(place, [index(8)], source_etype=I64)
    arrived = builder.add(builder.atomic_rmw("add", waiting, index(1), "seq_cst"), index(1))
    builder.cbranch(builder.icmp_signed("==", arrived, count), blocks["last"], blocks["spin"])
    builder.position_at_end(blocks["last"])
    builder.atomic_rmw("xchg", waiting, index(0), "seq_cst")
    builder.atomic_rmw("add", place, index(1), "seq_cst")
    builder.branch(blocks["done"])
    builder.position_at_end(blocks["spin"])
    looks = builder.phi(I64)
    looks.add_incoming(index(0), blocks["meet"])
    now = builder.load_atomic(place, "acquire", 8, typ=I64)
    builder.cbranch(builder.icmp_signed("==", now, meetings), blocks["look"], blocks["done"])
    builder.position_at_end(blocks["look"])
    more = builder.add(looks, index(1))
    looks.add_incoming(more, blocks["look"])
    builder.cbranch(builder.icmp_signed("<", more, index(SPINS)), blocks["spin"], blocks["tired"])
    builder.position_at_end(blocks["tired"])
    builder.call(declare_yield(module), [])
    looks.add_incoming(index(0), blocks["tired"])
    builder.branch(blocks["spin"])
    builder.position_at_end(blocks["done"])
    builder.ret_void()
    return function


def wait_for_all(builder: ir.IRBuilder, thread: Thread) -> None:
    """Write a meeting of all threads."""
    barrier = builder.module.globals.get("barrier") or write_barrier(builder.module)
    builder.call(barrier, [thread.barrier, thread.count])
