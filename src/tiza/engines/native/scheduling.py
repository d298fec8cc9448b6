"""Scheduling: which values are computed together, at one point, in one kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiza.engines.engine import ANY_SAMPLES, RUN_ONCE, Samples, StepLayout
from tiza.engines.native.affine import Affine, counter, row_major
from tiza.engines.native.column_sums import sum_beside_products
from tiza.engines.native.expression import Expression, is_regular, loads_of
from tiza.engines.native.in_loops import tell_of_loop
from tiza.engines.native.kernels import Kernel, Loop, Place, Schedule, Sharing, work_of
from tiza.engines.native.lowering import Resolver, is_reduction, own_indices, squeezed, stored_nodes
from tiza.engines.native.merging import FEW_TURNS, merge_first_loops, merged, split_loop, split_windows
from tiza.engines.native.partial_sums import with_partial_sums
from tiza.engines.native.phases import in_phases, needs_no_meeting
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import portion_of, tile_of
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, input_node
from tiza.graph.primitive import access_rule
from tiza.ops.layout import CONCATENATE, RESHAPE, TRANSPOSE
from tiza.ops.reduction import ARGMAX, MAX
from tiza.ops.scan import ITEM, ScanParts

WORTH_SHARING = 200_000
"""Multiplications of a run below which one thread does it: some 2 us; to meet takes a part of one."""

FEW_POINTS = 16
"""Points below which another kernel costs more than it saves."""


def schedule(
    graph: Graph, target: Target, layout: StepLayout = RUN_ONCE, samples: Samples = ANY_SAMPLES
) -> Schedule:
    """Return the kernels of `graph`; a training step's new state is written over the old one where it may."""
    stored = stored_nodes(graph)
    kernels = _kernels_of(stored, target, samples)
    for kernel in kernels:
        if isinstance(kernel, Kernel):
            _lay_out(kernel, target)
    kernels = with_partial_sums(sum_beside_products(kernels, set(stored), target), target)
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


def _kernels_of(stored: Sequence[Node], target: Target, samples: Samples) -> list[Kernel | Loop]:
    """Return kernels that compute what stands in memory, in an order in which they can run."""
    computed = [node for node in stored if node.primitive not in (INPUT, CONSTANT)]
    parts = _parts_of(computed)
    kernels: list[Kernel | Loop] = []
    place: dict[Node, int] = {}
    for node in _by_level(computed, set(stored)):
        if node.primitive is CONCATENATE:
            # its parts are computed where they stand in it
            place[node] = max((place[one] for one in node.inputs), default=0)
            continue
        if node.primitive is ITEM:
            number = _item_of(node, kernels)
        else:
            number = _joined(node, kernels, place, set(stored), parts.get(node))
        if number is None:
            number = _beside_place(node, kernels, set(stored), samples)
        if number is None:
            looped = node.primitive is ITEM
            kernels.append(
                _loop_of(node, target, samples) if looped else _kernel_of(node, set(stored), samples)
            )
            number = len(kernels) - 1
        kernel = kernels[number]
        if node in parts and isinstance(kernel, Kernel):
            kernel.parts[node] = parts[node]
        place[node] = number
    return kernels


def _lay_out(kernel: Kernel, target: Target) -> None:
    """Choose the loops of a product over rows of all samples, and of what goes through windows."""
    split_windows(kernel)
    tile = tile_of(kernel, target)
    samples = kernel.samples.count
    over_samples = any(size > samples > 0 and size % samples == 0 for size in kernel.reduced[:1])
    if tile is None or kernel.parts or (samples in kernel.shape[:1] and not over_samples):
        return
    row = tile.row_axis
    if row > 1 and kernel.shape[0] < FEW_TURNS:
        merge_first_loops(kernel)
        row -= 1
    if row == 1 and kernel.shape[0] < FEW_TURNS and kernel.shape[1] % 2 == 0 and kernel.shape[1] > tile.rows:
        split_loop(kernel, 1)
        merge_first_loops(kernel)
    kernel.portion = portion_of(kernel, target)


def _in_memory(stored: Sequence[Node], kernels: Sequence[Kernel | Loop]) -> list[Node]:
    """Return the nodes in memory: inputs, constants, what kernels hand on, what loops need."""
    written = {node for kernel in kernels for node in kernel.written}
    kept = [node for node in stored if node in written or node.primitive in (INPUT, CONSTANT)]
    scratch = [node for kernel in kernels for node in _scratch_of(kernel)]
    return list(dict.fromkeys([*kept, *scratch]))


def _scratch_of(kernel: Kernel | Loop) -> list[Node]:
    """Return what a kernel needs in memory that is no value of the graph."""
    if isinstance(kernel, Loop):
        return kernel.scratch
    return kernel.written if kernel.group else []


def _parts_of(nodes: Sequence[Node]) -> dict[Node, Place]:
    """Return where each operand of a concatenation stands in it."""
    found: dict[Node, Place] = {}
    for node in nodes:
        if node.primitive is CONCATENATE:
            axis, shape, start = node.attributes["axis"], node.tensor_type.shape, 0
            for one in node.inputs:
                indices = list(own_indices(one.tensor_type.shape))
                indices[axis] = indices[axis] + Affine((), start)
                found[one] = Place(node, row_major(indices, shape))
                start += one.tensor_type.shape[axis]
    return found


def _item_of(node: Node, kernels: Sequence[Kernel | Loop]) -> int | None:
    """Add an item to its loop, if that is scheduled; return the loop's number."""
    for number, kernel in enumerate(kernels):
        if isinstance(kernel, Loop) and kernel.node is node.inputs[0]:
            kernel.items[node.attributes["position"]] = node
            return number
    return None


def _loop_of(item: Node, target: Target, samples: Samples) -> Loop:
    node = item.inputs[0]
    parts = ScanParts(node)
    carries, outputs = parts.carries, parts.body.outputs
    pairs = {
        at: (input_node(f"even carry {at}", one.type), input_node(f"odd carry {at}", one.type))
        for at, one in enumerate(outputs[:carries])
        if one not in outputs[carries:]
    }
    body = schedule(parts.body, target, samples=samples)
    carried = list(zip(parts.body.inputs, outputs[:carries], strict=False))
    if needs_no_meeting(body, carried, target):
        sharing = Sharing.ROWS
    else:
        sharing = Sharing.TOGETHER if work_of(body.kernels) >= WORTH_SHARING else Sharing.ALONE
    tell_of_loop(body.kernels, node, sharing, target, samples)
    return Loop(node, body, {item.attributes["position"]: item}, pairs, sharing)


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


def _beside_place(
    node: Node, kernels: Sequence[Kernel | Loop], stored: set[Node], samples: Samples
) -> int | None:
    """Let the kernel of a maximum make its position too, or the reverse; return its number, or None."""
    if node.primitive not in (MAX, ARGMAX):
        return None
    for number, kernel in enumerate(kernels):
        if isinstance(kernel, Loop) or kernel.head is None or kernel.largest is not None:
            continue
        if {kernel.head.primitive, node.primitive} != {MAX, ARGMAX}:
            continue
        largest, place = (node, kernel.head) if node.primitive is MAX else (kernel.head, node)
        if not _has_place(largest, place):
            continue
        both = _kernel_of(place, stored, samples)
        # one that is made across its terms would be made one by one
        if both.shape and both.body is not None and is_regular(both.body, len(both.shape) - 1):
            kernel.reduced, kernel.reduction, kernel.body = both.reduced, both.reduction, both.body
            kernel.head, kernel.largest = place, largest
            return number
    return None


def _has_place(largest: Node, place: Node) -> bool:
    """Return whether a node is the position of a maximum among the same elements, in their order."""
    (source,), (line,) = largest.inputs, place.inputs
    axes, shape = largest.attributes["axes"], source.tensor_type.shape
    if line is source:
        return bool(axes == (place.attributes["axis"],))
    kept = tuple(axis for axis in range(len(shape)) if axis not in axes)
    if place.attributes["axis"] != len(kept):
        return False
    grouped = line.inputs[0] if line.primitive is RESHAPE else line
    if grouped.primitive is TRANSPOSE and grouped.inputs[0] is source:
        order = grouped.attributes["permutation"]
    else:
        order = tuple(range(len(shape))) if grouped is source else ()
    sizes = tuple(shape[axis] for axis in kept)
    return bool(order == (*kept, *axes) and line.tensor_type.shape[:-1] == sizes)


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
    if rule.reduction != "argmax" and math.prod(reduced) != 1:
        # how many samples there are is known when code runs
        first = len(loops) + (reduced[0] == samples.count)
        body, sizes = merged(body, (*loops, *reduced), first)
        reduced = sizes[len(loops) :]
    return Kernel(loops, reduced, rule.reduction, node, body, samples=samples)


def _joined(
    node: Node,
    kernels: Sequence[Kernel | Loop],
    place: dict[Node, int],
    stored: set[Node],
    part: Place | None,
) -> int | None:
    """Put `node` into a kernel that computes at the same points; return its number, or None.

    That is the kernel of the last value it reads, or a later one that reads what it reads.
    """
    shape = node.tensor_type.shape
    loops = squeezed(shape)
    scattered = part is not None and bool(loops) and part.at.stride(len(loops) - 1) != 1
    if is_reduction(node) or scattered:
        return None
    plain = Resolver(stored - {node}, loops).computed(node, own_indices(shape))
    read = {load.buffer for load in loads_of(plain)}
    sources = [place[one] for one in read if one in place]
    first = max(sources, default=0)
    for number in range(first, len(kernels)):
        kernel = kernels[number]
        if isinstance(kernel, Loop) or kernel.shape != loops or not kernel.stores_neighbours:
            continue
        follows = bool(sources) and number == first
        if not (_takes_values(kernel) if follows else _reads_alike(kernel, plain, read)):
            continue
        resolver = Resolver(stored - {node}, loops, kernel.made)
        expression = resolver.computed(node, own_indices(shape))
        written = kernel.made | {part.buffer for part in kernel.parts.values()}
        if not any(load.buffer in written for load in loads_of(expression)):
            kernel.values.append((node, expression))
            return number
    return None


def _reads_alike(kernel: Kernel, expression: Expression, read: set[Node]) -> bool:
    """Return whether an expression is computed well beside a kernel's values: it reads what they read."""
    if kernel.head is not None or not kernel.shape:
        return False
    last = len(kernel.shape) - 1
    every = [expression, *(value for _, value in kernel.values)]
    return any(load.buffer in read for load in kernel.loads) and all(is_regular(one, last) for one in every)


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
        values = [*kernel.reductions, *(node for node, _ in kernel.values)]
        kernel.stores = [node for node in values if kernel.place(node).buffer in read]
