"""The training loop in machine code: rows gathered, the step run, numbers kept, state handed on."""

from __future__ import annotations

from itertools import takewhile

import llvmlite.ir as ir

from tiza.engines.native.code import DOUBLE, I1, I8, I64, POINTER, index, intrinsic, loop, register_type
from tiza.engines.native.denormals import enter_fast_mode, leave_fast_mode
from tiza.engines.native.scheduling import Schedule
from tiza.engines.native.sequence import Thread
from tiza.engines.native.synchronization import wait_for_all
from tiza.graph.node import INPUT, Node

STEPS_TYPE = ir.FunctionType(ir.VoidType(), [POINTER] * 6 + [I64] * 4)


def write_steps(module: ir.Module, program: ir.Function, plan: Schedule) -> None:
    """Write `steps(tables, blocks, order, results, done, barrier, first, until, thread, threads)`.

    `tables` holds two tables of addresses: even steps read the state that odd ones write. `blocks` holds the
    address of each data array by input (0 for inputs that are no rows). Step s reads rows
    order[s*batch : (s+1)*batch]; its scalar outputs go to `results`, as float64, one line a step. The loop
    ends after a step whose first result is not finite; `done` gets the number of steps run.
    """
    function = ir.Function(module, STEPS_TYPE, "steps")
    tables, blocks, order, results, done, barrier, first, until, number, count = function.args
    thread = Thread(number, count, barrier)
    entry = function.append_basic_block("entry")
    head, inside, after = (function.append_basic_block(name) for name in ("head", "body", "after"))
    builder = ir.IRBuilder(entry)
    mode = enter_fast_mode(builder)
    builder.branch(head)
    builder.position_at_end(head)
    step = builder.phi(I64)
    step.add_incoming(first, entry)
    sound = builder.phi(I1)
    sound.add_incoming(ir.Constant(I1, 1), entry)
    more = builder.and_(builder.icmp_signed("<", step, until), sound)
    builder.cbranch(more, inside, after)
    builder.position_at_end(inside)
    parity = builder.and_(step, index(1))
    table = builder.load(builder.gep(tables, [parity], source_etype=POINTER), typ=POINTER)
    leads = builder.icmp_signed("==", number, index(0))
    with builder.if_then(leads):
        _gather(builder, plan, table, blocks, order, step)
    wait_for_all(builder, thread)
    builder.call(program, [table, barrier, number, count])
    finite = _keep_results(builder, plan, table, results, builder.sub(step, first), leads)
    wait_for_all(builder, thread)
    following = builder.add(step, index(1))
    step.add_incoming(following, builder.block)
    sound.add_incoming(finite, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    with builder.if_then(builder.icmp_signed("==", number, index(0))):
        builder.store(builder.sub(step, first), done)
    leave_fast_mode(builder, mode)
    builder.ret_void()


def write_single_run(module: ir.Module, program: ir.Function) -> None:
    """Write `run(table, barrier, thread, threads)`: the program once, in the mode that steps run in."""
    function = ir.Function(module, program.function_type, "run")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    mode = enter_fast_mode(builder)
    builder.call(program, list(function.args))
    leave_fast_mode(builder, mode)
    builder.ret_void()


def row_inputs(plan: Schedule) -> list[tuple[int, Node]]:
    """Return the inputs that may hold rows, with their positions: those with a first axis."""
    return [
        (position, node)
        for position, node in enumerate(plan.graph.inputs)
        if node in plan.stored and node.tensor_type.rank >= 1
    ]


def result_nodes(plan: Schedule) -> list[Node]:
    """Return the outputs after the state, loss and sums: the floats without axes that stand last.

    The state ends with its seed, which has an axis; floats without axes among the weights stand before it.
    """
    outputs = reversed(plan.graph.outputs)
    return list(takewhile(lambda node: node.tensor_type.shape == () and node.tensor_type.is_float, outputs))[
        ::-1
    ]


def _gather(
    builder: ir.IRBuilder, plan: Schedule, table: ir.Value, blocks: ir.Value, order: ir.Value, step: ir.Value
) -> None:
    """Copy the step's rows of every block that has an address into the input's place."""
    slots = {node: slot for slot, node in enumerate(plan.stored)}
    for position, node in row_inputs(plan):
        rows = node.tensor_type.shape[0]
        row_bytes = node.tensor_type.size // max(rows, 1) * node.tensor_type.dtype.itemsize
        block = builder.load(builder.gep(blocks, [index(position)], source_etype=I64), typ=I64)
        present = builder.icmp_unsigned("!=", block, index(0))
        with builder.if_then(present):
            source = builder.inttoptr(block, POINTER)
            target = builder.load(builder.gep(table, [index(slots[node])], source_etype=I64), typ=POINTER)
            start = builder.mul(step, index(rows))

            def body(row: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
                place = builder.gep(order, [builder.add(start, row)], source_etype=I64)  # noqa: B023
                chosen = builder.load(place, typ=I64)
                origin = builder.gep(source, [builder.mul(chosen, index(row_bytes))], source_etype=I8)  # noqa: B023
                goal = builder.gep(target, [builder.mul(row, index(row_bytes))], source_etype=I8)  # noqa: B023
                length = index(row_bytes)  # noqa: B023
                intrinsic(
                    builder,
                    "llvm.memcpy.p0.p0.i64",
                    ir.VoidType(),
                    [goal, origin, length, ir.Constant(I1, 0)],
                )
                return []

            loop(builder, index(0), index(rows), 1, [], body)


def _keep_results(
    builder: ir.IRBuilder,
    plan: Schedule,
    table: ir.Value,
    results: ir.Value,
    line: ir.Value,
    leads: ir.Value,
) -> ir.Value:
    """Write the step's scalar outputs into its line of `results`; return whether the first is finite."""
    slots = {node: slot for slot, node in enumerate(plan.stored)}
    nodes = result_nodes(plan)
    finite: ir.Value = ir.Constant(I1, 1)
    for column, node in enumerate(nodes):
        if node.primitive is INPUT or node not in slots:
            continue
        place = builder.load(builder.gep(table, [index(slots[node])], source_etype=I64), typ=POINTER)
        value = builder.load(place, typ=register_type(node.tensor_type.dtype, 1))
        if value.type != DOUBLE:
            value = builder.fpext(value, DOUBLE)
        at = builder.add(builder.mul(line, index(len(nodes))), index(column))
        with builder.if_then(leads):
            builder.store(value, builder.gep(results, [at], source_etype=DOUBLE))
        if column == 0:
            difference = builder.fsub(value, value)
            finite = builder.fcmp_ordered("==", difference, ir.Constant(DOUBLE, 0.0))
    return finite
