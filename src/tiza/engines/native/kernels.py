"""Kernels: loop nests that compute several values at each point, and loops over time made of kernels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tiza.engines.engine import ANY_SAMPLES, Samples, StepLayout
from tiza.engines.native.affine import Affine, counter, row_major
from tiza.engines.native.expression import Expression, Load, loads_of
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, Node
from tiza.graph.tensor_type import Shape, TensorType
from tiza.ops.scan import ScanParts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kernel stores a value.

    Attributes:
        buffer: the node whose memory it is.
        at: the place of the kernel's point in it.
    """

    buffer: Node
    at: Affine


@dataclass(frozen=True, slots=True)
class InLoop:
    """What a kernel knows of the loop over time that it stands in.

    Attributes:
        far: what it reads of long sequences, so that it is not near.
        soon: what other kernels touch of long sequences next, each with the steps until then: 0 or 1.
        first_terms: how many terms its sum has in the first step, if the factors of the others are zeros.
    """

    far: frozenset[Node] = frozenset()
    soon: tuple[tuple[Node, int], ...] = ()
    first_terms: int | None = None


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
        parts: where those are stored that are parts of a larger value.
        samples: the number of rows it is laid out for.
        portion: of how many samples its sum is made at a time, what has come so far in memory; 0 for all.
        group: of how many samples it makes a sum each; threads share the samples. 0 for one of all.
        in_loop: what it knows of the loop over time that it stands in.
        largest: beside the position of the largest value, the node that is the value itself.
        beside: beside a product, the node that is the sum of its rows of neighbours.
    """

    shape: Shape
    reduced: Shape = ()
    reduction: str = ""
    head: Node | None = None
    body: Expression | None = None
    values: list[tuple[Node, Expression]] = field(default_factory=list)
    stores: list[Node] = field(default_factory=list)
    parts: dict[Node, Place] = field(default_factory=dict)
    samples: Samples = ANY_SAMPLES
    portion: int = 0
    group: int = 0
    in_loop: InLoop = InLoop()
    largest: Node | None = None
    beside: Node | None = None

    def place(self, node: Node) -> Place:
        """Return where a value is stored: in memory of its own, or in that of what it is a part of."""
        return self.parts.get(node) or Place(
            node, row_major([*map(counter, range(len(self.shape)))], self.shape)
        )

    @property
    def written(self) -> list[Node]:
        """The nodes in whose memory it stores."""
        kept = [self.head] if (self.portion or self.group) and self.head is not None else []
        kept += [self.beside] if self.beside is not None else []
        return list(dict.fromkeys(self.place(node).buffer for node in (*self.stores, *kept)))

    @property
    def stores_neighbours(self) -> bool:
        """Whether neighbours along the last loop are stored as neighbours."""
        return all(part.at.stride(len(self.shape) - 1) == 1 for part in self.parts.values())

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
        return {*self.reductions, *(node for node, _ in self.values)}

    @property
    def reductions(self) -> list[Node]:
        """The nodes that the reduction makes."""
        return [node for node in (self.head, self.largest) if node is not None]

    @property
    def loads(self) -> list[Load]:
        """Every load of the kernel."""
        found = [load for _, expression in self.values for load in loads_of(expression)]
        return found + (loads_of(self.body) if self.body is not None else [])

    @property
    def shared_length(self) -> int:
        """The length of the loop of which threads take parts: the first one, or that over samples."""
        return self.reduced[0] if self.group else self.shape[0] if self.shape else 1

    @property
    def groups(self) -> int:
        """How many sums it makes, each of some samples."""
        return -(-self.reduced[0] // self.group) if self.group else 1

    @property
    def shared_loop(self) -> int:
        """The loop of which threads take parts."""
        return len(self.shape) if self.group else 0

    @property
    def products(self) -> int:
        """How many elements its reduction usually takes in."""
        if self.head is None:
            return 0
        return math.prod(self.usual_shape) * math.prod(self.usual_reduced)


def kernel_buffers(kernel: Kernel) -> list[Node]:
    """Return the buffers a kernel touches: what it stores, then what it loads."""
    return list(dict.fromkeys([*kernel.written, *(one.buffer for one in kernel.loads)]))


class Sharing(Enum):
    """How threads share a loop over time.

    ROWS: each runs all of it on rows of its own, and they never meet.
    ALONE: one runs it; its steps are too short to share.
    TOGETHER: they share each kernel, and meet between phases and steps.
    """

    ROWS = "rows"
    ALONE = "alone"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A scan: the kernels of its body, run once a step.

    Each output of the body is written where it is read: a stacked one to its place in the stack; a carry to
    one of two places in turn, or to the stack if it is stacked too. Where it is stacked as it enters a step,
    that is the place in which the next step finds it.

    Attributes:
        node: the scan, prepared.
        body: the kernels of one step.
        items: the items that are read, by position.
        pairs: two places for each carry that is not stacked, by position.
        sharing: how threads share it.
    """

    node: Node
    body: Schedule
    items: dict[int, Node]
    pairs: dict[int, tuple[Node, Node]]
    sharing: Sharing

    @property
    def parts(self) -> ScanParts:
        """The scan's parts by name."""
        return ScanParts(self.node)

    @property
    def inner(self) -> list[Node]:
        """What has a place in memory of its own that is the same in every step."""
        body = self.parts.body
        outside = {*body.inputs, *body.outputs}
        return [node for node in self.body.stored if node not in outside]

    @property
    def scratch(self) -> list[Node]:
        """What has a place in memory while the loop runs."""
        return [*(node for pair in self.pairs.values() for node in pair), *self.inner]

    @property
    def written(self) -> list[Node]:
        """The nodes in whose memory it stores."""
        written = [node for node in self.scratch if node.primitive is not CONSTANT]
        return [*self.items.values(), *written]

    @property
    def buffers(self) -> list[Node]:
        """What the loop touches."""
        return list(dict.fromkeys([*self.written, *self.node.inputs]))

    @property
    def stack_of(self) -> dict[Node, Node]:
        """The items in which outputs of the body are stacked, by output."""
        carries, outputs = self.parts.carries, self.parts.body.outputs
        return {outputs[position]: item for position, item in self.items.items() if position >= carries}

    @property
    def first_places(self) -> list[tuple[Node, Node]]:
        """What carries are before the first step, and the stacks of which that is the first to be entered."""
        stacks, operands = self.stack_of, self.node.inputs
        return [
            (operands[position], stacks[entering])
            for position, (entering, _) in enumerate(self.carried)
            if entering in stacks
        ]

    @property
    def carried(self) -> list[tuple[Node, Node]]:
        """What enters a step and what leaves it, for each carry."""
        body = self.parts.body
        return list(zip(body.inputs[: self.parts.carries], body.outputs, strict=False))


def size_in_bytes(node: Node) -> int:
    """Return the size of a node's value."""
    return node.tensor_type.size * node.tensor_type.dtype.itemsize


def usual_bytes(type_: TensorType, samples: Samples) -> int:
    """Return the size of a value of a type, of as many samples as are usual."""
    return math.prod(samples.usual_shape(type_.shape)) * type_.dtype.itemsize


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
