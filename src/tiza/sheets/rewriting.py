"""Formulas with one thing changed: at one place at a time, or everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tiza.blackboard.expressions import (
    ONE,
    Call,
    Element,
    Expression,
    Negative,
    Power,
    Product,
    Quotient,
    Reference,
    Relation,
    Sum,
    Truth,
    add,
    divide,
    multiply,
    negative,
    parts,
    power,
)

Rule = Callable[[Expression], Iterable[Expression]]


def with_parts(expression: Expression, inner: tuple[Expression, ...]) -> Expression:
    """Return an expression of the same kind, made of other parts."""
    match expression:
        case Negative():
            return negative(inner[0])
        case Sum():
            return add(*inner)
        case Product():
            return multiply(*inner)
        case Quotient():
            return divide(*inner)
        case Power():
            return power(*inner)
        case Call(function, _):
            return Call(function, inner)
        case Relation(sign, _):
            return Relation(sign, inner)
        case Truth(_, holds):
            return Truth(inner[0], holds)
    return expression


def rewritten(expression: Expression, rule: Rule) -> Iterator[Expression]:
    """Yield the expression with one part replaced, for each replacement of each part that the rule gives."""
    yield from rule(expression)
    inner = parts(expression)
    for at, part in enumerate(inner):
        for other in rewritten(part, rule):
            yield with_parts(expression, (*inner[:at], other, *inner[at + 1 :]))


def rewritten_everywhere(expression: Expression, rule: Rule) -> Expression:
    """Return the expression with every part replaced by the first that the rule gives for it."""
    inner = parts(expression)
    renewed = tuple(rewritten_everywhere(one, rule) for one in inner)
    whole = with_parts(expression, renewed) if renewed != inner else expression
    return next(iter(rule(whole)), whole)


def with_references(expression: Expression, change: Callable[[Element], Expression]) -> Expression:
    """Return the expression with other formulas for the quantities that it names."""
    if isinstance(expression, Reference):
        return change(expression.element)
    inner = parts(expression)
    renewed = tuple(with_references(one, change) for one in inner)
    return with_parts(expression, renewed) if renewed != inner else expression


def factors(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression multiplies; a divisor is a quotient of 1."""
    match expression:
        case Product(inner):
            return inner
        case Negative(inner):
            return (negative(ONE), *factors(inner))
        case Quotient(top, bottom):
            return (*factors(top), *(Quotient(ONE, one) for one in factors(bottom)))
    return (expression,)


def terms(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression adds up."""
    return expression.terms if isinstance(expression, Sum) else (expression,)
