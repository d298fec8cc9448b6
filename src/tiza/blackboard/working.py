"""Numbers for the lines: every quantity has one printed value, and later lines compute from printed values.

A line is rounded once, at its end. If the leading digits of a line differ from those of float64 by more than
the asked digits allow, the whole page is worked with more digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tiza.blackboard.decimals import CONTEXT, at_place, exact, last_place, significant
from tiza.blackboard.expressions import Element, Expression, Rest, Sum, references
from tiza.blackboard.formulas import worked_out
from tiza.blackboard.noise import rounding_noise, terms_of
from tiza.blackboard.steps import Definition, Numbers, Printed, Section
from tiza.graph.node import Node

GUARD_DIGITS = 2
MOST_DIGITS = 12
_NOTHING = Decimal("1e-30")
"""Below this, float64 may have rounded to 0 what decimal arithmetic still sees."""

_UNDERFLOW = Decimal("1e-300")
"""Below this, a number is printed as 0."""


def worked_numbers(
    definitions: Sequence[Definition],
    values: Mapping[Node, Any],
    digits: int,
    strict: Sequence[Element],
    stored: Any,
) -> tuple[Numbers, int]:
    """Return the printed number of every quantity that the lines have or use, and the digits worked with.

    Args:
        definitions: the lines, in order.
        values: value of every node in float64.
        digits: digits asked for.
        strict: quantities whose first digits must be those of float64, not only as close as these.
        stored: dtype that given numbers were stored in.
    """
    noise: Mapping[Element, Decimal] | None = None
    working = digits + GUARD_DIGITS
    while True:
        numbers = _numbers(definitions, values, working, stored, digits, noise or {})
        if working >= MOST_DIGITS or all(
            leading_digits_agree(
                numbers[one.element].value,
                _float_of(values, one.element),
                digits,
                one.element in strict,
                Decimal(0) if noise is None else noise[one.element],
            )
            for one in definitions
        ):
            return numbers, working
        if noise is None and working > digits + GUARD_DIGITS:
            noise, working = rounding_noise(definitions, values), digits + GUARD_DIGITS
        else:
            working += 1


def _float_of(values: Mapping[Node, Any], element: Element) -> float:
    return float(values[element.node][element.index])


def leading_digits_agree(
    printed: Decimal, value: float, digits: int, strict: bool = False, noise: Decimal = _NOTHING
) -> bool:
    """Return whether a printed number is float64's to that many digits, or to what rounding leaves."""
    if not np.isfinite(value) or not printed.is_finite():
        return True
    wanted = exact(value)
    if abs(CONTEXT.subtract(printed, wanted)) < max(_NOTHING, noise):
        return True
    if strict:
        return significant(printed, digits) == significant(wanted, digits)
    unit = Decimal((0, (1,), wanted.adjusted() - digits + 1)) if wanted else _NOTHING
    return abs(CONTEXT.subtract(printed, wanted)) * 2 <= unit


def _numbers(
    definitions: Sequence[Definition],
    values: Mapping[Node, Any],
    working: int,
    stored: Any,
    digits: int,
    noise: Mapping[Element, Decimal],
) -> Numbers:
    numbers: Numbers = {}
    own = {one.element for one in definitions}
    for definition in definitions:
        for one in references(definition.expression):
            if one not in numbers and one not in own:
                numbers[one] = given_number(_float_of(values, one), working, stored)
        printed = _printed(definition, numbers, values, working)
        if printed.value and _is_noise(definition, numbers, values, digits, noise):
            printed = Printed(Decimal(0), False)
        numbers[definition.element] = printed
    return numbers


def _is_noise(
    definition: Definition,
    numbers: Numbers,
    values: Mapping[Node, Any],
    digits: int,
    noise: Mapping[Element, Decimal],
) -> bool:
    """Return whether float64 has rounding alone where the terms of a line cancel, to the asked digits."""
    value = exact(_float_of(values, definition.element))
    if not abs(value) < noise.get(definition.element, Decimal(0)) or definition.shortened:
        return False
    terms = terms_of(definition.expression, {one: printed.value for one, printed in numbers.items()})
    left = sum(terms, Decimal(0))
    return abs(left) < max(map(abs, terms)).scaleb(-digits, CONTEXT)


def given_number(value: float, working: int, stored: Any) -> Printed:
    """Return a number that is taken as it is, rounded to working digits; float32's 0.1 counts as exact."""
    rounded = significant(exact(value), working)
    with np.errstate(over="ignore"):
        short = Decimal(str(np.asarray(value, dtype=stored)))
    return Printed(rounded, rounded == exact(value) or rounded == short)


def _printed(definition: Definition, numbers: Numbers, values: Mapping[Node, Any], working: int) -> Printed:
    value = _float_of(values, definition.element)
    if not np.isfinite(value):
        return Printed(exact(value), True)

    def value_of(element: Element) -> Decimal:
        return numbers[element].value

    if definition.shortened:
        return _shortened(definition.expression, value_of, exact(value), working)
    whole, sure = worked_out(definition.expression, value_of)
    if abs(whole) < _UNDERFLOW:
        return Printed(Decimal(0), not whole and sure)
    rounded = at_place(whole, _place(definition, whole, numbers, working))
    return Printed(rounded, sure and rounded == whole)


def _place(definition: Definition, whole: Decimal, numbers: Numbers, working: int) -> int:
    """Return the place that a line is rounded to.

    A new weight keeps the places of the change that it is made with, two more than usual at most, so that the
    change can be seen.
    """
    place = whole.adjusted() - working + 1
    if definition.section is not Section.UPDATE or not whole.is_finite():
        return place
    finest = min((last_place(numbers[one].value) for one in references(definition.expression)), default=place)
    return max(place - GUARD_DIGITS, min(place, finest))


def _shortened(
    expression: Expression, value_of: Callable[[Element], Decimal], total: Decimal, working: int
) -> Printed:
    """Return a total with its printed terms to common decimals; the rest is the total minus the terms."""
    terms = expression.terms if isinstance(expression, Sum) else (expression,)
    sized = [worked_out(one, value_of)[0] for one in terms if not isinstance(one, Rest)]
    largest = max([abs(total), *map(abs, sized)])
    place = largest.adjusted() - working + 1 if largest else 0
    printed = [at_place(one, place) for one in sized]
    whole = at_place(total, place)
    rest = whole
    for one in printed:
        rest = CONTEXT.subtract(rest, one)
    return Printed(whole, True, (*printed, rest if rest else Decimal(0)))
