"""The training loop in machine code: rows gathered, the step run, numbers kept, until all or one is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import DOUBLE, I1, I64, POINTER, index, register_type
from tiza.engines.native.denormals import enter_fast_mode, leave_fast_mode
from tiza.engines.native.fetching import Job, RowsAhead, field_of
from tiza.engines.native.gathering import gather_rows
from tiza.engines.native.kernels import Schedule, size_in_bytes
from tiza.engines.native.phases import ANYWHERE
from tiza.engines.native.sequence import Thread, copy, part_of, pointers
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.graph.node import Node

STEPS_TYPE = ir.FunctionType(ir.VoidType(), [POINTER] * 6 + [I64] * 3)

STOPS, MARKS = 16, 4
"""Where in the memory that threads share marks stand, and how many: one for each of four steps in a row."""


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
    mode = enter_fast_mode(builder, target)
    addresses = pointers(builder, table, {node: slot for slot, node in enumerate(plan.stored)})
    sources = pointers(builder, blocks, {node: slot for slot, node in enumerate(plan.gathered)})
    job = _empty_job(builder)
    part = _part(builder, plan, thread)
    before = builder.block
    builder.branch(head)
    builder.position_at_end(head)
    step = builder.phi(I64)
    step.add_incoming(index(0), before)
    sound = builder.phi(I1)
    sound.add_incoming(ir.Constant(I1, 1), before)
    builder.cbranch(builder.and_(builder.icmp_signed("<", step, total), sound), inside, after)
    builder.position_at_end(inside)
    stop = _mark(builder, shared, step)
    rows = _Rows(builder, addresses, sources, order, part, target)
    following = builder.add(step, index(1))
    if ahead is not None:
        more = builder.icmp_signed("<", following, total)
        _write_job(builder, rows, ahead, job, step, more, _mark(builder, shared, following))
        with builder.if_then(builder.icmp_signed("==", step, index(0))):
            rows.gather(ahead.node, step, stop)
    for node in plan.gathered:
        if ahead is None or node is not ahead.node:
            rows.gather(node, step, stop)
    builder.call(program, [table, shared, number, count, job])
    leads = builder.icmp_signed("==", number, index(0))
    with builder.if_then(leads):
        _keep_results(builder, plan, addresses, results, step, stop)
    if plan.copied:
        if plan.shared:
            wait_for_all(builder, thread)
        with builder.if_then(leads):
            for new, old in plan.copied:
                copy(builder, addresses[old], addresses[new], size_in_bytes(new))
    if plan.shared:
        wait_for_all(builder, thread)
    step.add_incoming(following, builder.block)
    sound.add_incoming(builder.icmp_signed("==", builder.load(stop, typ=I64), index(0)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    with builder.if_then(builder.icmp_signed("==", number, index(0))):
        builder.store(step, done)
    leave_fast_mode(builder, target, mode)
    builder.ret_void()


def write_single_run(module: ir.Module, program: ir.Function, target: Target) -> None:
    """Write `run(table, shared, thread, threads)`: the program once, in the mode that steps run in."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER] * 2 + [I64] * 2), "run")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    mode = enter_fast_mode(builder, target)
    builder.call(program, [*function.args, _empty_job(builder)])
    leave_fast_mode(builder, target, mode)
    builder.ret_void()


def _empty_job(builder: ir.IRBuilder) -> ir.Value:
    job = builder.alloca(I64, len(Job))
    for field in Job:
        builder.store(index(0), field_of(builder, job, field))
    return job


def _part(builder: ir.IRBuilder, plan: Schedule, thread: Thread) -> tuple[ir.Value, ir.Value]:
    """Return the rows of each step that a thread brings."""
    rows = plan.gathered[0].tensor_type.shape[0]
    return part_of(builder, rows, ANYWHERE, thread) if plan.shared else (index(0), index(rows))


def _mark(builder: ir.IRBuilder, shared: ir.Value, step: ir.Value) -> ir.Value:
    """Return the address of the mark that ends the loop after `step`.

    A thread may set the next step's mark while another still looks at that of the step before.
    """
    place = builder.add(index(STOPS), builder.and_(step, index(MARKS - 1)))
    return builder.gep(shared, [place], source_etype=I64)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that steps read."""

    builder: ir.IRBuilder
    addresses: Mapping[Node, ir.Value]
    sources: Mapping[Node, ir.Value]
    order: ir.Value
    part: tuple[ir.Value, ir.Value]
    target: Target

    def order_of(self, node: Node, step: ir.Value) -> ir.Value:
        """Return the address of the numbers of the rows that `step` reads."""
        place = self.builder.mul(step, index(node.tensor_type.shape[0]))
        return self.builder.gep(self.order, [place], source_etype=I64)

    def gather(self, node: Node, step: ir.Value, stop: ir.Value) -> None:
        """Write the gathering of a step's rows."""
        source, goal, order = self.sources[node], self.addresses[node], self.order_of(node, step)
        gather_rows(self.builder, node, source, goal, order, self.part, stop, self.target)


def _write_job(
    builder: ir.IRBuilder,
    rows: _Rows,
    ahead: RowsAhead,
    job: ir.Value,
    step: ir.Value,
    more: ir.Value,
    stop: ir.Value,
) -> None:
    """Write what the thread is to bring for the step after `step`, if there is one."""
    base = builder.ptrtoint(rows.addresses[ahead.node], I64)
    odd = builder.and_(step, index(1))
    aside = builder.mul(odd, index(ahead.place_bytes))
    first, until = rows.part
    following = rows.order_of(ahead.node, builder.add(step, index(1)))
    words = {
        Job.NOW: builder.add(base, aside),
        Job.ORDER: builder.ptrtoint(following, I64),
        Job.DATA: builder.ptrtoint(rows.sources[ahead.node], I64),
        Job.GOAL: builder.add(base, builder.sub(index(ahead.place_bytes), aside)),
        Job.FIRST: builder.mul(first, index(ahead.lines)),
        Job.UNTIL: builder.select(more, builder.mul(until, index(ahead.lines)), index(0)),
        Job.STOP: builder.ptrtoint(stop, I64),
    }
    for field, value in words.items():
        builder.store(value, field_of(builder, job, field))


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
