"""What a derivative is a product of: a link for each station towards the loss, while there is one way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tiza.blackboard.decimals import significant
from tiza.blackboard.expressions import (
    ONE,
    Element,
    Expression,
    Negative,
    Number,
    Product,
    Quotient,
    Reference,
    Rest,
    Sum,
    divide,
    multiply,
    references,
    size,
    walk,
)
from tiza.blackboard.formulas import worked_out
from tiza.blackboard.steps import Page, Step
from tiza.graph.provenance import Role

LONGEST_FACTOR = 8
"""Numbers and names of a factor that is written out; of more, the derivative stands for it."""
_MOST_LINKS = 100


@dataclass(frozen=True)
class Factor:
    """One factor of a derivative.

    Attributes:
        expression: it in names.
        value: its number, from those that are printed.
        is_exact: whether that is not rounded.
    """

    expression: Expression
    value: Decimal
    is_exact: bool


@dataclass(frozen=True)
class Link:
    """What one station does to the next.

    Attributes:
        station: the quantity that moves.
        factors: the factors of its derivative; of the last link, that of the loss.
    """

    station: Element
    factors: tuple[Factor, ...]

    @property
    def slope(self) -> Expression:
        """The product of the factors."""
        return multiply(*(one.expression for one in self.factors))

    @cached_property
    def direction(self) -> int:
        """The sign of the product."""
        sign = 1
        for one in self.factors:
            sign *= (one.value > 0) - (one.value < 0)
        return sign


@dataclass(frozen=True)
class Parting:
    """A derivative that adds up several terms.

    Attributes:
        gradient: the derivative.
        above: what its terms above 0 make.
        below: what those below 0 make.
    """

    gradient: Element
    above: Decimal
    below: Decimal


@dataclass(frozen=True)
class Chain:
    """A derivative as a product.

    Attributes:
        links: one a station, from what the derivative is taken by.
        parting: the sum of several terms that the last link ends in, if it does.
    """

    links: tuple[Link, ...]
    parting: Parting | None

    @property
    def factors(self) -> tuple[Factor, ...]:
        """All factors."""
        return tuple(factor for link in self.links for factor in link.factors)

    @property
    def is_sum(self) -> bool:
        """Whether the derivative itself is a sum, so that there is no product."""
        return self.parting is not None and [one.expression for one in self.factors] == [
            Reference(self.parting.gradient)
        ]

    @property
    def value(self) -> Decimal:
        """The product of all factors."""
        return math.prod((one.value for one in self.factors), start=Decimal(1))


def chain_of(page: Page) -> Chain | None:
    """Return what the derivative that a page is about is a product of; None if it is about none."""
    return None if page.gradient is None else _Chains(page).chain(page.gradient)


class _Chains:
    def __init__(self, page: Page) -> None:
        self._page = page
        self._steps: Mapping[Element, Step] = {one.element: one for one in page.steps}
        self._carrying: dict[Element, bool] = {}

    def chain(self, gradient: Element) -> Chain | None:
        """Return the chain of a derivative; None if it is endless, or a number in it is not finite."""
        links: list[Link] = []
        current: Element | None = gradient
        parting = None
        while current is not None and len(links) < _MOST_LINKS:
            factors, following, end = self._product(current)
            link = Link(self._page.names.about(current) or current, tuple(map(self._factor, factors)))
            if not all(one.value.is_finite() for one in link.factors):
                return None
            links.append(link)
            parting = self._parting(end)
            current = following
        return None if current is not None else Chain(tuple(links), parting)

    def _product(self, gradient: Element) -> tuple[list[Expression], Element | None, Element]:
        """Return the factors up to the derivative by the next station, that derivative, and where they end.

        Lines without a name are passed.
        """
        factors: list[Expression] = []
        current = gradient
        while True:
            formula = self._formula(current)
            parts = [] if formula is None else list(factors_of(formula))
            carrying = [one for one in parts if any(map(self._carries, references(one)))]
            match carrying:
                case [Reference(following)]:
                    factors += [one for one in parts if one not in carrying]
                    if self._page.names.about(following) is not None:
                        return factors, following, current
                    current = following
                case []:
                    return factors + self._last(current, parts), None, current
                case _:
                    return [*factors, Reference(current)], None, current

    def _formula(self, element: Element) -> Expression | None:
        step = self._steps.get(element)
        return None if step is None else step.definition.expression

    def _carries(self, element: Element) -> bool:
        """Return whether a quantity holds what comes back from the loss."""
        if element.node.provenance.role is Role.GRADIENT:
            return True
        if element not in self._carrying:
            formula = self._formula(element)
            self._carrying[element] = formula is not None and any(map(self._carries, references(formula)))
        return self._carrying[element]

    @staticmethod
    def _last(current: Element, parts: Sequence[Expression]) -> list[Expression]:
        """Return the factors of a formula in which nothing comes back, or its name if they are long."""
        is_short = parts and all(size(one) <= LONGEST_FACTOR for one in parts)
        left_out = any(isinstance(one, Rest) for part in parts for one in walk(part))
        return list(parts) if is_short and not left_out else [Reference(current)]

    def _factor(self, expression: Expression) -> Factor:
        value, is_exact = worked_out(expression, lambda element: self._page.numbers[element].value)
        return Factor(expression, significant(value, self._page.working), is_exact)

    def _parting(self, gradient: Element) -> Parting | None:
        """Return the terms of a derivative that is a sum of what comes back on several ways."""
        formula = self._formula(gradient)
        if not isinstance(formula, Sum) or any(isinstance(one, Rest) for one in formula.terms):
            return None
        if not any(map(self._carries, references(formula))):
            return None
        terms = [self._factor(one).value for one in formula.terms]
        if not all(one.is_finite() for one in terms):
            return None
        above, below = (sum((one for one in terms if sign * one > 0), Decimal(0)) for sign in (1, -1))
        return Parting(gradient, above, below)


def factors_of(expression: Expression) -> Iterator[Expression]:
    """Yield what an expression is a product of; a divisor as one over it.

    Example:
        >>> list(factors_of(Negative(Product((Number(Decimal(2)), Number(Decimal(3)))))))[1:]
        [Number(value=Decimal('2')), Number(value=Decimal('3'))]
    """
    match expression:
        case Product(factors):
            for one in factors:
                yield from factors_of(one)
        case Negative(inner):
            yield Number(Decimal(-1))
            yield from factors_of(inner)
        case Quotient(top, bottom):
            if top != ONE:
                yield from factors_of(top)
            yield divide(ONE, bottom)
        case _:
            yield expression
