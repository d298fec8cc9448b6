"""Scheduling: which values are computed together, at one point, in one kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiza.engines.engine import ANY_SAMPLES, RUN_ONCE, Samples, StepLayout
from tiza.engines.native.affine import counter
from tiza.engines.native.expression import is_regular, loads_of
from tiza.engines.native.kernels import Kernel, Loop, Schedule, work_of
from tiza.engines.native.lowering import Resolver, is_reduction, own_indices, squeezed, stored_nodes
from tiza.engines.native.phases import in_phases
from tiza.engines.native.target import Target
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, input_node
from tiza.graph.primitive import access_rule
from tiza.ops.scan import ITEM

WORTH_SHARING = 200_000
"""Multiplications of a run below which one thread does it: some 2 us; to meet takes a part of one."""

FEW_POINTS = 16
"""Points below which another kernel costs more than it saves."""


def schedule(
    graph: Graph, target: Target, layout: StepLayout = RUN_ONCE, samples: Samples = ANY_SAMPLES
) -> Schedule:
    """Return the kernels of `graph`; a training step's new state is written over the old one where it may."""
    stored = stored_nodes(graph)
    computed = [node for node in stored if node.primitive not in (INPUT, CONSTANT)]
    kernels: list[Kernel | Loop] = []
    place: dict[Node, int] = {}
    for node in _by_level(computed, set(stored)):
        number = (
            _item_of(node, kernels) if node.primitive is ITEM else _joined(node, kernels, place, set(stored))
        )
        if number is None:
            looped = node.primitive is ITEM
            kernels.append(
                _loop_of(node, target, samples) if looped else _kernel_of(node, set(stored), samples)
            )
            number = len(kernels) - 1
        place[node] = number
    _keep_needed_stores(graph, kernels)
    pairs = [
        (new, old)
        for new, old in zip(graph.outputs[: layout.state], graph.inputs, strict=False)
        if new is not old
    ]
    gathered = graph.inputs[layout.state : layout.state + layout.blocks]
    phases, overwritten = in_phases(kernels, pairs, gathered, target)
    copied = tuple((new, old) for new, old in pairs if new not in overwritten)
    shared = work_of(kernels) >= WORTH_SHARING
    memory = tuple(_in_memory(stored, kernels))
    return Schedule(graph, phases, memory, overwritten, copied, layout, shared, samples)


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


def _loop_of(item: Node, target: Target, samples: Samples) -> Loop:
    node = item.inputs[0]
    body: Graph = node.attributes["body"]
    pairs = tuple(
        (input_node(f"even carry {at}", one.type), input_node(f"odd carry {at}", one.type))
        for at, one in enumerate(body.inputs[: node.attributes["carries"]])
    )
    return Loop(node, schedule(body, target, samples=samples), [(item.attributes["position"], item)], pairs)


def _by_level(nodes: Sequence[Node], stored: set[Node]) -> list[Node]:
    """Return nodes ordered by their distance from the inputs: what is ready early comes early."""
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

    return sorted(nodes, key=depth)


def _kernel_of(node: Node, stored: set[Node], samples: Samples) -> Kernel:
    shape = node.tensor_type.shape
    loops = squeezed(shape)
    if not is_reduction(node):
        expression = Resolver(stored - {node}, loops).computed(node, own_indices(shape))
        return Kernel(loops, values=[(node, expression)], samples=samples)
    rule = access_rule(node)
    reduced = tuple(axis.size for axis in rule.reduced)
    indices = (*own_indices(shape), *(counter(len(loops) + depth) for depth in range(len(reduced))))
    body = Resolver(stored - {node}, (*loops, *reduced)).computed(node, indices)
    return Kernel(loops, reduced, rule.reduction, node, body, samples=samples)


def _joined(
    node: Node, kernels: Sequence[Kernel | Loop], place: dict[Node, int], stored: set[Node]
) -> int | None:
    """Put `node` into the kernel of a value it reads at the same point; return its number, or None."""
    if is_reduction(node):
        return None
    shape = node.tensor_type.shape
    loops = squeezed(shape)
    plain = Resolver(stored - {node}, loops).computed(node, own_indices(shape))
    sources = [place[load.buffer] for load in loads_of(plain) if load.buffer in place]
    if not sources:
        return None
    number = max(sources)
    kernel = kernels[number]
    if isinstance(kernel, Loop) or kernel.shape != loops or not _takes_values(kernel):
        return None
    resolver = Resolver(stored - {node}, loops, kernel.made)
    expression = resolver.computed(node, own_indices(shape))
    if any(load.buffer in kernel.made for load in loads_of(expression)):
        return None
    kernel.values.append((node, expression))
    return number


def _takes_values(kernel: Kernel) -> bool:
    """Return whether values are computed well right after a kernel's reduction.

    One that is made across its terms leaves single numbers: many of those are better taken up as vectors.
    """
    if kernel.body is None:
        return True
    if kernel.reduction == "argmax":
        return False
    last = len(kernel.shape) - 1
    return math.prod(kernel.usual_shape) < FEW_POINTS or is_regular(kernel.body, last)


def _keep_needed_stores(graph: Graph, kernels: Sequence[Kernel | Loop]) -> None:
    """Store only what another kernel reads or the graph gives out."""
    plain = [kernel for kernel in kernels if isinstance(kernel, Kernel)]
    read = {load.buffer for kernel in plain for load in kernel.loads} | set(graph.outputs)
    read |= {node for kernel in kernels if isinstance(kernel, Loop) for node in kernel.node.inputs}
    for kernel in plain:
        own = [kernel.head] if kernel.head is not None else []
        kernel.stores = [node for node in (*own, *(node for node, _ in kernel.values)) if node in read]
