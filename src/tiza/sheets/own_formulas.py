"""The steps that a student wrote down himself, such as 1 - h1^2, found again in formulas that use them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from tiza.blackboard.expressions import (
    Call,
    Element,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Reference,
    Sum,
    add,
    multiply,
    negative,
    parts,
)
from tiza.sheets.rewriting import with_parts


def formula_key(expression: Expression) -> Hashable:
    """Return what is equal for two formulas that differ in the order of terms or factors alone."""
    match expression:
        case Sum(inner) | Product(inner):
            return type(expression).__name__, frozenset(Counter(map(formula_key, inner)).items())
        case Negative() | Quotient() | Power() | Call():
            name = expression.function if isinstance(expression, Call) else type(expression).__name__
            return name, *map(formula_key, parts(expression))
        case Number(value):
            return value
    return expression


class OwnStep:
    """A step that a student wrote down himself.

    Args:
        element: stands for it.
        formula: how it is computed.
    """

    def __init__(self, element: Element, formula: Expression) -> None:
        self.element = element
        self.formula = formula
        self.key = formula_key(formula)
        self.opposite = formula_key(_opposite(formula))
        self.kind = type(formula)
        self.inner = [formula_key(one) for one in parts(formula)]


class OwnSteps:
    """The steps that a student wrote down himself, to be named in formulas that work them out.

    Args:
        steps: the steps.
    """

    def __init__(self, steps: Iterable[OwnStep]) -> None:
        self._named: dict[Hashable, tuple[Element, bool]] = {}
        self._collected: dict[type, list[OwnStep]] = {Sum: [], Product: []}
        for one in steps:
            if one.kind is Number:
                continue  # a slope of 1 is not every 1
            self._named[one.opposite] = one.element, False
            self._named[one.key] = one.element, True
            if one.kind in self._collected:
                self._collected[one.kind].append(one)

    def __bool__(self) -> bool:
        return bool(self._named)

    def named_in(self, expression: Expression, of: Element) -> Expression:
        """Return the formula of a quantity with every step named, but for the quantity itself."""
        element, same = self._named.get(formula_key(expression), (of, True))
        if element != of:
            return Reference(element) if same else negative(Reference(element))
        inner = parts(expression)
        renewed = tuple(self.named_in(one, of) for one in inner)
        changed = with_parts(expression, renewed) if renewed != inner else expression
        if isinstance(changed, Sum | Product):
            for step in self._collected[type(changed)]:
                if step.element != of:
                    changed = _collected(changed, step)
        return changed


def _opposite(expression: Expression) -> Expression:
    if isinstance(expression, Sum):
        return add(*map(negative, expression.terms))
    return negative(expression)


def _collected(expression: Expression, step: OwnStep) -> Expression:
    """Return a sum with some of its terms named as one, or a product with some of its factors."""
    if not isinstance(expression, Sum | Product) or type(expression) is not step.kind:
        return expression
    left = _without(parts(expression), step.inner)
    if left is None:
        return expression
    join = add if isinstance(expression, Sum) else multiply
    return join(*left, Reference(step.element))


def _without(inner: Sequence[Expression], some: Sequence[Hashable]) -> list[Expression] | None:
    """Return what is left without some; None if one of them is missing."""
    if len(some) > len(inner):
        return None
    left = [(formula_key(one), one) for one in inner]
    for key in some:
        at = next((at for at, (other, _) in enumerate(left) if other == key), None)
        if at is None:
            return None
        del left[at]
    return [one for _, one in left]
