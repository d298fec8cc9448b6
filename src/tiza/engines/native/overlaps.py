"""Overlap-adds without the windows they add up: as a product over other windows, or as a copy.

With stride s a place in the window is k = k' s + r, and a row is u = u' s + r:

    dx[b,u,c]      = sum over p, k with p s + k = u and over o  of kernel[k,c,o] dy[b,p,o]
    dx[b,(u',r),c] = sum over k', o                             of kernel[(k',r),c,o] dy[b,u'-k',o]

The second line is a product over windows of dy, with zeros around, and the kernel's places k' in reversed
order. Windows that do not overlap are only moved.
"""

from __future__ import annotations

import math
import string
from collections.abc import Iterator
from dataclasses import dataclass

from tiza.graph.node import Node
from tiza.graph.tensor import Tensor, apply
from tiza.ops.contraction import CONTRACT, contract
from tiza.ops.layout import OVERLAP_ADD, PAD, SLICE, WINDOWS, flip, reshape, slice_axis, transpose, windows


@dataclass(frozen=True, slots=True)
class _Sliding:
    """How windows slide along one axis of an overlap-add: `length` is that of what they are added up to."""

    axis: int
    size: int
    stride: int
    dilation: int
    length: int

    @property
    def places(self) -> int:
        """How many places of a window fall on rows of the same remainder."""
        return -(-self.size // self.stride)

    @property
    def rows(self) -> int:
        """How many rows there are of each remainder."""
        return -(-self.length // self.stride)


def without_windows(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """Return an overlap-add of `inputs`, or a slice of one, in another form; None if it has none."""
    if node.primitive is SLICE and node.inputs[0].primitive is OVERLAP_ADD:
        return _sliced_product(node, inputs[0])
    if node.primitive is not OVERLAP_ADD:
        return None
    (source,) = inputs
    names = ("axes", "sizes", "strides", "dilations", "lengths")
    sliding = [_Sliding(*one) for one in zip(*(node.attributes[name] for name in names), strict=True)]
    found = _as_product(node, source, sliding) if source.primitive is CONTRACT else None
    if found is None and all(one.size <= one.stride and one.dilation == 1 for one in sliding):
        found = _as_copy(Tensor(source), sliding)
    return None if found is None else found.node


def _as_product(node: Node, source: Node, sliding: list[_Sliding]) -> Tensor | None:
    """Return the sum of a product's windows as a product, if one operand alone has the places in a window."""
    if any(one.stride > 1 and one.dilation > 1 for one in sliding):
        return None
    out = source.attributes["out"]
    places, positions = set(out[-len(sliding) :]), {out[one.axis] for one in sliding}
    sides = [
        (Tensor(one), source.attributes[name])
        for one, name in zip(source.inputs, ("left", "right"), strict=True)
    ]
    for (kernel, own), (values, labels) in (sides, sides[::-1]):
        if (
            places <= set(own)
            and positions <= set(labels)
            and places.isdisjoint(labels)
            and positions.isdisjoint(own)
        ):
            return _product(node, (kernel, own), (values, labels), out, sliding)
    return None


def _product(
    node: Node, kernel: tuple[Tensor, str], values: tuple[Tensor, str], out: str, sliding: list[_Sliding]
) -> Tensor:
    (factors, own), (rows, labels) = kernel, values
    free = (letter for letter in string.ascii_letters if letter not in {*own, *labels})
    places, kept = out[-len(sliding) :], out[: -len(sliding)]
    for one, place in zip(sliding, places, strict=True):
        row = labels.index(out[one.axis])
        before = (one.places - 1) * one.dilation
        rows = _padded(rows, row, before, one.rows - rows.shape[row])
        factors, own, remainder = _by_remainder(factors, own, place, one, free)
        kept = kept.replace(out[one.axis], out[one.axis] + remainder)
    seen = windows(
        rows,
        [labels.index(out[one.axis]) for one in sliding],
        [one.places for one in sliding],
        dilations=[one.dilation for one in sliding],
    )
    product = contract(factors, seen, own, labels + places, kept).node
    # it is named as what it is now
    named = Node(CONTRACT, product.inputs, product.attributes, product.type, node.provenance)
    return _fitted(Tensor(named), sliding, node.tensor_type.rank)


def _sliced_product(node: Node, source: Node) -> Node | None:
    """Return a slice of a product over windows of a padded value as a product with less padding."""
    if source.primitive is not CONTRACT or max(node.attributes["step"]) > 1:
        return None
    kernel, seen = source.inputs
    own, labels, out = (source.attributes[name] for name in ("left", "right", "out"))
    if seen.primitive is not WINDOWS or not _only_surrounds(seen.inputs[0]):
        return None
    names = ("axes", "sizes", "strides", "dilations")
    axes, *ways = (seen.attributes[name] for name in names)
    values: Tensor | None = Tensor(seen.inputs[0])
    parts = zip(out, source.tensor_type.shape, node.attributes["start"], node.attributes["stop"], strict=True)
    for label, length, start, stop in parts:
        if (start, stop) == (0, length):
            continue
        axis = labels.find(label)
        if axis not in axes or label in own or start == stop or values is None:
            return None
        size, stride, dilation = (way[axes.index(axis)] for way in ways)
        last = (stop - 1) * stride + (size - 1) * dilation
        values = _cropped(values, axis, start * stride, last + 1)
    if values is None:
        return None
    product = contract(Tensor(kernel), windows(values, axes, *ways), own, labels, out).node
    return Node(CONTRACT, product.inputs, product.attributes, product.type, node.provenance)


def _only_surrounds(node: Node) -> bool:
    return node.primitive is PAD and not any(node.attributes["between"])


def _cropped(padded: Tensor, axis: int, start: int, stop: int) -> Tensor | None:
    """Return a padded value cut along an axis, padded by less; None if nothing but padding is left."""
    attributes = padded.node.attributes
    value = Tensor(padded.node.inputs[0])
    before, size = attributes["low"][axis], value.shape[axis]
    if stop <= before or start >= before + size:
        return None
    value = slice_axis(value, axis, max(0, start - before), min(size, stop - before))
    low, high = list(attributes["low"]), list(attributes["high"])
    low[axis], high[axis] = max(0, before - start), max(0, stop - before - size)
    return apply(PAD, (value,), low=tuple(low), high=tuple(high), between=attributes["between"])


def _by_remainder(
    kernel: Tensor, labels: str, place: str, one: _Sliding, free: Iterator[str]
) -> tuple[Tensor, str, str]:
    """Return a kernel with axes k', in reversed order, and r for places k = k' s + r; its labels, and r's."""
    at = labels.index(place)
    if one.stride == 1:
        return (flip(kernel, at) if one.size > 1 else kernel), labels, ""
    remainder = next(free)
    whole = _padded(kernel, at, 0, one.places * one.stride - one.size)
    split = reshape(whole, (*kernel.shape[:at], one.places, one.stride, *kernel.shape[at + 1 :]))
    turned = flip(split, at) if one.places > 1 else split
    return turned, labels.replace(place, place + remainder), remainder


def _as_copy(value: Tensor, sliding: list[_Sliding]) -> Tensor:
    """Return windows that do not overlap side by side, with zeros between."""
    rank = value.ndim - len(sliding)
    order = list(range(rank))
    for number, one in enumerate(sliding):
        value = _padded(value, rank + number, 0, one.stride - one.size)
        order.insert(order.index(one.axis) + 1, rank + number)
    return _fitted(transpose(value, order), sliding, rank, every=True)


def _fitted(value: Tensor, sliding: list[_Sliding], rank: int, every: bool = False) -> Tensor:
    """Return rows (u', r), of strides above 1 or all, as one axis each, of the length that it has to have."""
    split = {one.axis for one in sliding if every or one.stride > 1}
    sizes = iter(value.shape)
    value = reshape(
        value, [math.prod(next(sizes) for _ in range(2 if axis in split else 1)) for axis in range(rank)]
    )
    for one in sliding:
        value = slice_axis(value, one.axis, 0, min(value.shape[one.axis], one.length))
        value = _padded(value, one.axis, 0, one.length - value.shape[one.axis])
    return value


def _padded(value: Tensor, axis: int, before: int, after: int) -> Tensor:
    if not before and not after:
        return value
    low, high = (tuple(width if at == axis else 0 for at in range(value.ndim)) for width in (before, after))
    return apply(PAD, (value,), low=low, high=high, between=(0,) * value.ndim)
