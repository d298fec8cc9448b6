"""The training loop in machine code: rows gathered, the step run, numbers kept, until all or one is bad."""

from __future__ import annotations

from collections.abc import Mapping

import llvmlite.ir as ir

from tiza.engines.native.code import DOUBLE, I1, I64, POINTER, index, register_type
from tiza.engines.native.denormals import enter_fast_mode, leave_fast_mode
from tiza.engines.native.gathering import gather_rows
from tiza.engines.native.kernels import Schedule, size_in_bytes
from tiza.engines.native.prefetching import RowsAhead
from tiza.engines.native.sequence import Thread, copy, pointers
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.graph.node import Node

STEPS_TYPE = ir.FunctionType(ir.VoidType(), [POINTER] * 6 + [I64] * 3)

STOPS = 16
"""Where in the memory that threads share two marks stand, for even and for odd steps: stop after this one."""


def write_steps(
    module: ir.Module, program: ir.Function, plan: Schedule, target: Target, ahead: RowsAhead | None
) -> None:
    """Write `steps(table, blocks, order, results, done, shared, count, thread, threads)`.

    `table` holds the address of each buffer, `blocks` that of each data array. Step s reads rows
    order[s*batch : (s+1)*batch]; its results go to `results`, as float64, one line a step. The loop ends
    after a step whose first result is not finite, or that reads a row with a number that is not; `done` gets
    the number of steps run. `shared` is memory that begins as zeros.
    """
    function = ir.Function(module, STEPS_TYPE, "steps")
    table, blocks, order, results, done, shared, total, number, count = function.args
    thread = Thread(number, count, shared)
    entry = function.append_basic_block("entry")
    head, inside, after = (function.append_basic_block(name) for name in ("head", "body", "after"))
    builder = ir.IRBuilder(entry)
    mode = enter_fast_mode(builder)
    addresses = pointers(builder, table, {node: slot for slot, node in enumerate(plan.stored)})
    sources = pointers(builder, blocks, {node: slot for slot, node in enumerate(plan.gathered)})
    builder.branch(head)
    builder.position_at_end(head)
    step = builder.phi(I64)
    step.add_incoming(index(0), entry)
    sound = builder.phi(I1)
    sound.add_incoming(ir.Constant(I1, 1), entry)
    builder.cbranch(builder.and_(builder.icmp_signed("<", step, total), sound), inside, after)
    builder.position_at_end(inside)
    # the other mark is looked at until all threads have met at the end of this step
    place = builder.add(index(STOPS), builder.and_(step, index(1)))
    stop = builder.gep(shared, [place], source_etype=I64)
    for node, source in sources.items():
        rows = node.tensor_type.shape[0]
        start = builder.gep(order, [builder.mul(step, index(rows))], source_etype=I64)
        gather_rows(builder, node, source, addresses[node], start, thread, stop, target)
    data = nothing = ir.Constant(POINTER, None)
    following = builder.add(step, index(1))
    next_rows: ir.Value = nothing
    if ahead is not None:
        data = sources[ahead.node]
        place = builder.mul(following, index(ahead.node.tensor_type.shape[0]))
        last = builder.icmp_signed("==", following, total)
        next_rows = builder.select(last, nothing, builder.gep(order, [place], source_etype=I64))
    builder.call(program, [table, shared, number, count, next_rows, data])
    leads = builder.icmp_signed("==", number, index(0))
    with builder.if_then(leads):
        _keep_results(builder, plan, addresses, results, step, stop)
    if plan.copied:
        wait_for_all(builder, thread)
        with builder.if_then(leads):
            for new, old in plan.copied:
                copy(builder, addresses[old], addresses[new], size_in_bytes(new))
    wait_for_all(builder, thread)
    step.add_incoming(following, builder.block)
    sound.add_incoming(builder.icmp_signed("==", builder.load(stop, typ=I64), index(0)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    with builder.if_then(builder.icmp_signed("==", number, index(0))):
        builder.store(step, done)
    leave_fast_mode(builder, mode)
    builder.ret_void()


def write_single_run(module: ir.Module, program: ir.Function) -> None:
    """Write `run(table, shared, thread, threads)`: the program once, in the mode that steps run in."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER] * 2 + [I64] * 2), "run")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    mode = enter_fast_mode(builder)
    nothing = ir.Constant(POINTER, None)
    builder.call(program, [*function.args, nothing, nothing])
    leave_fast_mode(builder, mode)
    builder.ret_void()


def _keep_results(
    builder: ir.IRBuilder,
    plan: Schedule,
    addresses: Mapping[Node, ir.Value],
    results: ir.Value,
    step: ir.Value,
    stop: ir.Value,
) -> None:
    """Write the step's results into its line; mark the step if the first is not finite."""
    for column, node in enumerate(plan.results):
        value = builder.load(addresses[node], typ=register_type(node.tensor_type.dtype, 1))
        if value.type != DOUBLE:
            value = builder.fpext(value, DOUBLE)
        at = builder.add(builder.mul(step, index(len(plan.results))), index(column))
        builder.store(value, builder.gep(results, [at], source_etype=DOUBLE))
        if column == 0:
            difference = builder.fsub(value, value)
            with builder.if_then(builder.fcmp_unordered("!=", difference, ir.Constant(DOUBLE, 0.0))):
                builder.store(index(1), stop)
