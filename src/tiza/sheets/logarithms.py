"""Where a course takes logarithms of base 10: the same formulas with the natural one, which is usual."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tiza.blackboard.expressions import ONE, Call, Element, Expression, Number
from tiza.sheets.formulas import Calculation
from tiza.sheets.rewriting import rewritten_everywhere

_NEAR = 1e-9


def in_natural_logarithms(calculation: Calculation) -> Mapping[Element, Expression]:
    """Return the formulas on the way that take logarithms of base 10, with natural ones in their place."""
    changed = ((one, rewritten_everywhere(of, _natural)) for one, of in calculation.steps.items())
    return {one: formula for one, formula in changed if formula != calculation.steps[one]}


def _natural(expression: Expression) -> list[Expression]:
    match expression:
        case Call("log10", inner):
            return [Call("log", inner)]
        case Call("log", (Number(base),)) if base == 10:
            return [ONE]
        case Number(value) if any(_is(float(value), one) for one in (math.log(10), 1 / math.log(10))):
            return [ONE]
    return []


def _is(value: float, other: float) -> bool:
    return math.isclose(value, other, rel_tol=_NEAR)
