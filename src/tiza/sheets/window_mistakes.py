"""What goes wrong where a window passes over an image: the kernel mirrored, mean and maximum mixed up.

Formulas in, formulas out; what a window sees and which kernel reads it, the graph tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from tiza.blackboard.expressions import (
    ZERO,
    Call,
    Element,
    Expression,
    Number,
    Quotient,
    Reference,
    Sum,
    divide,
    number,
)
from tiza.blackboard.names import is_quantity
from tiza.graph.node import Node
from tiza.graph.provenance import Role
from tiza.ops.layout import WINDOWS
from tiza.sheets.rewriting import with_references

_CHANNEL_AXES = 2
"""Axes of a kernel behind those of its window."""


def is_windowed(node: Node) -> bool:
    """Return whether a quantity is computed from windows, with nothing named in between."""
    stack = list(node.inputs)
    while stack:
        one = stack.pop()
        if one.primitive is WINDOWS:
            return True
        if not is_quantity(one):
            stack.extend(one.inputs)
    return False


def mirrored(formula: Expression) -> Expression:
    """Return a sum over a window with the kernel turned round: convolution as signal processing has it."""

    def turned(element: Element) -> Expression:
        shape = element.node.tensor_type.shape
        axes = len(shape) - _CHANNEL_AXES
        if element.node.provenance.role is not Role.PARAMETER or axes < 1:
            return Reference(element)
        opposite = tuple(size - 1 - at for size, at in zip(shape[:axes], element.index[:axes], strict=True))
        return Reference(Element(element.node, (*opposite, *element.index[axes:])))

    return with_references(formula, turned)


def mean_for_max(formula: Expression) -> Iterator[Expression]:
    """Yield the mean of what a formula takes the largest of."""
    match formula:
        case Call("max", several) if not any(isinstance(one, Number) for one in several):
            yield divide(Sum(several), number(len(several)))


def max_for_mean(formula: Expression) -> Iterator[Expression]:
    """Yield the largest of what a formula takes the mean of."""
    match formula:
        case Quotient(Sum(several), Number(count)) if all(isinstance(one, Reference) for one in several):
            if count == len(several):
                yield Call("max", several)
            elif count > len(several):  # zeros of the margin are not written
                yield Call("max", (*several, ZERO))
