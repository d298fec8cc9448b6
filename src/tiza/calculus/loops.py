"""The passes of scan: its tangent, the residuals it keeps for the way back, its way back, and unrolling."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tiza.calculus.emission import renamed, total, zeros_of
from tiza.calculus.linearization import dependents
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node, rebuild, topological_order
from tiza.graph.provenance import Role, provenance
from tiza.graph.tensor import Tensor, apply
from tiza.ops.contraction import CONTRACT, contract
from tiza.ops.elementwise import ADD, IDENTITY, MULTIPLY, NEGATIVE, SUBTRACT
from tiza.ops.layout import reshape, slice_axis, stack
from tiza.ops.reduction import SUM
from tiza.ops.reduction import sum as sum_over
from tiza.ops.scan import ITEM, SCAN, ScanParts, is_number, scan_items

Tangents = tuple[Tensor | None, ...]
TangentPass = Callable[[Sequence[Node], dict[Node, Tensor]], list[Tensor | None]]
CotangentPass = Callable[[Sequence[Node], Sequence[Tensor], Sequence[Node]], list[Tensor | None]]


def varying_inputs(loop: ScanParts, varying: Sequence[bool]) -> list[bool]:
    """Return which inputs of the body vary when the operands in `varying` do: carries hand it on."""
    flags = list(varying)
    order = topological_order(loop.body.outputs)
    while True:
        wrt = [node for node, flag in zip(loop.body.inputs, flags, strict=True) if flag]
        reached = dependents(order, wrt)
        grown = [
            flag or (at < loop.carries and loop.body.outputs[at] in reached) for at, flag in enumerate(flags)
        ]
        if grown == flags:
            return flags
        flags = grown


def _passing(order: Sequence[Node], wrt: Sequence[Node]) -> set[Node]:
    found = set(wrt)
    for node in order:
        if any(one in found for one in node.inputs):
            found.add(node)
    return found


def scan_tangent(node: Node, given: Tangents, tangent_pass: TangentPass) -> Tangents:
    """Return the tangent of every item of a scan: a loop that carries values and tangents together."""
    loop = ScanParts(node)
    body = loop.body
    flags = varying_inputs(loop, [one is not None for one in given])
    seeds = {one: input_node(f"tangent{at}", one.type) for at, one in enumerate(body.inputs) if flags[at]}
    moved = tangent_pass(body.outputs, {one: Tensor(seed) for one, seed in seeds.items()})
    new = [
        (tangent if tangent is not None else zeros_of(one)).node
        for one, tangent in zip(body.outputs, moved, strict=True)
    ]
    operands = [
        tangent if tangent is not None else zeros_of(one)
        for one, tangent, flag in zip(node.inputs, given, flags, strict=True)
        if flag
    ]
    seeded = [[seeds[one] for one in part if one in seeds] for part in loop.split(body.inputs)]
    own = loop.split(body.inputs)
    counts = [len(part) for part in seeded]
    moving = [
        operands[: counts[0]],
        operands[counts[0] : counts[0] + counts[1]],
        operands[counts[0] + counts[1] :],
    ]
    fixed = loop.split([Tensor(one) for one in node.inputs])
    carried = [at for at in range(loop.carries) if flags[at]]
    inputs = [one for pair in zip(own, seeded, strict=True) for part in pair for one in part]
    outputs = [
        *body.outputs[: loop.carries],
        *(new[at] for at in carried),
        *new[loop.carries :],
    ]
    merged = [one for pair in zip(fixed, moving, strict=True) for part in pair for one in part]
    items = scan_items(
        merged,
        Graph(tuple(inputs), tuple(outputs)),
        loop.carries + counts[0],
        loop.sequences + counts[1],
        loop.length,
        loop.reverse,
    )
    by_carry = dict(zip(carried, items[loop.carries :], strict=False))
    return (*(by_carry.get(at) for at in range(loop.carries)), *items[loop.carries + counts[0] :])


def with_residuals(
    outputs: Sequence[Node],
    wrt: Sequence[Node],
    cotangent_pass: CotangentPass,
) -> tuple[Node, ...]:
    """Return `outputs` with every scan on the way from `wrt` giving out the values its way back reads."""
    order = topological_order(outputs)
    passing = dependents(order, wrt)
    if not any(node.primitive is SCAN and node in passing for node in order):
        return tuple(outputs)

    def augment(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.primitive is not SCAN or node not in passing:
            return None
        wanted = [one in passing for one in node.inputs]
        body = _with_inner_residuals(ScanParts(node), wanted, cotangent_pass)
        operands = [Tensor(one) for one in inputs]
        loop = ScanParts(node)
        plain = scan_items(operands, body, loop.carries, loop.sequences, loop.length, loop.reverse)
        prepared = plain[0].node.inputs[0]
        way = _way_back(ScanParts(prepared), wanted, dict.fromkeys(range(len(body.outputs))), cotangent_pass)
        given_out = (*body.outputs[loop.carries :], *loop_entries(ScanParts(prepared)))
        kept = {_identity(one): one for one in way.read}
        for one in given_out:
            kept.pop(_identity(one), None)
        full = Graph(body.inputs, (*body.outputs, *kept.values()))
        with provenance(**_fields(node)):
            items = scan_items(operands, full, loop.carries, loop.sequences, loop.length, loop.reverse)
        return items[0].node.inputs[0]

    renewed, _ = rebuild(outputs, {}, augment)
    return renewed


def _fields(node: Node) -> dict[str, object]:
    return {name: getattr(node.provenance, name) for name in ("layer", "role", "name", "of", "note")}


def loop_entries(loop: ScanParts) -> list[Node]:
    """Return the body inputs that each step reads from a sequence."""
    return list(loop.body.inputs[loop.carries : loop.carries + loop.sequences])


def _with_inner_residuals(loop: ScanParts, wanted: Sequence[bool], cotangent_pass: CotangentPass) -> Graph:
    flags = varying_inputs(loop, wanted)
    wrt = [one for one, flag in zip(loop.body.inputs, flags, strict=True) if flag]
    return Graph(loop.body.inputs, with_residuals(loop.body.outputs, wrt, cotangent_pass))


@dataclass(slots=True)
class WayBack:
    """The derivative of one step, backwards, before it is put into a loop.

    Attributes:
        seeds: stand-in for the cotangent of each output of the body that has one.
        results: cotangent of each input of the body; None where it is zero or not wanted.
        read: values of the step that the results use and that differ from step to step.
        constant: inputs of the loop that the results use and that are the same in every step.
    """

    seeds: dict[int, Node]
    results: list[Tensor | None]
    read: list[Node] = field(default_factory=list)
    constant: list[Node] = field(default_factory=list)


def _way_back(
    loop: ScanParts,
    wanted: Sequence[bool],
    arriving: dict[int, object],
    cotangent_pass: CotangentPass,
) -> WayBack:
    body = loop.body
    flags = varying_inputs(loop, wanted)
    wrt = [one for one, flag in zip(body.inputs, flags, strict=True) if flag]
    reached = dependents(topological_order(body.outputs), wrt)
    positions = [
        at
        for at, one in enumerate(body.outputs)
        if one in reached and (at in arriving or (at < loop.carries and flags[at]))
    ]
    seeds = {at: input_node(f"cotangent{at}", body.outputs[at].type) for at in positions}
    found = iter(
        cotangent_pass([body.outputs[at] for at in positions], [Tensor(seeds[at]) for at in positions], wrt)
    )
    results = [_without_name(next(found)) if flag else None for flag in flags]
    way = WayBack(seeds, results)
    _find_reads(loop, way)
    return way


def _without_name(cotangent: Tensor | None) -> Tensor | None:
    """Return a cotangent of an input of the body without a name: no reader knows the stand-ins of a loop."""
    if cotangent is None:
        return None
    node = cotangent.node
    if not node.inputs:
        return cotangent
    return Tensor(Node(node.primitive, node.inputs, node.attributes, node.type))


def _find_reads(loop: ScanParts, way: WayBack) -> None:
    """List what the way back reads of the step, looking through values made of constants alone."""
    carries, entries, constants = loop.split(loop.body.inputs)
    changing = _passing(topological_order(loop.body.outputs), [*carries, *entries])
    seen: set[Node] = set(way.seeds.values())
    pending = [one.node for one in way.results if one is not None]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in changing and _is_arithmetic_with_numbers(node):
            # 1 - z is made again sooner than kept beside z
            pending.extend(node.inputs)
        elif node in changing or (node.primitive is ITEM and node.inputs[0] in changing):
            way.read.append(node)
        elif node in constants:
            way.constant.append(node)
        else:
            pending.extend(node.inputs)


def _is_arithmetic_with_numbers(node: Node) -> bool:
    """Return whether a node is another value negated, or added to or multiplied by a number."""
    if node.primitive not in (ADD, SUBTRACT, MULTIPLY, NEGATIVE):
        return False
    return sum(not is_number(one) for one in node.inputs) == 1


def _identity(node: Node) -> object:
    """Return what tells values of a body apart: the way back of an inner loop makes its items anew."""
    return (node.inputs[0], node.attributes["position"]) if node.primitive is ITEM else node


def scan_cotangents(
    node: Node,
    arriving: dict[int, Tensor],
    wanted: Sequence[bool],
    cotangent_pass: CotangentPass,
) -> Tangents:
    """Return the cotangents of a scan's operands: a loop against time over the residuals it kept."""
    loop = ScanParts(node)
    if loop.length == 0:
        return tuple(arriving.get(at) if at < loop.carries else None for at in range(len(node.inputs)))
    way = _way_back(loop, wanted, dict(arriving), cotangent_pass)
    return _BackwardLoop(loop, way, arriving).cotangents()


class _BackwardLoop:
    """Puts the way back of one step into a loop against time."""

    def __init__(self, loop: ScanParts, way: WayBack, arriving: dict[int, Tensor]) -> None:
        self.loop = loop
        self.way = way
        self.arriving = arriving
        self.stacked = {_identity(one): self._stacked(one) for one in way.read}
        self.outputs: list[Node] = []

    def _stacked(self, node: Node) -> Tensor:
        """Return the values of a body node over all steps."""
        entries = loop_entries(self.loop)
        if node in entries:
            return Tensor(self.loop.node.inputs[self.loop.carries + entries.index(node)])
        position = [_identity(one) for one in self.loop.body.outputs].index(
            _identity(node), self.loop.carries
        )
        return _item(self.loop.node, position)

    def cotangents(self) -> Tangents:
        """Return the cotangent of every operand of the loop."""
        carry_results, entry_results, constant_results = self.loop.split(self.way.results)
        # a carry that no new carry depends on still has a cotangent: that of the first step
        carried = [
            at for at in range(self.loop.carries) if at in self.way.seeds or carry_results[at] is not None
        ]
        sums: list[tuple[int, Tensor]] = []
        after: dict[int, list[Callable[[tuple[Tensor, ...]], Tensor]]] = {}
        for at, result in enumerate(constant_results):
            for term in _terms(result.node) if isinstance(result, Tensor) else []:
                hoisted = self._after_the_loop(term)
                if hoisted is not None:
                    after.setdefault(at, []).append(hoisted)
                else:
                    sums.append((at, Tensor(term)))
        running = [input_node(f"sum{at}", term.type) for at, (_, term) in enumerate(sums)]
        entry_at = {}
        for at, result in enumerate(entry_results):
            if isinstance(result, Tensor):
                entry_at[at] = self._output(result.node)
        items = self._run(carried, carry_results, running, [term for _, term in sums])
        last, summed = items[: len(carried)], items[len(carried) : len(carried) + len(sums)]
        stacks = items[len(carried) + len(sums) :]
        carries = dict(zip(carried, last, strict=True))
        parts: dict[int, list[Tensor]] = {}
        for (at, _), value in zip(sums, summed, strict=True):
            parts.setdefault(at, []).append(value)
        for at, makers in after.items():
            parts.setdefault(at, []).extend(make(stacks) for make in makers)
        constants = len(constant_results)
        return (
            *(
                carries.get(at) if self.way.results[at] is not None else None
                for at in range(self.loop.carries)
            ),
            *(stacks[entry_at[at]] if at in entry_at else None for at in range(self.loop.sequences)),
            *(total(parts[at]) if at in parts else None for at in range(constants)),
        )

    def _output(self, node: Node) -> int:
        """Return the number of the stack that keeps a value of every step."""
        if node not in self.outputs:
            self.outputs.append(node)
        return self.outputs.index(node)

    def _run(
        self, carried: list[int], carry_results: Sequence[object], running: list[Node], terms: list[Tensor]
    ) -> tuple[Tensor, ...]:
        seeds, loop = self.way.seeds, self.loop
        flowing = [at for at in seeds if at >= loop.carries]
        types = {_identity(one): one.type for one in self.way.read}
        stand_ins = {one: input_node(f"residual{at}", types[one]) for at, one in enumerate(types)}
        new_carries = []
        for at in carried:
            result = carry_results[at]
            new_carries.append(result if isinstance(result, Tensor) else zeros_of(loop.body.inputs[at]))
        new_sums = [Tensor(node) + term for node, term in zip(running, terms, strict=True)]
        results = [*(one.node for one in (*new_carries, *new_sums)), *self.outputs]
        renewed, _ = rebuild(results, {one: stand_ins[_identity(one)] for one in self.way.read})
        inputs = [
            *(
                seeds[at] if at in seeds else input_node(f"unused{at}", loop.body.inputs[at].type)
                for at in carried
            ),
            *running,
            *(seeds[at] for at in flowing),
            *stand_ins.values(),
        ]
        constants = self.way.constant
        operands = [
            *(self.arriving[at] if at in self.arriving else zeros_of(loop.body.inputs[at]) for at in carried),
            *(zeros_of(one) for one in running),
            *(self.arriving[at] for at in flowing),
            *(self.stacked[one] for one in stand_ins),
            *(Tensor(loop.node.inputs[loop.body.inputs.index(one)]) for one in constants),
        ]
        return scan_items(
            operands,
            Graph((*inputs, *constants), renewed),
            len(carried) + len(running),
            len(flowing) + len(stand_ins),
            loop.length,
            not loop.reverse,
        )

    def _after_the_loop(self, term: Node) -> Callable[[tuple[Tensor, ...]], Tensor] | None:
        """Return how to make a constant's gradient after the loop, in one contraction or sum over time."""
        while term.primitive is IDENTITY:
            (term,) = term.inputs
        if term.primitive is CONTRACT:
            left, right = (self._over_time(one) for one in term.inputs)
            if left is None or right is None:
                return None
            labels = [term.attributes[name] for name in ("left", "right", "out")]
            first, second = left, right
            time = next(one for one in string.ascii_letters if one not in "".join(labels))
            return lambda stacks: contract(
                first(stacks), second(stacks), time + labels[0], time + labels[1], labels[2]
            )
        if term.primitive is SUM:
            operand = self._over_time(term.inputs[0])
            if operand is None:
                return None
            source = operand
            axes = (0, *(axis + 1 for axis in term.attributes["axes"]))
            return lambda stacks: sum_over(source(stacks), axes)
        return None

    def _over_time(self, node: Node) -> Callable[[tuple[Tensor, ...]], Tensor] | None:
        if _identity(node) in self.stacked:
            value = self.stacked[_identity(node)]
            return lambda stacks: value
        if node in self.way.constant:
            return None
        at = self._output(node)
        return lambda stacks: stacks[at]


def _terms(node: Node) -> list[Node]:
    """Return the summands of a sum written with add."""
    terms, pending = [], [node]
    while pending:
        one = pending.pop()
        if one.primitive is ADD:
            pending.extend(reversed(one.inputs))
        else:
            terms.append(one)
    return terms


def _item(loop: Node, position: int) -> Tensor:
    return apply(ITEM, (Tensor(loop),), position=position)


def carried(graph: Graph) -> tuple[Node, ...]:
    """Return what every scan of a graph carries out of its last step, used there or not."""
    loops = [ScanParts(node) for node in graph.nodes if node.primitive is SCAN]
    return tuple(_item(loop.node, at).node for loop in loops for at in range(loop.carries))


def unroll(graph: Graph) -> Graph:
    """Return `graph` with every scan written out, one copy of the body a step, marked with its time.

    Example:
        >>> import numpy as np
        >>> import tiza as tz
        >>> x = np.array([2.0, 3.0])
        >>> graph = tz.trace(lambda x: tz.ops.scan(lambda s, e: (s * e, None), 1.0, x)[0], x)
        >>> tz.evaluate(unroll(graph), x)
        6.0
    """
    items: dict[Node, list[Tensor]] = {}

    def expand(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.primitive is SCAN:
            items[node] = _unrolled(ScanParts(node), [Tensor(one) for one in inputs])
            return items[node][0].node if items[node] else None
        if node.primitive is ITEM:
            item = items[node.inputs[0]][node.attributes["position"]]
            return renamed(item, node.provenance).node
        return None

    outputs, _ = rebuild(graph.outputs, {}, expand)
    return Graph(graph.inputs, outputs)


def _unrolled(loop: ScanParts, operands: list[Tensor]) -> list[Tensor]:
    body = unroll(loop.body)
    carry, entries, constants = loop.split(operands)
    collected: list[list[Tensor]] = [[] for _ in body.outputs[loop.carries :]]
    steps = range(loop.length - 1, -1, -1) if loop.reverse else range(loop.length)
    for step in steps:
        at_step = []
        for entry in entries:
            at_step.append(reshape(slice_axis(entry, 0, step, step + 1), entry.shape[1:]))
        given = {
            node: value.node for node, value in zip(body.inputs, (*carry, *at_step, *constants), strict=True)
        }
        outputs, _ = rebuild(body.outputs, given, partial(_at_time, step))
        carry = [Tensor(one) for one in outputs[: loop.carries]]
        for column, one in zip(collected, outputs[loop.carries :], strict=True):
            column.append(Tensor(one))
    if not steps:
        return [*carry, *(zeros_of(_item(loop.node, loop.carries + at).node) for at in range(len(collected)))]
    stacked = [stack(column[::-1] if loop.reverse else column) for column in collected]
    return [*carry, *stacked]


def _at_time(step: int, node: Node, inputs: tuple[Node, ...]) -> Node | None:
    known = node.provenance
    if not node.inputs or not known.is_named:
        return None
    of = known.of
    if known.role in (Role.GRADIENT, Role.TANGENT) and of is not None and of.role is not Role.PARAMETER:
        of = replace(of, time=step)
    return Node(node.primitive, inputs, node.attributes, node.type, replace(known, time=step, of=of))
