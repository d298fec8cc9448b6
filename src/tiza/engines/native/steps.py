"""The training loop in machine code: rows gathered, the step run, numbers kept, until all or one is bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import DOUBLE, I1, I64, POINTER, copy, index, register_type
from tiza.engines.native.denormals import enter_fast_mode, leave_fast_mode
from tiza.engines.native.fetching import Job, RowsAhead, field_of
from tiza.engines.native.gathering import gather_rows
from tiza.engines.native.kernels import Schedule, size_in_bytes
from tiza.engines.native.lines import LINE
from tiza.engines.native.sequence import Thread, pointers
from tiza.engines.native.synchronization import wait_for_all
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import ROWS, Word, read_word, task_places
from tiza.graph.node import Node

STEPS_TYPE = ir.FunctionType(ir.VoidType(), [POINTER] * 7 + [I64] * 3)

STOPS, MARKS = 16, 4
"""Where in the memory that threads share marks stand, and how many: one for each of four steps in a row."""


def write_steps(
    module: ir.Module, program: ir.Function, plan: Schedule, target: Target, ahead: RowsAhead | None
) -> None:
    """Write `steps(table, blocks, order, results, done, shared, tasks, count, thread, threads)`.

    `table` holds the address of each buffer, `blocks` that of each data array. Step s reads rows
    order[s*batch : (s+1)*batch]; its results go to `results`, as float64, one line a step. The loop ends
    after a step whose first result is not finite, or that reads a row with a number that is not; `done` gets
    the number of steps run. `shared` is memory that begins as zeros.
    """
    function = ir.Function(module, STEPS_TYPE, "steps")
    table, blocks, order, results, done, shared, tasks, total, number, count = function.args
    entry = function.append_basic_block("entry")
    head, inside, after = (function.append_basic_block(name) for name in ("head", "body", "after"))
    builder = ir.IRBuilder(entry)
    mode = enter_fast_mode(builder, target)
    addresses = pointers(builder, table, {node: slot for slot, node in enumerate(plan.stored)})
    sources = pointers(builder, blocks, {node: slot for slot, node in enumerate(plan.gathered)})
    job = _empty_job(builder)
    own = own_tasks(builder, plan, tasks, number)
    thread = Thread(number, count, shared, own)
    batch, part = _rows_of(builder, plan, own)
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
    rows = _Rows(builder, addresses, sources, order, batch, part, target)
    following = builder.add(step, index(1))
    if ahead is not None:
        more = builder.icmp_signed("<", following, total)
        _write_job(builder, rows, ahead, job, step, more, _mark(builder, shared, following))
        with builder.if_then(builder.icmp_signed("==", step, index(0))):
            rows.gather(ahead.node, step, stop)
    for node in plan.gathered:
        if ahead is None or node is not ahead.node:
            rows.gather(node, step, stop)
    builder.call(program, [table, shared, number, count, job, own])
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


def write_single_run(module: ir.Module, program: ir.Function, plan: Schedule, target: Target) -> None:
    """Write `run(table, shared, tasks, thread, threads)`: the program once, in the mode that steps run in."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER] * 3 + [I64] * 2), "run")
    table, shared, tasks, number, count = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    mode = enter_fast_mode(builder, target)
    own = own_tasks(builder, plan, tasks, number)
    builder.call(program, [table, shared, number, count, _empty_job(builder), own])
    leave_fast_mode(builder, target, mode)
    builder.ret_void()


def _empty_job(builder: ir.IRBuilder) -> ir.Value:
    job = builder.alloca(I64, len(Job))
    for field in Job:
        builder.store(index(0), field_of(builder, job, field))
    return job


def own_tasks(builder: ir.IRBuilder, plan: Schedule, tasks: ir.Value, number: ir.Value) -> ir.Value:
    """Return the address of a thread's tasks."""
    _, words = task_places(plan)
    return builder.gep(tasks, [builder.mul(number, index(words))], source_etype=I64)


def _rows_of(
    builder: ir.IRBuilder, plan: Schedule, tasks: ir.Value
) -> tuple[ir.Value, tuple[ir.Value, ir.Value]]:
    """Return the number of rows of a step, and the part of them that the thread brings."""
    if not plan.shared:
        rows = index(plan.gathered[0].tensor_type.shape[0])
        return rows, (index(0), rows)
    first, until, rows = (read_word(builder, tasks, place) for place in (Word.FIRST, Word.UNTIL, ROWS))
    return rows, (first, until)


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
    count: ir.Value
    part: tuple[ir.Value, ir.Value]
    target: Target

    def order_of(self, step: ir.Value) -> ir.Value:
        """Return the address of the numbers of the rows that `step` reads."""
        place = self.builder.mul(step, self.count)
        return self.builder.gep(self.order, [place], source_etype=I64)

    def gather(self, node: Node, step: ir.Value, stop: ir.Value) -> None:
        """Write the gathering of a step's rows."""
        source, goal, order = self.sources[node], self.addresses[node], self.order_of(step)
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
    size = builder.mul(rows.count, index(ahead.row_bytes))
    size = builder.and_(builder.add(size, index(LINE - 1)), index(-LINE))
    aside = builder.mul(builder.and_(step, index(1)), size)
    first, until = rows.part
    following = rows.order_of(builder.add(step, index(1)))
    words = {
        Job.NOW: builder.add(base, aside),
        Job.ORDER: builder.ptrtoint(following, I64),
        Job.DATA: builder.ptrtoint(rows.sources[ahead.node], I64),
        Job.GOAL: builder.add(base, builder.sub(size, aside)),
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
