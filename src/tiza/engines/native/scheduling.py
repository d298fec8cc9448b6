"""Scheduling: stored values in kernels, each a loop nest that computes several values at one point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tiza.engines.native.expression import Expression, Load, loads_of
from tiza.engines.native.lowering import Resolver, is_reduction, own_indices, stored_nodes
from tiza.errors import EvaluationError
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.primitive import access_rule
from tiza.graph.tensor_type import Shape
from tiza.ops.scan import ITEM, SCAN


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


@dataclass(frozen=True, slots=True)
class Schedule:
    """A graph as kernels.

    Attributes:
        graph: what is computed.
        kernels: in the order they run.
        stored: nodes that have a place in memory.
    """

    graph: Graph
    kernels: tuple[Kernel, ...]
    stored: tuple[Node, ...]


def schedule(graph: Graph) -> Schedule:
    """Return the kernels of `graph`.

    Raises:
        EvaluationError: the graph has a loop (scan), which this engine does not run yet.
    """
    stored = stored_nodes(graph)
    if any(node.primitive in (SCAN, ITEM) for node in stored):
        raise EvaluationError("the native engine does not run scan yet; use engine='reference'.")
    computed = [node for node in stored if node.primitive not in (INPUT, CONSTANT)]
    kernels: list[Kernel] = []
    place: dict[Node, int] = {}
    for node in _by_level(computed, set(stored)):
        number = _joined(node, kernels, place, set(stored))
        if number is None:
            kernels.append(_kernel_of(node, set(stored)))
            number = len(kernels) - 1
        place[node] = number
    _keep_needed_stores(graph, kernels)
    in_memory = {node for kernel in kernels for node in kernel.stores}
    kept = [node for node in stored if node in in_memory or node.primitive in (INPUT, CONSTANT)]
    return Schedule(graph, tuple(kernels), tuple(kept))


def _by_level(nodes: Sequence[Node], stored: set[Node]) -> list[Node]:
    """Return nodes ordered by their distance from the inputs, so that what is ready early is out of the way."""
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


def _joined(node: Node, kernels: list[Kernel], place: dict[Node, int], stored: set[Node]) -> int | None:
    """Put `node` into the kernel of a value it reads, if it can be computed at the same point; return its number."""
    if is_reduction(node):
        return None
    shape = node.tensor_type.shape
    plain = Resolver(stored - {node}, shape).computed(node, own_indices(len(shape)))
    sources = [place[load.buffer] for load in loads_of(plain) if load.buffer in place]
    if not sources:
        return None
    number = max(sources)
    kernel = kernels[number]
    if kernel.shape != shape or kernel.reduction == "argmax":
        return None
    resolver = Resolver(stored - {node}, shape, kernel.made)
    expression = resolver.computed(node, own_indices(len(shape)))
    if any(load.buffer in kernel.made for load in loads_of(expression)):
        return None
    kernel.values.append((node, expression))
    return number


def _keep_needed_stores(graph: Graph, kernels: Sequence[Kernel]) -> None:
    """Store only what another kernel reads or the graph gives out."""
    read = {load.buffer for kernel in kernels for load in kernel.loads} | set(graph.outputs)
    for kernel in kernels:
        own = [kernel.head] if kernel.head is not None else []
        kernel.stores = [node for node in (*own, *(node for node, _ in kernel.values)) if node in read]


