"""Slide mode: a calculation done over with the numbers that a slide prints, and what its rounding costs.

A slide rounds every number that it prints and goes on from the printed one. Each printed number is therefore
measured by what the numbers printed before it give (its own way), and its distance from the exact number is
what rounding has cost so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from tiza.blackboard.decimals import CONTEXT, exact, significant
from tiza.blackboard.derivation import derive
from tiza.blackboard.expressions import (
    Element,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Reference,
    Rest,
    Sum,
    references,
)
from tiza.blackboard.formulas import worked_out
from tiza.blackboard.steps import Definition
from tiza.graph.node import INPUT, Node

EXACT_DIGITS = 4
"""Significant digits of an exact number beside a printed one, at least; one more than the slide has."""
PERCENT_PLACE = Decimal("0.1")
LARGE_LOSS = Decimal(1)
"""Percent from which a loss at a difference is pointed out."""
ENLARGED = 2
"""How many times as large a loss must become at a difference for it to be pointed out."""
FLOAT_NOISE = Decimal("1e-12")
"""Relative difference up to which a number of float64 counts as the one that it stands for."""


class Verdict(StrEnum):
    """What a printed number is."""

    REPRODUCED = "reproduced"
    TRUNCATED = "truncated"
    WRONG = "wrong"


class Why(StrEnum):
    """Why a number costs what it does."""

    DIFFERENCE = "difference"
    PRODUCT = "product"


def judged(printed: Decimal, decimals: int | None, candidates: Iterable[Decimal]) -> Verdict:
    """Return what a printed number is: a candidate rounded (half away from zero), cut off, or neither.

    Args:
        printed: the number.
        decimals: decimals that it is rounded to; None if it is not rounded.
        candidates: what the slide's own way gives, and the exact number.

    Example:
        >>> [str(judged(Decimal(one), 3, [Decimal("0.69897")])) for one in ("0.699", "0.698", "0.697")]
        ['reproduced', 'truncated', 'wrong']
    """
    numbers = list(candidates)
    if decimals is None:
        same = any(abs(one - printed) <= FLOAT_NOISE * max(abs(one), Decimal(1)) for one in numbers)
        return Verdict.REPRODUCED if same else Verdict.WRONG
    unit = Decimal((0, (1,), -decimals))
    if any(one.quantize(unit, ROUND_HALF_UP) == printed for one in numbers):
        return Verdict.REPRODUCED
    cut = any(one.quantize(unit, ROUND_DOWN) == printed for one in numbers)
    return Verdict.TRUNCATED if cut else Verdict.WRONG


@dataclass(frozen=True)
class Worksheet:
    """The quantities of a calculation: their formulas and their exact values.

    Attributes:
        elements: number by its name.
        values: value of every node in float64.
    """

    elements: Mapping[str, Element]
    values: Mapping[Node, Any]
    _definitions: dict[Element, Definition | None] = field(default_factory=dict, repr=False)

    def definition(self, element: Element) -> Definition | None:
        """Return how a number is computed; None if it is given."""
        if element not in self._definitions:
            found = () if element.node.primitive is INPUT else derive([element], self.values).definitions
            for one in found:
                self._definitions.setdefault(one.element, one)
            self._definitions.setdefault(element, None)
        return self._definitions[element]

    def exact(self, element: Element) -> Decimal:
        """Return a number as float64 has it."""
        return exact(self._float(element))

    def work_out(self, element: Element, fixed: Mapping[Element, Decimal]) -> Decimal:
        """Return a number, computed from `fixed` ones as far as it depends on them, in decimal."""
        known = dict(fixed)
        known.pop(element, None)
        return self._worked_out(element, known)

    def _worked_out(self, element: Element, known: dict[Element, Decimal]) -> Decimal:
        if element not in known:
            definition = self.definition(element)
            if definition is None:  # 0.1 counts as 0.1, not as what float64 makes of it
                known[element] = Decimal(repr(self._float(element)))
            elif definition.shortened:
                known[element] = self.exact(element)
            else:
                known[element], _ = worked_out(
                    definition.expression, lambda one: self._worked_out(one, known)
                )
        return known[element]

    def _float(self, element: Element) -> float:
        return float(np.asarray(self.values[element.node])[element.index])


@dataclass(frozen=True)
class SlideLine:
    """One number of a slide.

    Attributes:
        name: what it is called.
        element: which number it is.
        text: what is printed, as it stands there.
        value: the printed number; None if none is printed.
        decimals: the decimals that it is rounded to; None if it is not rounded.
        against: the number that its distance is measured from; None is the element itself.
        changed: other values of given numbers, with which the slide's result comes out.
    """

    name: str
    element: Element
    text: str = ""
    value: Decimal | None = None
    decimals: int | None = None
    against: Element | None = None
    changed: Mapping[Element, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class SlideRow:
    """One number of a slide, judged; or a difference that the slide passes through and that costs something.

    Attributes:
        name: what it is called; empty for a difference without a name.
        text: what is printed; empty if nothing is.
        own: what the numbers printed before it give, unrounded.
        used: what later lines use: the printed number, else `own`.
        exact: the exact number.
        decimals: the decimals that the printed number is rounded to; None if it is not rounded.
        verdict: what the printed number is; None if none is printed.
        tie: whether `own` lies just between two roundings.
        with_change: what comes out with the change that explains the slide, if there is one.
        difference: the formula of a difference that is only passed through.
        why: why it costs what it does, where that is worth saying.
        parts: for a product, the costs of its factors, which add up to its own.
        against: the number whose exact value that is, where it is not the row's own.
    """

    name: str
    text: str
    own: Decimal
    used: Decimal
    exact: Decimal
    decimals: int | None = None
    verdict: Verdict | None = None
    tie: bool = False
    with_change: Decimal | None = None
    difference: Expression | None = None
    why: Why | None = None
    parts: tuple[Decimal, ...] = ()
    against: Element | None = None

    @property
    def shown_exact(self) -> Decimal:
        """The exact number as a table prints it: a digit more than the slide has, four at least."""
        rounded = self.decimals is not None
        digits = len(self.used.normalize(CONTEXT).as_tuple().digits) + 1 if rounded else EXACT_DIGITS
        return significant(self.exact, max(digits, EXACT_DIGITS))

    @property
    def cost(self) -> Decimal | None:
        """Percent by which the number is larger than the exact one, both as printed; None where that is 0."""
        used = significant(self.used, EXACT_DIGITS) if self.decimals is None else self.used
        return percentage(used, self.shown_exact)


def percentage(used: Decimal, exact: Decimal) -> Decimal | None:
    """Return by how much percent `used` is larger than `exact`, to one decimal; None where `exact` is 0.

    Example:
        >>> percentage(Decimal("0.66"), Decimal("0.6640")), percentage(Decimal("-0.09"), Decimal("-0.09494"))
        (Decimal('-0.6'), Decimal('-5.2'))
    """
    if not exact:
        return None
    share = CONTEXT.divide(CONTEXT.subtract(used, exact) * 100, exact)
    rounded = share.quantize(PERCENT_PLACE, ROUND_HALF_UP)
    return rounded if rounded else Decimal("0.0")


def slide_rows(sheet: Worksheet, lines: Sequence[SlideLine]) -> tuple[SlideRow, ...]:
    """Return the numbers of a slide in order, each judged by what those printed before it give.

    Before a number stand the differences on the way to it that rounding has changed: there it costs most.
    """
    return _Slide(sheet).rows(lines)


def needed_lines(sheet: Worksheet, lines: Sequence[SlideLine], target: Element) -> tuple[SlideLine, ...]:
    """Return the lines that `target` depends on, its own among them."""
    needed = {target}
    queue = [target]
    while queue:
        definition = sheet.definition(queue.pop())
        found = references(definition.expression) if definition else []
        queue.extend(one for one in found if one not in needed)
        needed.update(found)
    return tuple(line for line in lines if line.element in needed)


class _Slide:
    """A slide, read from its first line to its last."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._printed: dict[Element, SlideRow] = {}
        self._used: dict[Element, Decimal] = {}
        self._differences: dict[Expression, SlideRow] = {}

    def rows(self, lines: Sequence[SlideLine]) -> tuple[SlideRow, ...]:
        found: list[SlideRow] = []
        for line in lines:
            if line.value is None:
                found.append(self._unprinted(line))
                continue
            found.extend(self._passed(line.element))
            row = self._judged(line)
            found.append(row)
            self._printed[line.element] = row
            self._used[line.element] = row.used
        return _with_worst_difference(found, self._loss_before)

    def _unprinted(self, line: SlideLine) -> SlideRow:
        fixed = line.changed or self._used
        own = self._sheet.work_out(line.element, fixed)
        exact_number = own if line.changed else self._sheet.exact(line.against or line.element)
        return SlideRow(line.name, "", own, own, exact_number, with_change=own if line.changed else None)

    def _judged(self, line: SlideLine) -> SlideRow:
        assert line.value is not None
        own = self._sheet.work_out(line.element, self._used)
        row = SlideRow(
            line.name,
            line.text,
            own,
            line.value,
            self._sheet.exact(line.against or line.element),
            line.decimals,
            judged(line.value, line.decimals, [own, self._sheet.exact(line.element)]),
            line.decimals is not None and _is_tie(own, line.decimals),
            self._sheet.work_out(line.element, line.changed) if line.changed else None,
            against=line.against,
        )
        definition = self._sheet.definition(line.element)
        parts = self._costs(definition.expression) if definition else None
        if parts is not None and len(parts) > 1 and sum(parts) == row.cost:
            return replace(row, why=Why.PRODUCT, parts=tuple(parts))
        return row

    def _passed(self, element: Element) -> Iterator[SlideRow]:
        """Yield the differences that lie between the printed numbers and `element`."""
        definition = self._sheet.definition(element)
        if definition is None or definition.shortened:
            return
        for one in references(definition.expression):
            if one not in self._used:
                yield from self._passed(one)
                if (inner := self._sheet.definition(one)) is not None:
                    yield from self._difference(inner.expression)
        for factor in _factors(definition.expression):
            yield from self._difference(factor)

    def _difference(self, expression: Expression) -> Iterator[SlideRow]:
        known = any(one in self._used for one in references(expression))
        if not isinstance(expression, Sum) or expression in self._differences or not known:
            return
        if len({one > 0 for one in self._terms(expression) if one}) < 2:
            return
        used, wanted = self._value(expression, self._used), self._value(expression, {})
        row = SlideRow("", "", used, used, wanted, difference=expression)
        if row.cost:
            self._differences[expression] = row
            yield row

    def _terms(self, expression: Sum) -> list[Decimal]:
        return [self._value(one, {}) for one in expression.terms if not isinstance(one, Rest)]

    def _value(self, expression: Expression, fixed: Mapping[Element, Decimal]) -> Decimal:
        def value_of(one: Element) -> Decimal:
            return fixed[one] if one in fixed else self._sheet.work_out(one, fixed)

        return worked_out(expression, value_of)[0]

    def _costs(self, expression: Expression) -> list[Decimal] | None:
        """Return the costs of the factors of a product; None if it is no product of what has costs."""
        match expression:
            case Number():
                return []
            case Negative(value):
                return self._costs(value)
            case Product(factors):
                found = [self._costs(one) for one in factors]
                return [cost for part in found for cost in part or ()] if None not in found else None
            case Power(base, Number(exponent)) if exponent == exponent.to_integral_value():
                inner = self._costs(base)
                return None if inner is None else [cost * exponent for cost in inner]
            case Reference(element) if element in self._printed:
                return _as_list(self._printed[element].cost)
            case Reference(element):
                definition = self._sheet.definition(element)
                return self._costs(definition.expression) if definition else []
            case Sum() if expression in self._differences:
                return _as_list(self._differences[expression].cost)
        return None if any(one in self._used for one in references(expression)) else []

    def _loss_before(self, row: SlideRow) -> Decimal:
        """Return the largest cost among what a difference is made of."""
        used = references(row.difference) if row.difference else []
        return max((_size(self._printed[one]) for one in used if one in self._printed), default=Decimal(0))


def _size(row: SlideRow) -> Decimal:
    return abs(row.cost) if row.cost is not None else Decimal(0)


def _as_list(cost: Decimal | None) -> list[Decimal]:
    return [cost] if cost else []


def _with_worst_difference(
    rows: Sequence[SlideRow], loss_before: Callable[[SlideRow], Decimal]
) -> tuple[SlideRow, ...]:
    """Return the rows with the difference marked that enlarges the loss most, if one does so much."""
    candidates = [
        one
        for one in rows
        if one.difference is not None and _size(one) >= max(LARGE_LOSS, ENLARGED * loss_before(one))
    ]
    worst = max(candidates, key=_size, default=None)
    return tuple(replace(one, why=Why.DIFFERENCE) if one is worst else one for one in rows)


def _is_tie(number: Decimal, decimals: int) -> bool:
    return abs(number).scaleb(decimals, CONTEXT) % 1 == Decimal("0.5")


def _factors(expression: Expression) -> Iterator[Expression]:
    """Yield what is multiplied, divided or raised within an expression, in the order of writing."""
    inner: tuple[Expression, ...] = ()
    match expression:
        case Negative(value):
            yield from _factors(value)
        case Product(factors):
            inner = factors
        case Quotient(top, bottom):
            inner = (top, bottom)
        case Power(base, _):
            inner = (base,)
    for one in inner:
        yield one
        yield from _factors(one)
