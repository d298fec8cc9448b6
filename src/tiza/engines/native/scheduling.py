"""Scheduling: stored values in kernels, each a loop nest that computes several values at one point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiza.engines.native.expression import Expression, Load, loads_of
from tiza.engines.native.lowering import Resolver, is_reduction, own_indices, stored_nodes
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, input_node
from tiza.graph.primitive import access_rule
from tiza.graph.tensor_type import Shape
from tiza.ops.scan import ITEM


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
    """

    shape: Shape
    reduced: Shape = ()
    reduction: str = ""
    head: Node | None = None
    body: Expression | None = None
    values: list[tuple[Node, Expression]] = field(default_factory=list)
    stores: list[Node] = field(default_factory=list)

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


def kernel_buffers(kernel: Kernel) -> list[Node]:
    """Return the buffers a kernel touches: what it stores, then what it loads."""
    return list(dict.fromkeys([*kernel.stores, *(one.buffer for one in kernel.loads)]))


Addresses = Mapping[Node, Any]


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
    def length(self) -> int:
        """Number of steps."""
        return int(self.node.attributes["length"])

    @property
    def reverse(self) -> bool:
        """Whether time runs from the last entry to the first."""
        return bool(self.node.attributes["reverse"])

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

    def _operands(self, first: int, count: int) -> list[tuple[Node, Node]]:
        """Return the body's inputs with the loop's operands."""
        graph: Graph = self.node.attributes["body"]
        both = list(zip(graph.inputs, self.node.inputs, strict=True))
        return both[first : first + count]

    @property
    def _carries(self) -> int:
        return int(self.node.attributes["carries"])

    @property
    def _sequences(self) -> int:
        return int(self.node.attributes["sequences"])

    def fixed(self, addresses: Addresses) -> list[tuple[Node, Any]]:
        """Return addresses that stay: constants of the loop, and what the body computes."""
        start = self._carries + self._sequences
        constants = self._operands(start, len(self.node.inputs))
        inner = [node for node in self.body.stored if node.primitive is not INPUT]
        return [(one, addresses[operand]) for one, operand in constants] + [
            (one, addresses[one]) for one in inner
        ]

    def carried(self, addresses: Addresses) -> list[tuple[Node, Any, tuple[Any, Any]]]:
        """Return each carry's input in the body, its first address, and the two it has in turn later."""
        return [
            (one, addresses[operand], (addresses[pair[0]], addresses[pair[1]]))
            for (one, operand), pair in zip(self._operands(0, self._carries), self.pairs, strict=True)
        ]

    def entries(self, addresses: Addresses) -> list[tuple[Node, Any, int]]:
        """Return each entry's input in the body, its sequence's address and its size in bytes."""
        return [
            (one, addresses[operand], size_in_bytes(one))
            for one, operand in self._operands(self._carries, self._sequences)
        ]

    def new_carries(self, addresses: Addresses) -> list[tuple[Node, tuple[Any, Any], int]]:
        """Return what the body makes of each carry, where it goes and its size in bytes."""
        graph: Graph = self.node.attributes["body"]
        return [
            (one, (addresses[pair[0]], addresses[pair[1]]), size_in_bytes(one))
            for one, pair in zip(graph.outputs[: self._carries], self.pairs, strict=True)
        ]

    def stacked(self, addresses: Addresses) -> list[tuple[Node, Any, int]]:
        """Return the body's outputs that are kept of every step, where they go and their size in bytes."""
        graph: Graph = self.node.attributes["body"]
        return [
            (graph.outputs[position], addresses[item], size_in_bytes(graph.outputs[position]))
            for position, item in self.items
            if position >= self._carries
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
            if position < self._carries
        ]


def size_in_bytes(node: Node) -> int:
    """Return the size of a node's value."""
    return node.tensor_type.size * node.tensor_type.dtype.itemsize


@dataclass(frozen=True, slots=True)
class Schedule:
    """A graph as kernels.

    Attributes:
        graph: what is computed.
        kernels: in the order they run.
        stored: nodes that have a place in memory.
    """

    graph: Graph
    kernels: tuple[Kernel | Loop, ...]
    stored: tuple[Node, ...]


def schedule(graph: Graph) -> Schedule:
    """Return the kernels of `graph`."""
    stored = stored_nodes(graph)
    computed = [node for node in stored if node.primitive not in (INPUT, CONSTANT)]
    kernels: list[Kernel | Loop] = []
    place: dict[Node, int] = {}
    for node in _by_level(computed, set(stored)):
        number = (
            _item_of(node, kernels) if node.primitive is ITEM else _joined(node, kernels, place, set(stored))
        )
        if number is None:
            kernels.append(_loop_of(node) if node.primitive is ITEM else _kernel_of(node, set(stored)))
            number = len(kernels) - 1
        place[node] = number
    _keep_needed_stores(graph, kernels)
    return Schedule(graph, tuple(kernels), tuple(_in_memory(stored, kernels)))


def _in_memory(stored: Sequence[Node], kernels: Sequence[Kernel | Loop]) -> list[Node]:
    """Return the nodes in memory: inputs, constants, what kernels hand on, what loops need."""
    written = {node for kernel in kernels for node in kernel.stores}
    kept = [node for node in stored if node in written or node.primitive in (INPUT, CONSTANT)]
    scratch = [node for kernel in kernels if isinstance(kernel, Loop) for node in kernel.scratch]
    return list(dict.fromkeys([*kept, *scratch]))


def _item_of(node: Node, kernels: Sequence[Kernel | Loop]) -> int | None:
    """Add an item to its loop, if that is scheduled; return the loop's number."""
    for number, kernel in enumerate(kernels):
        if isinstance(kernel, Loop) and kernel.node is node.inputs[0]:
            kernel.items.append((node.attributes["position"], node))
            return number
    return None


def _loop_of(item: Node) -> Loop:
    node = item.inputs[0]
    body: Graph = node.attributes["body"]
    pairs = tuple(
        (input_node(f"even carry {at}", one.type), input_node(f"odd carry {at}", one.type))
        for at, one in enumerate(body.inputs[: node.attributes["carries"]])
    )
    return Loop(node, schedule(body), [(item.attributes["position"], item)], pairs)


def _by_level(nodes: Sequence[Node], stored: set[Node]) -> list[Node]:
    """Return nodes ordered by their distance from the inputs: what is ready early comes early."""
    level: dict[Node, int] = {}
    distance: dict[Node, int] = {}

    def depth(node: Node) -> int:
        pending = [node]
        while pending:
            one = pending[-1]
            missing = [inner for inner in one.inputs if inner not in distance]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            steps = 1 if one in stored and one.primitive not in (INPUT, CONSTANT) else 0
            distance[one] = steps + max((distance[inner] for inner in one.inputs), default=0)
        return distance[node]

    for node in nodes:
        level[node] = depth(node)
    return sorted(nodes, key=lambda node: level[node])


def _kernel_of(node: Node, stored: set[Node]) -> Kernel:
    shape = node.tensor_type.shape
    if not is_reduction(node):
        expression = Resolver(stored - {node}, shape).computed(node, own_indices(len(shape)))
        return Kernel(shape, values=[(node, expression)])
    rule = access_rule(node)
    reduced = tuple(axis.size for axis in rule.reduced)
    sizes = (*shape, *reduced)
    body = Resolver(stored - {node}, sizes).computed(node, own_indices(len(sizes)))
    return Kernel(shape, reduced, rule.reduction, node, body)


def _joined(
    node: Node, kernels: Sequence[Kernel | Loop], place: dict[Node, int], stored: set[Node]
) -> int | None:
    """Put `node` into the kernel of a value it reads at the same point; return its number, or None."""
    if is_reduction(node):
        return None
    shape = node.tensor_type.shape
    plain = Resolver(stored - {node}, shape).computed(node, own_indices(len(shape)))
    sources = [place[load.buffer] for load in loads_of(plain) if load.buffer in place]
    if not sources:
        return None
    number = max(sources)
    kernel = kernels[number]
    if isinstance(kernel, Loop) or kernel.shape != shape or kernel.reduction == "argmax":
        return None
    resolver = Resolver(stored - {node}, shape, kernel.made)
    expression = resolver.computed(node, own_indices(len(shape)))
    if any(load.buffer in kernel.made for load in loads_of(expression)):
        return None
    kernel.values.append((node, expression))
    return number


def _keep_needed_stores(graph: Graph, kernels: Sequence[Kernel | Loop]) -> None:
    """Store only what another kernel reads or the graph gives out."""
    plain = [kernel for kernel in kernels if isinstance(kernel, Kernel)]
    read = {load.buffer for kernel in plain for load in kernel.loads} | set(graph.outputs)
    read |= {node for kernel in kernels if isinstance(kernel, Loop) for node in kernel.node.inputs}
    for kernel in plain:
        own = [kernel.head] if kernel.head is not None else []
        kernel.stores = [node for node in (*own, *(node for node, _ in kernel.values)) if node in read]
