"""How much of a number is float64's rounding alone: where equal and opposite terms leave 1e-17 for 0.

All lines are worked again with every number moved by half a unit of float64's last place. What such moves
change beyond recognition, rounding has made.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from tiza.blackboard.decimals import CONTEXT, exact
from tiza.blackboard.expressions import Element, Expression, Rest, Sum, references
from tiza.blackboard.formulas import worked_out
from tiza.blackboard.steps import Definition
from tiza.graph.node import Node

HALF_UNIT = Decimal(2) ** -53
"""Half a unit of float64's last place, relative to a number."""
_TIMES = 2
_CERTAIN = 100
"""The moves that were tried count this many times: others may change more."""
_CONTEXT = Context(prec=40, rounding=CONTEXT.rounding, Emin=CONTEXT.Emin, Emax=CONTEXT.Emax, traps=[])


def rounding_noise(definitions: Sequence[Definition], values: Mapping[Node, Any]) -> dict[Element, Decimal]:
    """Return how far rounding may have moved the number of each line.

    Args:
        definitions: the lines, in order.
        values: value of every node in float64.
    """
    draw = random.Random(0)
    noise: dict[Element, Decimal] = {}
    for _ in range(_TIMES):
        moved: dict[Element, Decimal] = {}
        for definition in definitions:
            for one in references(definition.expression):
                if one not in moved:
                    moved[one] = _moved(_number(values, one), draw)
            known = _number(values, definition.element)
            value = _worked(definition, known, moved, draw)
            moved[definition.element] = value if value.is_finite() else known
            shift = _CERTAIN * abs(CONTEXT.subtract(moved[definition.element], known))
            noise[definition.element] = max(noise.get(definition.element, shift), shift)
    return noise


def _worked(
    definition: Definition, known: Decimal, moved: Mapping[Element, Decimal], draw: random.Random
) -> Decimal:
    if not definition.shortened:
        return _moved(worked_out(definition.expression, moved.__getitem__, _CONTEXT)[0], draw)
    shown = sum((abs(one) for one in terms_of(definition.expression, moved)), abs(known))
    return CONTEXT.add(known, shown * HALF_UNIT * draw.choice((-1, 1)))


def terms_of(expression: Expression, numbers: Mapping[Element, Decimal]) -> list[Decimal]:
    """Return the values of the terms that an expression writes."""
    terms = expression.terms if isinstance(expression, Sum) else (expression,)
    return [worked_out(one, numbers.__getitem__, _CONTEXT)[0] for one in terms if not isinstance(one, Rest)]


def _number(values: Mapping[Node, Any], element: Element) -> Decimal:
    return exact(float(values[element.node][element.index]))


def _moved(value: Decimal, draw: random.Random) -> Decimal:
    return CONTEXT.multiply(value, 1 + HALF_UNIT * draw.choice((-1, 1)))
