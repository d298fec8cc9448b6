"""Phases: which kernels run without the threads waiting for one another, and what is written over what.

A kernel's first loop is cut between threads at the same rows as every other of that length. One that reads of
another's values only the rows it computes itself needs not wait for it: such chains make one phase.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tiza.engines.native.affine import bounds, counter, row_major
from tiza.engines.native.expression import Load, loads_of
from tiza.engines.native.kernels import Kernel, Loop, kernel_buffers, widest
from tiza.engines.native.lowering import own_indices, squeezed
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
    """The first kernel touches a buffer before the second one does; one of them writes it."""

    first: int
    second: int
    written: Node
    read: Node


@dataclass(slots=True)
class _Order:
    """Which kernels must run before which."""

    kernels: Sequence[Kernel | Loop]
    before: dict[int, list[_Edge]] = field(default_factory=dict)
    after: dict[int, list[int]] = field(default_factory=dict)
    _writer: dict[Node, int] = field(default_factory=dict)
    _readers: dict[Node, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, kernel in enumerate(self.kernels):
            for node in kernel.stores:
                self._writer[node] = number
        for number, kernel in enumerate(self.kernels):
            for node in _read_by(kernel):
                self._readers.setdefault(node, []).append(number)
                if node in self._writer and self._writer[node] != number:
                    self._add(_Edge(self._writer[node], number, node, node))

    def _add(self, edge: _Edge) -> None:
        self.before.setdefault(edge.second, []).append(edge)
        self.after.setdefault(edge.first, []).append(edge.second)

    def add_overwriting(self, new: Node, old: Node) -> bool:
        """Let every reader of `old` run before `new` is written over it; return False if that cannot be."""
        number = self._writer[new]
        kernel = self.kernels[number]
        if isinstance(kernel, Loop) or not _reads_at_own_place(kernel, new, old):
            return False
        readers = [one for one in self._readers.get(old, []) if one != number]
        if self._all_after(number) & set(readers):
            return False
        for one in readers:
            self._add(_Edge(one, number, new, old))
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


def _read_by(kernel: Kernel | Loop) -> list[Node]:
    if isinstance(kernel, Loop):
        return list(dict.fromkeys(kernel.node.inputs))
    return [node for node in kernel_buffers(kernel) if node not in kernel.stores]


def _reads_at_own_place(kernel: Kernel, new: Node, old: Node) -> bool:
    """Return whether `kernel` reads of `old` nothing but the element that it writes of `new`."""
    if new.type != old.type:
        return False
    own = row_major(own_indices(new.tensor_type.shape), new.tensor_type.shape)
    body = loads_of(kernel.body) if kernel.body is not None else []
    loads = [load for _, expression in kernel.values for load in loads_of(expression)]
    return all(load.buffer is not old for load in body) and all(
        load.place == own and not load.conditions for load in loads if load.buffer is old
    )


def _grain_of(kernel: Kernel | Loop, target: Target, overwritten: Mapping[Node, Node]) -> int | None:
    """Return a kernel's grain; None for a loop, within which threads wait for one another."""
    if isinstance(kernel, Loop):
        return None
    return grain(kernel, target, overwrites(kernel, overwritten))


def overwrites(kernel: Kernel, overwritten: Iterable[Node]) -> bool:
    """Return whether a kernel writes over what it reads."""
    return not set(overwritten).isdisjoint(kernel.stores)


def _stays_on_thread(kernels: Sequence[Kernel | Loop], grains: Sequence[int | None], edge: _Edge) -> bool:
    """Return whether what an edge hands on, or lets go of, is one thread's own on both sides."""
    first, second = kernels[edge.first], kernels[edge.second]
    if grains[edge.first] == grains[edge.second] == ALONE:
        return True
    if not grains[edge.first] == grains[edge.second] == ANYWHERE:
        return False
    assert isinstance(first, Kernel)
    assert isinstance(second, Kernel)
    if first.shape[0] != second.shape[0]:
        return False
    reader = second if edge.written is edge.read else first
    return _reads_own_rows(reader, ANYWHERE, edge.read)


def _reads_own_rows(kernel: Kernel | Loop, cut: int | None, node: Node) -> bool:
    """Return whether a kernel reads of `node` only rows whose number is that of the row it computes."""
    if isinstance(kernel, Loop):
        return node not in kernel.node.inputs
    loads = [load for load in kernel.loads if load.buffer is node]
    return not loads or (cut == ANYWHERE and all(_is_own_row(kernel, load) for load in loads))


def _reads_gathered(kernel: Kernel | Loop, cut: int | None, node: Node) -> bool:
    """Return whether a kernel reads of gathered rows only those that its own thread gathers.

    A single row is one thread's, while the loop over its elements is cut between all.
    """
    if node.tensor_type.shape[0] == 1 and node in _read_by(kernel):
        return False
    return _reads_own_rows(kernel, cut, node)


def _is_own_row(kernel: Kernel, load: Load) -> bool:
    type_ = load.buffer.tensor_type
    shape = squeezed(type_.shape)
    if not shape or shape[0] != kernel.shape[0]:
        return False
    size = type_.size // shape[0]
    inside = load.place + counter(0).times(-size)
    low, high = bounds(inside, (*kernel.shape, *kernel.reduced))
    return low >= 0 and high < size
