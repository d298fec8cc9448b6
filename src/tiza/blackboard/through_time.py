"""What comes back through time: how large the derivative by a state is at each step, and what each step adds.

The derivative by the state before a step is that by the state after it times a factor. A student sees it
shrink, or grow, from the last step to the first; beside it stands what each step adds to the derivative by a
weight.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.decimals import CONTEXT, at_place, exact, significant
from tiza.blackboard.expansion import EVERY_TERM, Expander
from tiza.blackboard.expressions import Element, Expression, Reference, Sum, references
from tiza.blackboard.names import Names, is_quantity
from tiza.blackboard.steps import Column, ThroughTime
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Provenance, Role

MOST_ROWS = 9
"""Rows of a table; of more steps, those in the middle share a row."""
ENDS = 4
"""Steps at either end that then have rows of their own."""

Values = Mapping[Node, Any]


def through_time(
    loss: Node,
    gradient: Element | None,
    on_path: Collection[Element],
    names: Names,
    values: Values,
    digits: int,
) -> ThroughTime | None:
    """Return what comes back through time; None where nothing does.

    Args:
        loss: what is derived.
        gradient: the derivative that was asked for, if one was.
        on_path: what lies between the loss and the answer.
        names: the quantities of the graph.
        values: recorded values.
        digits: digits that were asked for.
    """
    layers = {one.node.provenance.layer for one in on_path if one.node.provenance.time is not None}
    if not layers:
        return None
    about = None if gradient is None else names.about(gradient)
    own = about.node.provenance.layer if about is not None else ""
    layer = own if own in layers else sorted(layers)[0]
    series = [
        one
        for one in _series(carried_states(loss), names, values).values()
        if one[0].provenance.layer == layer
    ]
    times = [node.provenance.time or 0 for node in max(series, key=len, default=[])]
    if len(times) < 2:
        return None
    rows = _rows(times)
    columns = [_column(one, rows, values, digits) for one in series if len(one) == len(times)]
    table = ThroughTime(tuple(rows), tuple(columns))
    if gradient is None or own != layer or about is None or about.node.provenance.role is not Role.PARAMETER:
        return table
    return _with_contributions(table, gradient, values, digits)


def carried_states(loss: Node) -> set[Provenance]:
    """Return the quantities, apart from their steps, that another step of the same layer reads."""
    below: dict[Node, frozenset[Provenance]] = {}
    found: set[Provenance] = set()
    for node in topological_order((loss,)):
        reads: set[Provenance] = set()
        for one in node.inputs:
            reads |= {one.provenance} if is_quantity(one) else below[one]
        below[node] = frozenset(reads)
        known = node.provenance
        if is_quantity(node) and known.time is not None:
            found |= {
                replace(one, time=None)
                for one in reads
                if one.layer == known.layer and one.time not in (None, known.time)
            }
    return found


def _series(states: Collection[Provenance], names: Names, values: Values) -> dict[Provenance, list[Node]]:
    """Return the derivatives by each state in the order in which they are worked out."""
    found: dict[Provenance, list[Node]] = {}
    for node in names.of:
        known = node.provenance
        if known.role is not Role.GRADIENT or known.of is None or known.time is None or node not in values:
            continue
        state = replace(known.of, time=None)
        if state in states:
            found.setdefault(state, []).append(node)
    return found


def _rows(times: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last step of each row."""
    if len(times) <= MOST_ROWS:
        return [(one, one) for one in times]
    middle = (times[ENDS], times[-ENDS - 1])
    return [*((one, one) for one in times[:ENDS]), middle, *((one, one) for one in times[-ENDS:])]


def _column(nodes: Sequence[Node], rows: Sequence[tuple[int, int]], values: Values, digits: int) -> Column:
    lengths = {node.provenance.time: float(np.sqrt(np.sum(np.square(values[node])))) for node in nodes}
    sizes = tuple(significant(exact(lengths[last]), digits) for _, last in rows)
    factors = tuple(
        significant(CONTEXT.divide(size, before), digits) if before else None
        for before, size in pairwise(sizes)
    )
    return Column(tuple(nodes), sizes, (None, *factors), _product(factors, digits))


def _product(factors: Sequence[Decimal | None], digits: int) -> Decimal | None:
    """Return the product of factors; None if one is missing."""
    whole = Decimal(1)
    for one in factors:
        if one is None:
            return None
        whole = CONTEXT.multiply(whole, one)
    return significant(whole, digits)


def _with_contributions(table: ThroughTime, gradient: Element, values: Values, digits: int) -> ThroughTime:
    """Return the table with what each step adds to a derivative, if its terms tell their steps."""
    by_time: dict[int | None, float] = {}
    for term in _terms(gradient, values):
        times = {one.node.provenance.time for one in references(term) if _is_slope(one)}
        if len(times) > 1 or None in times:
            return table
        time = next(iter(times), None)
        by_time[time] = by_time.get(time, 0.0) + _value(term, values)
    if len(by_time) < 2:
        return table
    whole = exact(float(values[gradient.node][gradient.index]))
    # more places than the answer, so that what rounding leaves does not reach its digits
    place = (whole.adjusted() if whole else 0) - digits - 2
    rows = [
        math.fsum(part for time, part in by_time.items() if time is not None and _within(time, row))
        for row in table.steps
    ]
    added = tuple(at_place(exact(one), place) for one in rows)
    besides = at_place(exact(by_time.get(None, 0.0)), place)
    return replace(table, added=added, besides=besides, total=sum(added, besides))


def _within(time: int, row: tuple[int, int]) -> bool:
    return min(row) <= time <= max(row)


def _terms(gradient: Element, values: Values) -> Iterator[Expression]:
    """Yield all terms of a derivative, none left out; a sum with a line of its own is taken apart, too."""
    expander = Expander(values, set(), EVERY_TERM)
    waiting = [gradient]
    while waiting:
        expanded = expander.formula(waiting.pop())
        if expanded is None:
            continue
        whole = expanded.expression
        for term in whole.terms if isinstance(whole, Sum) else (whole,):
            if isinstance(term, Reference) and not is_quantity(term.element.node):
                waiting.append(term.element)
            else:
                yield term


def _value(expression: Expression, values: Values) -> float:
    return value_of_expression(expression, lambda one: float(values[one.node][one.index]))


def _is_slope(element: Element) -> bool:
    return element.node.provenance.role is Role.GRADIENT
