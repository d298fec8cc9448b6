"""Phases: which kernels run without the threads waiting for one another, and what is written over what.

A kernel's first loop is cut between threads at the same rows as every other of that length. One that reads of
another's values only the rows it computes itself needs not wait for it: such chains make one phase.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tiza.engines.native.affine import Affine, counter
from tiza.engines.native.expression import NOWHERE, Condition, bounds_where, loads_of
from tiza.engines.native.kernels import Kernel, Loop, Schedule, kernel_buffers, widest
from tiza.engines.native.lowering import squeezed
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import tile_of
from tiza.engines.native.transposition import transposed_load
from tiza.graph.node import Node

ALONE = 0
"""The grain of a kernel that one thread runs."""

ANYWHERE = 1
"""The grain of a kernel that can be cut at any row."""

Phases = tuple[tuple[Kernel | Loop, ...], ...]


def grain(kernel: Kernel, target: Target, overwrites: bool) -> int:
    """Return the multiples of which a kernel's first loop may be cut at, `ALONE` if it is not cut at all.

    A block of rows that ends beyond its part is moved back over rows that are done, so it may begin anywhere,
    unless the kernel writes over what it reads.
    """
    if kernel.group:
        return ANYWHERE
    if not kernel.shape:
        return ALONE
    lanes = target.vector_bytes // widest(kernel)
    tile = tile_of(kernel, target)
    if tile is not None:
        if tile.row_axis == 0 and overwrites:
            return tile.rows
        return tile.vectors * lanes if len(kernel.shape) == 1 else ANYWHERE
    return ANYWHERE if transposed_load(kernel, lanes) is None else lanes


def in_phases(
    kernels: Sequence[Kernel | Loop],
    pairs: Sequence[tuple[Node, Node]],
    gathered: Sequence[Node],
    target: Target,
) -> tuple[Phases, dict[Node, Node]]:
    """Return kernels by phase, and which new values of `pairs` are written over the old ones.

    Args:
        kernels: in an order in which they could run.
        pairs: new and old values of a state.
        gathered: inputs of which each thread gathers its rows before the first phase.
        target: the processor.
    """
    order = _Order(kernels)
    overwritten = {new: old for new, old in pairs if order.add_overwriting(new, old)}
    grains = [_grain_of(kernel, target, overwritten) for kernel in kernels]
    places = order.topological()
    phase: dict[int, int] = {}
    for number in places:
        waits = [
            phase[edge.first] + (not _stays_on_thread(kernels, grains, edge))
            for edge in order.before.get(number, ())
        ]
        foreign = any(not _reads_gathered(kernels[number], grains[number], node) for node in gathered)
        phase[number] = max([int(foreign), *waits])
    count = max(phase.values(), default=-1) + 1
    # the first may be empty: threads then meet once the rows are there
    found = [tuple(kernels[number] for number in places if phase[number] == one) for one in range(count)]
    return tuple(found), overwritten


@dataclass(frozen=True, slots=True)
class _Edge:
    """The first kernel touches a buffer before the second one does; one of them writes it.

    Attributes:
        first, second: their numbers.
        written: what one writes.
        read: what the other reads: the same, or what stood there, or what comes to stand there.
        overwrites: whether it is the second that writes.
    """

    first: int
    second: int
    written: Node
    read: Node
    overwrites: bool = False


@dataclass(slots=True)
class _Order:
    """Which kernels must run before which."""

    kernels: Sequence[Kernel | Loop]
    before: dict[int, list[_Edge]] = field(default_factory=dict)
    after: dict[int, list[int]] = field(default_factory=dict)
    _writers: dict[Node, list[int]] = field(default_factory=dict)
    _readers: dict[Node, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, kernel in enumerate(self.kernels):
            for node in kernel.written:
                self._writers.setdefault(node, []).append(number)
        for number, kernel in enumerate(self.kernels):
            for node in read_by(kernel):
                self._readers.setdefault(node, []).append(number)
                for writer in self._writers.get(node, ()):
                    if writer != number:
                        self._add(_Edge(writer, number, node, node))

    def _add(self, edge: _Edge) -> None:
        self.before.setdefault(edge.second, []).append(edge)
        self.after.setdefault(edge.first, []).append(edge.second)

    def add_overwriting(self, new: Node, old: Node) -> bool:
        """Let every reader of `old` run before `new` is written over it; return False if that cannot be."""
        number, *others = self._writers[new]
        kernel = self.kernels[number]
        if (
            others
            or isinstance(kernel, Loop)
            or new not in kernel.stores
            or not _reads_at_own_place(kernel, new, old)
        ):
            return False
        readers = [one for one in self._readers.get(old, []) if one != number]
        if self._all_after(number) & set(readers):
            return False
        for one in readers:
            self._add(_Edge(one, number, new, old, overwrites=True))
        return True

    def _all_after(self, number: int) -> set[int]:
        found: set[int] = set()
        pending = [number]
        while pending:
            following = self.after.get(pending.pop(), [])
            pending.extend(each for each in following if each not in found)
            found.update(following)
        return found

    def topological(self) -> list[int]:
        """Return the kernels' numbers in an order they can run in, as near to the given one as may be."""
        missing = [len(self.before.get(number, ())) for number in range(len(self.kernels))]
        ready = [number for number, count in enumerate(missing) if not count]
        found = []
        while ready:
            number = heapq.heappop(ready)
            found.append(number)
            for following in self.after.get(number, ()):
                missing[following] -= 1
                if not missing[following]:
                    heapq.heappush(ready, following)
        return found


def read_by(kernel: Kernel | Loop) -> list[Node]:
    """Return what a kernel or a loop reads."""
    if isinstance(kernel, Loop):
        return list(dict.fromkeys(kernel.node.inputs))
    return [node for node in kernel_buffers(kernel) if node not in kernel.written]


def _reads_at_own_place(kernel: Kernel, new: Node, old: Node) -> bool:
    """Return whether `kernel` reads of `old` nothing but the element that it writes of `new`."""
    if new.type != old.type:
        return False
    own = kernel.place(new).at
    body = loads_of(kernel.body) if kernel.body is not None else []
    loads = [load for _, expression in kernel.values for load in loads_of(expression)]
    return all(load.buffer is not old for load in body) and all(
        load.place + own.times(-1) == NOWHERE and not load.conditions for load in loads if load.buffer is old
    )


def _grain_of(kernel: Kernel | Loop, target: Target, overwritten: Mapping[Node, Node]) -> int | None:
    """Return a kernel's grain; None for a loop, within which threads wait for one another."""
    if isinstance(kernel, Loop):
        return None
    return grain(kernel, target, overwrites(kernel, overwritten))


def overwrites(kernel: Kernel, overwritten: Iterable[Node]) -> bool:
    """Return whether a kernel writes over what it reads, or takes its sums up again."""
    return kernel.portion > 0 or not set(overwritten).isdisjoint(kernel.stores)


def _stays_on_thread(kernels: Sequence[Kernel | Loop], grains: Sequence[int | None], edge: _Edge) -> bool:
    """Return whether what an edge hands on, or lets go of, is one thread's own on both sides."""
    first, second = kernels[edge.first], kernels[edge.second]
    if grains[edge.first] == grains[edge.second] == ALONE:
        return True
    if not grains[edge.first] == grains[edge.second] == ANYWHERE:
        return False
    assert isinstance(first, Kernel)
    assert isinstance(second, Kernel)
    if first.shared_length != second.shared_length:
        return False
    writer, reader = (second, first) if edge.overwrites else (first, second)
    return _writes_own_rows(writer, edge.written) and _reads_own_rows(reader, ANYWHERE, edge.read)


def _reads_own_rows(kernel: Kernel | Loop, cut: int | None, node: Node) -> bool:
    """Return whether a kernel reads of `node` only rows whose number is that of the row it computes."""
    if isinstance(kernel, Loop):
        return node not in kernel.node.inputs
    loads = [load for load in kernel.loads if load.buffer is node]
    return not loads or (
        cut == ANYWHERE and all(is_own_row(kernel, node, load.place, load.conditions) for load in loads)
    )


def _reads_gathered(kernel: Kernel | Loop, cut: int | None, node: Node) -> bool:
    """Return whether a kernel reads of gathered rows only those that its own thread gathers.

    A single row is one thread's, while the loop over its elements is cut between all.
    """
    if node.tensor_type.shape[0] == 1 and node in read_by(kernel):
        return False
    return _reads_own_rows(kernel, cut, node)


def _writes_own_rows(kernel: Kernel, node: Node) -> bool:
    """Return whether a kernel writes of `node` only rows whose number is that of the row it computes."""
    if node is kernel.beside or kernel.group:
        return False
    places = [kernel.place(one) for one in kernel.stores]
    return all(is_own_row(kernel, node, place.at) for place in places if place.buffer is node)


def is_own_row(kernel: Kernel, node: Node, place: Affine, conditions: Sequence[Condition] = ()) -> bool:
    """Return whether a place in a node's memory is always in the row of the kernel's point."""
    shape = squeezed(node.tensor_type.shape)
    if not shape or shape[0] != kernel.shared_length:
        return False
    size = node.tensor_type.size // shape[0]
    inside = place + counter(kernel.shared_loop).times(-size)
    low, high = bounds_where(inside, conditions, (*kernel.shape, *kernel.reduced))
    return low >= 0 and high < size


def needs_no_meeting(body: Schedule, carried: Iterable[tuple[Node, Node]], target: Target) -> bool:
    """Return whether threads can run a loop's body again and again on rows of their own.

    Args:
        body: the kernels of one step.
        carried: what enters a step and what leaves it, for each carry.
        target: the processor.
    """
    kernels = [kernel for kernel in body.kernels if isinstance(kernel, Kernel)]
    if len(body.phases) > 1 or len(kernels) < len(body.kernels):
        return False
    grains = [grain(kernel, target, overwrites(kernel, ())) for kernel in kernels]
    edges = [
        _Edge(first, second, leaving, entering)
        for entering, leaving in carried
        for first, writer in enumerate(kernels)
        for second, reader in enumerate(kernels)
        if leaving in writer.written and entering in read_by(reader)
    ]
    return all(_stays_on_thread(kernels, grains, edge) for edge in edges)
