"""How a number follows from a student's own numbers, as one formula: in names, and in numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.decimals import MINUS, exact, number_text, significant
from tiza.blackboard.expressions import (
    Element,
    Expression,
    Product,
    Reference,
    Rest,
    Truth,
    add,
    references,
    size,
)
from tiza.blackboard.markup import PlainText
from tiza.blackboard.writing import Leaf, number_leaf, write
from tiza.sheets.formulas import Calculation, Definitions
from tiza.sheets.naming import Naming
from tiza.sheets.numbers import WrittenNumber
from tiza.sheets.rewriting import terms, with_references

LONGEST = 14
"""Numbers and names that a formula in one line may have."""
LONGEST_NUMBERS = 90
"""Characters; a substitution that is longer is not written out."""
SHOWN_DIGITS = 6
"""Digits of the numbers in a formula."""
_MOST_DIGITS = 10
PLAIN = PlainText()


@dataclass(frozen=True)
class WholeFormula:
    """A formula that names only what is written or given.

    Attributes:
        names: it in names.
        numbers: it in the student's numbers; empty where it is a single number.
        value: what it gives.
        zeros: terms that are 0 and left out, because the line would be too long with them.
    """

    names: str
    numbers: str
    value: float
    zeros: int = 0


def whole_formula(
    calculation: Calculation, naming: Naming, replaced: Definitions | None = None
) -> WholeFormula:
    """Return how the calculated number follows, with other definitions for some steps if they are given."""
    replaced = replaced or {}
    value = calculation.value(replaced)
    expression = _inlined(calculation, naming, replaced)

    def number_of(element: Element) -> float:
        return calculation.value(replaced, of=element)

    numbers, zeros = write_numbers(expression, number_of), 0
    if len(numbers) > LONGEST_NUMBERS:
        expression, zeros = without_zeros(expression, number_of)
        numbers = write_numbers(expression, number_of)
    return WholeFormula(write_names(expression, naming), numbers, value, zeros)


def without_zeros(expression: Expression, number_of: Callable[[Element], float]) -> tuple[Expression, int]:
    """Return a sum without its products that are 0, and how many these are."""
    inner = terms(expression)
    kept = [one for one in inner if not isinstance(one, Product) or value_of_expression(one, number_of) != 0]
    if not kept:
        return expression, 0
    return add(*kept), len(inner) - len(kept)


def _inlined(calculation: Calculation, naming: Naming, replaced: Definitions) -> Expression:
    """Return the formula of the root, steps that are not written put in as long as it stays short.

    Steps without a name are put in in any case.
    """
    expression = replaced.get(calculation.root) or calculation.steps.get(calculation.root)
    if expression is None:
        return Reference(calculation.root)

    def unnamed_put_in(element: Element) -> Expression:
        inner = replaced.get(element) or calculation.steps.get(element)
        if inner is None or naming.is_named(element):
            return Reference(element)
        return with_references(inner, unnamed_put_in)

    expression = with_references(expression, unnamed_put_in)
    while True:
        named = set(references(expression))
        open_steps = [one for one in reversed(calculation.steps) if one in named and one != calculation.root]
        shorter = None
        for node in dict.fromkeys(one.node for one in open_steps):  # units of a layer all alike
            inner = {
                one: replaced.get(one) or calculation.steps[one] for one in open_steps if one.node is node
            }

            def put_in(element: Element, inner: Definitions = inner) -> Expression:
                return inner.get(element) or Reference(element)

            candidate = with_references(with_references(expression, put_in), unnamed_put_in)
            if size(candidate) <= LONGEST:
                shorter = candidate
                break
        if shorter is None:
            return expression
        expression = shorter


def write_names(expression: Expression, naming: Naming) -> str:
    """Return a formula in names."""

    def leaf(one: Reference | Rest | Truth) -> Leaf:
        match one:
            case Reference(element):
                name = naming.shown(element)
                return Leaf(name, derivative=name.startswith("∂"))
            case Truth(condition, _):
                return Leaf(f"[{write(condition, leaf, PLAIN)}]")
        return Leaf("…")

    return write(expression, leaf, PLAIN)


def write_numbers(expression: Expression, number_of: Callable[[Element], float]) -> str:
    """Return a formula in numbers; `number_of` gives that of a quantity."""

    def leaf(one: Reference | Rest | Truth) -> Leaf:
        match one:
            case Reference(element):
                value = number_of(element)
                known = significant(exact(value), SHOWN_DIGITS) if math.isfinite(value) else Decimal("NaN")
                return number_leaf(known, PLAIN)
            case Truth(condition, _):
                return Leaf(str(int(value_of_expression(Truth(condition, True), number_of))))
        return Leaf("…")

    return write(expression, leaf, PLAIN)


def short_number(value: float, digits: int = SHOWN_DIGITS) -> str:
    """Return a number to a few significant digits.

    Example:
        >>> short_number(-0.0507960, 3), short_number(0.1)
        ('−0.0508', '0.1')
    """
    if not math.isfinite(value):
        return number_text(Decimal("NaN"))
    return number_text(significant(exact(value), digits))


def beside(value: float, written: WrittenNumber) -> str:
    """Return a calculated number with about as many digits as a written one, three at least."""
    return short_number(value, max(3, len(written.digits)))


def apart(value: float, written: WrittenNumber) -> str:
    """Return a calculated number with as many more digits as it takes to tell it from a written one.

    Example:
        >>> from tiza.sheets.numbers import read_number
        >>> apart(-0.0630459, read_number("-63/1000")), apart(-0.0508, read_number("-0.09"))
        ('−0.06305', '−0.0508')
    """
    fewest = max(3, len(written.digits))
    for digits in range(fewest, _MOST_DIGITS):
        shown = short_number(value, digits)
        if not math.isclose(float(significant(exact(value), digits)), written.value, rel_tol=1e-12):
            return shown
    return short_number(value, fewest)


def as_written(written: WrittenNumber) -> str:
    """Return a student's number with a decimal point and a real minus."""
    text = written.text.replace(",", ".").replace("-", MINUS)
    return text if re.search(r"[^\W\d]", text) else text.replace(" ", "")


def sign_before(value: float, shown: str) -> str:
    """Return `=` if a number is shown exactly, else the sign for approximately."""
    return "=" if short_number(value, 10) == shown else "≈"
