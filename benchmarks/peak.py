"""The most that one core does: independent chains of vector multiply-adds in registers, float32."""

from __future__ import annotations

import ctypes
import time

import llvmlite.binding as llvm
import llvmlite.ir as ir

from tiza.engines.native.target import host_target

CHAINS = 12
"""Enough to hide the latency of a multiply-add (4 cycles, two a cycle), and few enough for the registers."""


class Peak:
    """A loop of multiply-adds that touches no memory."""

    def __init__(self) -> None:
        target = host_target()
        self.lanes = target.lanes
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=target.processor, features=target.features, opt=2, jit=True
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_code(self.lanes)), machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address("chains")
        self._chains = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float)(address)

    def flops_a_second(self, rounds: int = 2_000_000) -> float:
        """Return the floating-point operations a second of one run (some 20 ms)."""
        start = time.perf_counter()
        self._chains(rounds, 0.5)
        return 2 * CHAINS * self.lanes * rounds / (time.perf_counter() - start)


def _code(lanes: int) -> str:
    module = ir.Module("peak")
    single, whole = ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(single, lanes)
    function = ir.Function(module, ir.FunctionType(single, [whole, single]), "chains")
    rounds, factor = function.args
    entry, body, end = (function.append_basic_block(name) for name in ("entry", "body", "end"))
    builder = ir.IRBuilder(entry)
    factors: ir.Value = ir.Constant(vector, ir.Undefined)
    for lane in range(lanes):
        factors = builder.insert_element(factors, factor, ir.Constant(ir.IntType(32), lane))
    builder.branch(body)
    builder.position_at_end(body)
    counter = builder.phi(whole)
    counter.add_incoming(ir.Constant(whole, 0), entry)
    totals = [builder.phi(vector) for _ in range(CHAINS)]
    multiply_add = ir.Function(module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f32")
    new = [builder.call(multiply_add, [total, factors, factors]) for total in totals]
    for number, (total, later) in enumerate(zip(totals, new, strict=True)):
        total.add_incoming(ir.Constant(vector, [float(number)] * lanes), entry)
        total.add_incoming(later, body)
    following = builder.add(counter, ir.Constant(whole, 1))
    counter.add_incoming(following, body)
    builder.cbranch(builder.icmp_signed("<", following, rounds), body, end)
    builder.position_at_end(end)
    total = new[0]
    for one in new[1:]:
        total = builder.fadd(total, one)
    builder.ret(builder.extract_element(total, ir.Constant(ir.IntType(32), 0)))
    return str(module)
