"""Kernels: loop nests that compute several values at each point, and loops over time made of kernels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiza.engines.engine import ANY_SAMPLES, Samples, StepLayout
from tiza.engines.native.expression import Expression, Load, loads_of
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.tensor_type import Shape
from tiza.ops.scan import ScanParts


@dataclass(slots=True)
class Kernel:
    """A loop nest over `shape`; at each point a reduction (if any), then values in order.

    Attributes:
        shape: sizes of the parallel loops.
        reduced: sizes of the loops of the reduction.
        reduction: `sum`, `max`, `argmax`, or empty.
        head: the node that the reduction makes.
        body: what is reduced, over parallel and reduced counters.
        values: the nodes computed, with their expressions; `Made` refers to an earlier one.
        stores: those of them that are written to memory.
        samples: the number of rows it is laid out for.
    """

    shape: Shape
    reduced: Shape = ()
    reduction: str = ""
    head: Node | None = None
    body: Expression | None = None
    values: list[tuple[Node, Expression]] = field(default_factory=list)
    stores: list[Node] = field(default_factory=list)
    samples: Samples = ANY_SAMPLES

    @property
    def usual_shape(self) -> Shape:
        """Sizes of the parallel loops that it is laid out for."""
        return self.samples.usual_shape(self.shape)

    @property
    def usual_reduced(self) -> Shape:
        """Sizes of the loops of the reduction that it is laid out for."""
        return self.samples.usual_shape(self.reduced)

    @property
    def made(self) -> set[Node]:
        """The nodes computed here."""
        own = {node for node, _ in self.values}
        return own | {self.head} if self.head is not None else own

    @property
    def loads(self) -> list[Load]:
        """Every load of the kernel."""
        found = [load for _, expression in self.values for load in loads_of(expression)]
        return found + (loads_of(self.body) if self.body is not None else [])

    @property
    def products(self) -> int:
        """How many elements its reduction usually takes in."""
        if self.head is None:
            return 0
        return math.prod(self.usual_shape) * math.prod(self.usual_reduced)


def kernel_buffers(kernel: Kernel) -> list[Node]:
    """Return the buffers a kernel touches: what it stores, then what it loads."""
    return list(dict.fromkeys([*kernel.stores, *(one.buffer for one in kernel.loads)]))


Addresses = Mapping[Node, Any]
Pair = tuple[Node, Node]


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A scan: the kernels of its body, run once a step.

    Attributes:
        node: the scan.
        body: the kernels of one step.
        items: the items that are read, with their positions.
        pairs: two places for each carry, written in turn.
    """

    node: Node
    body: Schedule
    items: list[tuple[int, Node]]
    pairs: tuple[tuple[Node, Node], ...]

    @property
    def parts(self) -> ScanParts:
        """The scan's parts by name."""
        return ScanParts(self.node)

    @property
    def scratch(self) -> list[Node]:
        """What has a place in memory while the loop runs."""
        inner = [node for node in self.body.stored if node.primitive is not INPUT]
        return [*(node for pair in self.pairs for node in pair), *inner]

    @property
    def stores(self) -> list[Node]:
        """What the loop writes."""
        written = [node for node in self.scratch if node.primitive is not CONSTANT]
        return [*(node for _, node in self.items), *written]

    @property
    def buffers(self) -> list[Node]:
        """What the loop touches."""
        return list(dict.fromkeys([*self.stores, *self.node.inputs]))

    def _operands(self) -> tuple[list[Pair], list[Pair], list[Pair]]:
        """Return carries, sequences and constants: the body's inputs with the loop's operands."""
        return self.parts.split(list(zip(self.parts.body.inputs, self.node.inputs, strict=True)))

    def fixed(self, addresses: Addresses) -> list[tuple[Node, Any]]:
        """Return addresses that stay: constants of the loop, and what the body computes."""
        _, _, constants = self._operands()
        inner = [node for node in self.body.stored if node.primitive is not INPUT]
        return [(one, addresses[operand]) for one, operand in constants] + [
            (one, addresses[one]) for one in inner
        ]

    def carried(self, addresses: Addresses) -> list[tuple[Node, Any, tuple[Any, Any]]]:
        """Return each carry's input in the body, its first address, and the two it has in turn later."""
        carries, _, _ = self._operands()
        return [
            (one, addresses[operand], (addresses[pair[0]], addresses[pair[1]]))
            for (one, operand), pair in zip(carries, self.pairs, strict=True)
        ]

    def entries(self, addresses: Addresses) -> list[tuple[Node, Any, int]]:
        """Return each entry's input in the body, its sequence's address and its size in bytes."""
        _, sequences, _ = self._operands()
        return [(one, addresses[operand], size_in_bytes(one)) for one, operand in sequences]

    def new_carries(self, addresses: Addresses) -> list[tuple[Node, tuple[Any, Any], int]]:
        """Return what the body makes of each carry, where it goes and its size in bytes."""
        new = self.parts.body.outputs[: self.parts.carries]
        return [
            (one, (addresses[pair[0]], addresses[pair[1]]), size_in_bytes(one))
            for one, pair in zip(new, self.pairs, strict=True)
        ]

    def stacked(self, addresses: Addresses) -> list[tuple[Node, Any, int]]:
        """Return the body's outputs that are kept of every step, where they go and their size in bytes."""
        outputs = self.parts.body.outputs
        return [
            (outputs[position], addresses[item], size_in_bytes(outputs[position]))
            for position, item in self.items
            if position >= self.parts.carries
        ]

    def last(self, addresses: Addresses) -> list[tuple[Any, Any, tuple[Any, Any], int]]:
        """Return where each last carry goes, where it is without any step, and its two places."""
        return [
            (
                addresses[item],
                addresses[self.node.inputs[position]],
                (addresses[self.pairs[position][0]], addresses[self.pairs[position][1]]),
                size_in_bytes(item),
            )
            for position, item in self.items
            if position < self.parts.carries
        ]


def size_in_bytes(node: Node) -> int:
    """Return the size of a node's value."""
    return node.tensor_type.size * node.tensor_type.dtype.itemsize


def widest(kernel: Kernel) -> int:
    """Return the size in bytes of the largest element a kernel computes with, at least float32's."""
    nodes = [*kernel.made, *(load.buffer for load in kernel.loads)]
    return max([4, *(node.tensor_type.dtype.itemsize for node in nodes)])


def work_of(kernels: Iterable[Kernel | Loop]) -> int:
    """Return how much kernels usually compute, in multiplications; other computations count ten."""
    total = 0
    for kernel in kernels:
        if isinstance(kernel, Loop):
            total += kernel.parts.length * work_of(kernel.body.kernels)
            continue
        total += kernel.products + 10 * math.prod(kernel.usual_shape) * len(kernel.values)
    return total


@dataclass(frozen=True, slots=True)
class Schedule:
    """A graph as kernels.

    Attributes:
        graph: what is computed.
        phases: kernels in the order they run; threads wait for one another only after each phase.
        stored: nodes that have a place in memory.
        overwritten: outputs that are written where an input of the state stands, with that input.
        copied: outputs that are copied to an input of the state at the end, with that input.
        layout: what a training step's inputs and outputs are.
        shared: whether it computes enough for several threads; else it is written for one.
        samples: the number of rows, and the one it is laid out for.
    """

    graph: Graph
    phases: tuple[tuple[Kernel | Loop, ...], ...]
    stored: tuple[Node, ...]
    overwritten: Mapping[Node, Node]
    copied: tuple[tuple[Node, Node], ...]
    layout: StepLayout
    shared: bool
    samples: Samples

    @property
    def kernels(self) -> list[Kernel | Loop]:
        """All kernels, in order."""
        return [kernel for phase in self.phases for kernel in phase]

    @property
    def gathered(self) -> tuple[Node, ...]:
        """Inputs whose rows are gathered before each step, by the thread that computes with them."""
        state = self.layout.state
        return self.graph.inputs[state : state + self.layout.blocks]

    @property
    def results(self) -> tuple[Node, ...]:
        """Outputs after the state: loss and sums."""
        return self.graph.outputs[self.layout.state :]
