"""A step of a loop over time: where everything stands in it, and what its kernels are called with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, copy, index
from tiza.engines.native.kernels import Kernel, Loop, size_in_bytes
from tiza.engines.native.phases import read_by
from tiza.engines.native.tasks import Word, task_words
from tiza.engines.native.tiling import LARGE_PRODUCT
from tiza.graph.node import Node


@dataclass(frozen=True, slots=True)
class CallInStep:
    """What a kernel is called with.

    Attributes:
        task: what the thread does of it.
        job: what it is to bring or to ask for.
        condition: whether it is called, if not always.
    """

    task: ir.Value
    job: ir.Value
    condition: ir.Value | None = None


def task_in_step(builder: ir.IRBuilder, kernel: Kernel, task: ir.Value, counter: ir.Value) -> ir.Value:
    """Return a kernel's task in a step: with fewer terms in the first one, if its states are zeros there."""
    first_terms = kernel.in_loop.first_terms
    if first_terms is None:
        return task
    words = task_words(kernel)
    with builder.goto_entry_block():
        own = builder.alloca(I64, words)
    copy(builder, own, task, 8 * words)
    at_first = builder.icmp_signed("==", counter, index(0))
    terms = builder.select(at_first, index(first_terms), index(kernel.reduced[0]))
    builder.store(terms, builder.gep(own, [index(Word.TERMS)], source_etype=I64))
    return own


def places_soon(
    builder: ir.IRBuilder, kernel: Kernel, loop: Loop, inside: Mapping[Node, ir.Value]
) -> ir.Value:
    """Return where the addresses stand of what a kernel asks for, given those of a step."""
    onward = -1 if loop.parts.reverse else 1
    with builder.goto_entry_block():
        words = builder.alloca(I64, len(kernel.in_loop.soon))
    for number, (node, steps) in enumerate(kernel.in_loop.soon):
        place = at_step(builder, inside[node], index(onward * steps), node)
        builder.store(builder.ptrtoint(place, I64), builder.gep(words, [index(number)], source_etype=I64))
    return words


def is_before_last(builder: ir.IRBuilder, loop: Loop, counter: ir.Value) -> ir.Value:
    """Return whether a step is not the one that comes last."""
    return builder.icmp_signed("<", counter, index(loop.parts.length - 1))


def needless_at_last(loop: Loop) -> list[Kernel]:
    """Return the large products that only make what the next step enters with, if nothing reads its last."""
    kernels = loop.body.kernels
    read = {*loop.stack_of, *(node for one in kernels for node in read_by(one))}
    read |= {leaving for position, (_, leaving) in enumerate(loop.carried) if position in loop.items}
    unread = {leaving for _, leaving in loop.carried} - read
    return [
        one
        for one in kernels
        if isinstance(one, Kernel) and one.products >= LARGE_PRODUCT and unread.issuperset(one.written)
    ]


def addresses_in_step(
    builder: ir.IRBuilder, kernel: Loop, addresses: Mapping[Node, ir.Value], counter: ir.Value
) -> dict[Node, ir.Value]:
    """Return where everything stands that a loop touches in the step that comes as number `counter`.

    A step reads carries where the step before left them.
    """
    parts = kernel.parts
    last, onward = parts.length - 1, -1 if parts.reverse else 1
    step = builder.sub(index(last), counter) if parts.reverse else counter
    before, after = builder.sub(step, index(onward)), builder.add(step, index(onward))
    even = builder.icmp_signed("==", builder.and_(counter, index(1)), index(0))
    at_start, at_end = (builder.icmp_signed("==", counter, index(one)) for one in (0, last))
    carries, entries, constants = parts.split(list(zip(parts.body.inputs, kernel.node.inputs, strict=True)))
    inside = {node: addresses[node] for node in kernel.inner}
    inside |= {node: addresses[operand] for node, operand in constants}
    inside |= {node: at_step(builder, addresses[operand], step, node) for node, operand in entries}
    stacks = {node: addresses[item] for node, item in kernel.stack_of.items()}
    inside |= {node: at_step(builder, stack, step, node) for node, stack in stacks.items()}
    for position, (entering, leaving) in enumerate(kernel.carried):
        if leaving in stacks:
            entered = at_step(builder, stacks[leaving], before, leaving)
        else:
            places = [addresses[one] for one in kernel.pairs[position]]
            left, entered = (builder.select(even, *pair) for pair in (places, places[::-1]))
            if entering in stacks:
                left = builder.select(at_end, left, at_step(builder, stacks[entering], after, entering))
                entered = inside[entering]
            if position in kernel.items:
                left = builder.select(at_end, addresses[kernel.items[position]], left)
            inside[leaving] = left
        inside[entering] = builder.select(at_start, addresses[carries[position][1]], entered)
    return inside


def at_step(builder: ir.IRBuilder, base: ir.Value, step: ir.Value, node: Node) -> ir.Value:
    """Return the address of a step's value in a stack of values like `node`."""
    return builder.gep(base, [builder.mul(step, index(size_in_bytes(node)))], source_etype=I8)
