"""Lowering: which values stand in memory, and every other one as an expression of those."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tiza.engines.native.affine import Affine, Element, bounds, counter, quotient, row_major
from tiza.engines.native.expression import (
    Choose,
    Compute,
    Condition,
    Count,
    Expression,
    Load,
    Made,
    Number,
    frozen_attributes,
    ranges,
)
from tiza.graph.access import Apply, Body, FirstPresent, Index, Literal, Lookup, Position, Read, Value
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.primitive import access_rule
from tiza.graph.tensor_type import Shape
from tiza.ops.contraction import CONTRACT
from tiza.ops.elementwise import CAST
from tiza.ops.indexing import GATHER, SCATTER_ADD
from tiza.ops.layout import BROADCAST, CONCATENATE, PAD, RESHAPE, TRANSPOSE, WINDOWS
from tiza.ops.scan import ITEM, SCAN

Indices = tuple[Affine, ...]

MOST_PLACES = 7
"""Places of a window along an axis up to which zeros around are left out of products, not put into memory."""


def uses_of(graph: Graph) -> dict[Node, list[Node]]:
    """Return the nodes that read each node."""
    uses: dict[Node, list[Node]] = {node: [] for node in (*graph.inputs, *graph.nodes)}
    for node in graph.nodes:
        for one in node.inputs:
            uses[one].append(node)
    return uses


def is_single_number(node: Node) -> bool:
    """Return whether a node is a constant of one element, written into the code."""
    return node.primitive is CONSTANT and node.tensor_type.size == 1


def is_reduction(node: Node) -> bool:
    """Return whether an element of the node is made of many."""
    return node.primitive.access is not None and bool(access_rule(node).reduced)


def same_but_for_ones(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two shapes differ in axes of size 1 only."""
    return [size for size in shape if size != 1] == [size for size in other if size != 1]


def _origin(node: Node, stored: set[Node], with_zeros: bool = False) -> Node:
    """Return what the node is a view of: something in memory, or what is first computed.

    Args:
        node: whose elements are elements of it, unchanged.
        stored: nodes in memory.
        with_zeros: whether zeros around it may be added.
    """
    while node not in stored and (_is_plain(node) or (with_zeros and _only_surrounds(node))):
        node = node.inputs[0]
    return node


def _is_plain(node: Node) -> bool:
    """Return whether an element of the node is always an element of its only operand."""
    if node.primitive.access is None:
        return False
    rule = access_rule(node)
    if rule.reduction or not isinstance(rule.body, Value) or len(rule.reads) != 1:
        return False
    return not any(isinstance(index, Index) and index.exact for index in rule.reads[0].indices)


def _only_surrounds(node: Node) -> bool:
    return node.primitive is PAD and not any(node.attributes["between"])


def stored_nodes(graph: Graph) -> list[Node]:
    """Return the nodes whose values stand in memory; the others are computed where they are read."""
    uses = uses_of(graph)
    stored: dict[Node, None] = dict.fromkeys(graph.inputs)
    outputs = set(graph.outputs)
    for node in graph.nodes:
        if _is_stored(node, uses, outputs):
            stored[node] = None
        for operand in _operands_in_memory(node, set(stored), uses):
            stored[operand] = None
    order = [*dict.fromkeys((*graph.inputs, *graph.nodes))]
    return [node for node in order if node in stored]


def _is_stored(node: Node, uses: Mapping[Node, list[Node]], outputs: set[Node]) -> bool:
    if node.primitive in (INPUT, ITEM, CONCATENATE):
        return True
    if node.primitive is SCAN:
        return False
    if node.primitive is CONSTANT:
        return node.tensor_type.size != 1 or node in outputs
    if node in outputs or is_reduction(node):
        return True
    return node.primitive.is_elementwise and len(uses[node]) > 1 and not _is_cheap(node)


def _is_cheap(node: Node) -> bool:
    """Return whether a value is better computed again than kept."""
    return node.primitive is CAST or all(
        is_single_number(one) or one.primitive is BROADCAST for one in node.inputs
    )


def _operands_in_memory(node: Node, stored: set[Node], uses: Mapping[Node, list[Node]]) -> Iterable[Node]:
    """Yield what must be in memory for `node` to read its operands well."""
    if node.primitive in (SCAN, CONCATENATE):
        yield from (one for one in node.inputs if one not in stored)
        return
    if node.primitive is CONTRACT:
        yield from (one for one in node.inputs if one.primitive is TRANSPOSE and one not in stored)
    for one in _read_in_memory(node, uses):
        origin = _origin(one, stored, _skips_zeros(node, one))
        if origin not in stored and not is_single_number(origin):
            yield origin


def _skips_zeros(node: Node, operand: Node) -> bool:
    """Return whether a product is made without the zeros around its windows: loops leave them out."""
    if node.primitive is not CONTRACT or operand.primitive is not WINDOWS:
        return False
    return all(size <= MOST_PLACES for size in operand.attributes["sizes"])


def _read_in_memory(node: Node, uses: Mapping[Node, list[Node]]) -> Sequence[Node]:
    """Return operands that a node reads well only from memory, or from a view of it."""
    first = node.inputs[0] if node.inputs else None
    if node.primitive is CONTRACT:
        return [one for one in node.inputs if one.primitive is not TRANSPOSE]
    if node.primitive in (GATHER, SCATTER_ADD):
        return node.inputs[1:]
    if node.primitive is BROADCAST and first is not None and first.primitive.is_elementwise:
        return node.inputs
    if node.primitive is RESHAPE and first is not None:
        shape, other = first.tensor_type.shape, node.tensor_type.shape
        # vectors along the last axis are the same in both
        along = shape[-1:] == other[-1:] and len(uses[node]) == 1
        return () if along or same_but_for_ones(shape, other) else node.inputs
    return ()


@dataclass(slots=True)
class Resolver:
    """Writes values as expressions of what stands in memory.

    Attributes:
        stored: nodes in memory.
        made: nodes that the kernel itself computes at its own point.
        sizes: sizes of the kernel's loops.
    """

    stored: set[Node]
    sizes: tuple[int, ...]
    made: set[Node] = field(default_factory=set)
    _known: dict[object, Expression] = field(default_factory=dict)

    def value(self, node: Node, indices: Indices, conditions: tuple[Condition, ...] = ()) -> Expression:
        """Return the element of `node` at `indices`."""
        identity = (node, indices, conditions)
        if identity not in self._known:
            self._known[identity] = self._value(node, indices, conditions)
        return self._known[identity]

    def _value(self, node: Node, indices: Indices, conditions: tuple[Condition, ...]) -> Expression:
        type_ = node.tensor_type
        if not type_.size:
            return Number(0, type_.dtype)
        if node in self.made and indices == own_indices(type_.shape):
            return Made(node, type_.dtype)
        if is_single_number(node):
            return Number(node.attributes["value"].reshape(()).item(), type_.dtype)
        if node in self.stored:
            return Load(node, row_major(indices, type_.shape), conditions, type_.dtype)
        if node.primitive is RESHAPE:
            return self._reshaped(node, indices, conditions)
        return self.computed(node, indices, conditions)

    def _reshaped(self, node: Node, indices: Indices, conditions: tuple[Condition, ...]) -> Expression:
        source = node.inputs[0]
        shape = source.tensor_type.shape
        if source in self.stored and source not in self.made:
            place = row_major(indices, node.tensor_type.shape)
            return Load(source, place, conditions, source.tensor_type.dtype)
        if same_but_for_ones(shape, node.tensor_type.shape):
            kept = iter(
                index for index, size in zip(indices, node.tensor_type.shape, strict=True) if size != 1
            )
            return self.value(
                source, tuple(Affine() if size == 1 else next(kept) for size in shape), conditions
            )
        return self.computed(node, indices, conditions)

    def computed(self, node: Node, indices: Indices, conditions: tuple[Condition, ...] = ()) -> Expression:
        """Return the element of `node` at `indices` (reduced axes come last) from its operands."""
        if not node.tensor_type.size:
            # there is no element to compute, and strides of no elements divide nothing
            return Number(0, node.tensor_type.dtype)
        rule = access_rule(node)
        operands: list[tuple[Expression, tuple[Condition, ...]]] = []
        for operand, read in zip(node.inputs, rule.reads, strict=True):
            operands.append(self._read(node, operand, read, indices, conditions))
        return self._body(node, rule.body, operands, indices)

    def _read(
        self, node: Node, operand: Node, read: Read, indices: Indices, conditions: tuple[Condition, ...]
    ) -> tuple[Expression, tuple[Condition, ...]]:
        own: list[Condition] = [
            Condition("equal", self._looked_up(node, lookup, indices), 0, self._index(index, indices))
            for lookup, index in read.equal
        ]
        places = []
        for index, size in zip(read.indices, operand.tensor_type.shape, strict=True):
            if isinstance(index, Lookup):
                places.append(self._looked_up(node, index, indices, size))
                # what is looked up may be anything: outside the axis nothing is read
                own.append(Condition("inside", places[-1], size))
                continue
            if index.exact and index.divisor > 1:
                own.append(Condition("whole", self._sum(index, indices), index.divisor))
            place = self._index(index, indices, conditions)
            low, high = bounds(place, ranges(self.sizes, conditions))
            if low < 0 or high >= size:
                own.append(Condition("inside", place, size))
            places.append(place)
        every = (*conditions, *own)
        value = self.value(operand, tuple(places), every)
        if own:
            value = Choose(tuple(own), value, Number(0, value.dtype), value.dtype)
        return value, tuple(own)

    def _sum(self, index: Index, indices: Indices) -> Affine:
        total = Affine((), index.constant)
        for axis, factor in index.coefficients:
            total = total + indices[axis].times(factor)
        return total

    def _index(self, index: Index, indices: Indices, conditions: tuple[Condition, ...] = ()) -> Affine:
        sizes = ranges(self.sizes, conditions)
        return quotient(self._sum(index, indices), index.divisor, index.modulus, sizes)

    def _looked_up(self, node: Node, lookup: Lookup, indices: Indices, size: int = 0) -> Affine:
        source = node.inputs[lookup.operand]
        at = tuple(self._index(index, indices) for index in lookup.indices)
        return Affine(((Element(self.value(source, at), size or 2**31), 1),))

    def _body(
        self,
        node: Node,
        body: Body,
        operands: list[tuple[Expression, tuple[Condition, ...]]],
        indices: Indices,
    ) -> Expression:
        dtype = node.tensor_type.dtype
        if isinstance(body, Value):
            return operands[body.operand][0]
        if isinstance(body, Position):
            return Count(indices[body.axis], dtype)
        if isinstance(body, Apply):
            arguments = tuple(self._body(node, one, operands, indices) for one in body.arguments)
            attributes = frozen_attributes(node.attributes) if node.primitive is body.primitive else ()
            return Compute(body.primitive, arguments, attributes, dtype)
        if isinstance(body, FirstPresent):
            return _first_present([operands[one] for one in body.operands], dtype)
        assert isinstance(body, Literal)
        raise AssertionError(f"{node!r} is written into the code or stands in memory")


def _first_present(operands: list[tuple[Expression, tuple[Condition, ...]]], dtype: object) -> Expression:
    value = operands[-1][0]
    for expression, conditions in reversed(operands[:-1]):
        value = Choose(conditions, expression, value, value.dtype) if conditions else expression
    return value


def squeezed(shape: Shape) -> Shape:
    """Return the sizes of a kernel's loops for a shape: an axis of size 1 needs none."""
    return tuple(size for size in shape if size != 1)


def own_indices(shape: Shape) -> Indices:
    """Return the indices of the point that a kernel is at, in an array of `shape`."""
    loops = itertools.count()
    return tuple(Affine() if size == 1 else counter(next(loops)) for size in shape)
