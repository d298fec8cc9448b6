"""Formulas that textbooks use where the graph computes something else that is equal.

The graph takes the logarithm of a softmax or a sigmoid from z, so that nothing overflows; by hand it is taken
from the output. A textbook formula is used only if its number is that of the graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expressions import (
    Call,
    Element,
    Expression,
    Reference,
    add,
    divide,
    multiply,
    negative,
    number,
    size,
)
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Role
from tiza.graph.tensor_type import TensorType

Values = Mapping[Node, Any]
_CLOSE = 1e-9
SHORT = 10
"""Numbers that a formula on a line writes at most."""


@dataclass(frozen=True)
class _Graph:
    """What formulas are looked for in: the loss, and the quantities that have names."""

    loss: Node
    quantities: Collection[Node]


def textbook_formulas(loss: Node, quantities: Collection[Node], values: Values) -> dict[Element, Expression]:
    """Return the formulas of outputs, losses and deltas that the graph writes in another way.

    Args:
        loss: what is derived.
        quantities: the nodes that have names.
        values: recorded values, those of the network's outputs among them.
    """
    graph = _Graph(loss, quantities)
    used = set(topological_order((loss,)))
    found: dict[Element, Expression] = {}
    for output in graph.quantities:
        known = output.provenance
        if known.role is Role.ACTIVATION and output in values and output not in used and output.inputs:
            for element, expression in _candidates(graph, values, output):
                if element not in found and _agrees(element, expression, values):
                    found[element] = expression
    return found


def short_textbook_formulas(
    loss: Node, quantities: Collection[Node], values: Values
) -> dict[Element, Expression]:
    """Return those textbook formulas that fit on a line."""
    found = textbook_formulas(loss, quantities, values)
    return {element: one for element, one in found.items() if size(one) <= SHORT}


def _agrees(element: Element, expression: Expression, values: Values) -> bool:
    def value_of(one: Element) -> float:
        return float(values[one.node][one.index])

    wanted = value_of(element)
    return abs(value_of_expression(expression, value_of) - wanted) <= _CLOSE * max(1.0, abs(wanted))


def _candidates(graph: _Graph, values: Values, output: Node) -> Iterator[tuple[Element, Expression]]:
    shape = output.tensor_type.shape
    for target in graph.quantities:
        if target.provenance.role is not Role.TARGET or target not in values:
            continue
        hits = _one_for_each_unit(target, shape) or _classes(target, values, shape)
        if hits:
            yield from _losses(graph, values, output, hits)
            yield from _deltas(graph, values, output, hits)
            yield from _sample_losses(graph, values, output, hits)
    yield from _softmax(graph, values, output)


def _one_for_each_unit(target: Node, shape: tuple[int, ...]) -> dict[tuple[int, ...], Expression]:
    """Return the target of each output."""
    if target.tensor_type.shape != shape:
        return {}
    return {index: Reference(Element(target, index)) for index in np.ndindex(shape)}


def _classes(target: Node, values: Values, shape: tuple[int, ...]) -> dict[tuple[int, ...], Expression]:
    """Return 1 for the class that a whole number names, 0 for the others."""
    if np.asarray(values[target]).size * shape[-1] != np.prod(shape):
        return {}
    classes = np.asarray(values[target]).reshape(shape[:-1])
    return {index: number(float(classes[index[:-1]] == index[-1])) for index in np.ndindex(shape)}


Hits = Mapping[tuple[int, ...], Expression]


def _shares(shape: tuple[int, ...]) -> Iterator[Expression]:
    """Yield what a sum over units and samples may be divided by."""
    rows, units = shape[0], int(np.prod(shape[1:]))
    for count in dict.fromkeys((1, rows, rows * units, units)):
        yield number(count)


def _losses(graph: _Graph, values: Values, output: Node, hits: Hits) -> Iterator[tuple[Element, Expression]]:
    sums = _logarithms(output, hits, values)
    for loss in graph.quantities:
        if loss.provenance.role is Role.LOSS and not loss.tensor_type.shape and loss in values:
            for terms in sums:
                for share in _shares(output.tensor_type.shape):
                    yield Element(loss, ()), divide(negative(add(*terms)), share)


def _sample_losses(
    graph: _Graph, values: Values, output: Node, hits: Hits
) -> Iterator[tuple[Element, Expression]]:
    """Yield the losses of single samples, which have no name in a batch: the loss is their mean."""
    rows, *units = output.tensor_type.shape
    shares = [number(count) for count in dict.fromkeys((1, int(np.prod(units))))]
    of_rows = [
        _logarithms(output, {index: hit for index, hit in hits.items() if index[0] == row}, values)
        for row in range(rows)
    ]
    for node in topological_order((graph.loss,)):
        is_one_a_row = node.type == TensorType((rows,), output.tensor_type.dtype)
        if not is_one_a_row or node in graph.quantities or node not in values:
            continue
        for row, sums in enumerate(of_rows):
            for terms in sums:
                for share in shares:
                    yield Element(node, (row,)), divide(negative(add(*terms)), share)


def _logarithms(
    output: Node, hits: Hits, values: Values
) -> tuple[Sequence[Expression], Sequence[Expression]]:
    """Return the terms of both cross-entropies: of the class alone, and of each unit's yes or no."""
    one = number(1)
    sure = {index: _amount(hit, values) for index, hit in hits.items()}

    def of_class(index: tuple[int, ...]) -> Expression:
        return multiply(hits[index], Call("log", (Reference(Element(output, index)),)))

    def of_other(index: tuple[int, ...]) -> Expression:
        inside = add(one, negative(Reference(Element(output, index))))
        return multiply(add(one, negative(hits[index])), Call("log", (inside,)))

    categorical = [of_class(index) for index in hits if sure[index]]
    binary = [
        term
        for index in hits
        for term, share in ((of_class(index), sure[index]), (of_other(index), 1 - sure[index]))
        if share
    ]
    return categorical, binary


def _amount(hit: Expression, values: Values) -> float:
    return value_of_expression(hit, lambda one: float(values[one.node][one.index]))


def _deltas(graph: _Graph, values: Values, output: Node, hits: Hits) -> Iterator[tuple[Element, Expression]]:
    for delta in graph.quantities:
        known = delta.provenance
        if known.role is not Role.GRADIENT or known.of is None or delta not in values:
            continue
        if known.of.role is not Role.PRE_ACTIVATION or known.of.layer != output.provenance.layer:
            continue
        if delta.type != output.type:
            continue
        for share in _shares(output.tensor_type.shape):
            for index in np.ndindex(output.tensor_type.shape):
                missed = add(Reference(Element(output, index)), negative(hits[index]))
                yield Element(delta, index), divide(missed, share)


def _softmax(graph: _Graph, values: Values, output: Node) -> Iterator[tuple[Element, Expression]]:
    """Yield e^z over the sum of all e^z: the graph takes the largest z away first."""
    for logits in graph.quantities:
        known = logits.provenance
        if known.role is not Role.PRE_ACTIVATION or known.layer != output.provenance.layer:
            continue
        if logits.type != output.type or logits not in values:
            continue
        for index in np.ndindex(output.tensor_type.shape):
            row = [
                Call("exp", (Reference(Element(logits, (*index[:-1], at))),))
                for at in range(output.tensor_type.shape[-1])
            ]
            yield Element(output, index), divide(row[index[-1]], add(*row))
