"""The derivative of a formula by one of the quantities that it names, as a formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tiza.blackboard.expressions import (
    ONE,
    ZERO,
    Call,
    Element,
    Expression,
    Negative,
    Number,
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
    number,
    power,
    size,
)
from tiza.graph.node import input_node
from tiza.graph.tensor_type import tensor_type
from tiza.sheets.formula_reading import function_of
from tiza.sheets.rewriting import with_references

_TWO = number(2)


class NoDerivativeError(ValueError):
    """A formula whose derivative is not known."""


def partial(expression: Expression, by: Element) -> Expression:
    """Return the derivative of a formula by a quantity, all others held.

    Raises:
        NoDerivativeError: it has a part whose derivative is not known.
    """
    match expression:
        case Number() | Truth():
            return ZERO
        case Reference(element):
            return ONE if element == by else ZERO
        case Negative(inner):
            return negative(partial(inner, by))
        case Sum(terms):
            return add(*(partial(one, by) for one in terms))
        case Product(factors):
            return add(
                *(
                    multiply(*factors[:at], partial(one, by), *factors[at + 1 :])
                    for at, one in enumerate(factors)
                )
            )
        case Quotient(top, bottom):
            slope = partial(bottom, by)
            if slope == ZERO:
                return divide(partial(top, by), bottom)
            change = add(multiply(partial(top, by), bottom), negative(multiply(top, slope)))
            return divide(change, power(bottom, _TWO))
        case Power(base, Number(exponent)):
            slope = partial(base, by)
            return multiply(Number(exponent), power(base, Number(exponent - 1)), slope)
        case Call(function, (inner,)) if function in _SLOPES:
            return multiply(_SLOPES[function](inner), partial(inner, by))
        case Call("max", (Number(low), inner)) if not low:
            return multiply(Truth(Relation("<", (ZERO, inner)), True), partial(inner, by))
    raise NoDerivativeError


_SLOPES: Mapping[str, Callable[[Expression], Expression]] = {
    "exp": lambda one: Call("exp", (one,)),
    "log": lambda one: divide(ONE, one),
    "log10": lambda one: divide(number(1 / math.log(10)), one),
    "tanh": lambda one: add(ONE, negative(power(Call("tanh", (one,)), _TWO))),
    "sin": lambda one: Call("cos", (one,)),
    "cos": lambda one: negative(Call("sin", (one,))),
    "arctan": lambda one: divide(ONE, add(ONE, power(one, _TWO))),
    "sqrt": lambda one: divide(ONE, multiply(_TWO, Call("sqrt", (one,)))),
}


def slope_of(element: Element, definition: Expression, by: Element) -> Expression:
    """Return the derivative of a quantity by one that its formula names, as it is written by hand.

    That is with the quantity itself: a·(1 − a) for the logistic function, 1 − a² for tanh.

    Raises:
        NoDerivativeError: it is not known.
    """
    own = Reference(element)
    match definition:
        case Call("tanh", (inner,)):
            return multiply(add(ONE, negative(power(own, _TWO))), partial(inner, by))
        case Call("exp", (inner,)):
            return multiply(own, partial(inner, by))
        case Quotient(Number() as one, Sum((Number() as first, Call("exp", (inner,))))) if (
            one == first == ONE
        ):
            return multiply(own, add(ONE, negative(own)), negative(partial(inner, by)))
    return partial(definition, by)


MOST_STEPS_OF_A_CHAIN = 60
"""Quantities on the ways from one to another; through more, nobody derives by hand."""
LONGEST_DERIVATIVE = 60
"""Numbers and names in a derivative."""


def chained(
    top: Element,
    by: Element,
    references_of: Callable[[Element], Sequence[Element]],
    derivative: Callable[[Element, Element], Expression | None],
) -> Expression | None:
    """Return the derivative of a quantity by one further back: the products along each way, added.

    Args:
        top: the quantity.
        by: what it is derived by.
        references_of: what the formula of a quantity names.
        derivative: of a quantity by one that its formula names.

    Returns:
        None where no way leads from one to the other, or too many do.

    Raises:
        NoDerivativeError: one on the way has no derivative that is known.
    """
    between = _between(top, by, references_of)
    if between is None:
        return None
    found: dict[Element, Expression] = {by: ONE}
    for one in between:
        ways = [
            multiply(slope, found[other])
            for other in dict.fromkeys(references_of(one))
            if other in found and (slope := derivative(one, other)) is not None
        ]
        if ways:
            found[one] = add(*ways)
            if size(found[one]) > LONGEST_DERIVATIVE:
                return None
    return found.get(top)


def _between(
    top: Element, by: Element, references_of: Callable[[Element], Sequence[Element]]
) -> list[Element] | None:
    """Return what `top` is computed from down to `by`, each after what it uses; None if that is too much."""
    ordered: dict[Element, None] = {}
    seen: set[Element] = set()
    stack = [(top, False)]
    while stack:
        one, ready = stack.pop()
        if ready:
            ordered[one] = None
        elif one not in seen and one != by:
            seen.add(one)
            if len(seen) > MOST_STEPS_OF_A_CHAIN:
                return None
            stack.append((one, True))
            stack.extend((other, False) for other in references_of(one))
    return list(ordered)


def slope_at(function: str, at: float) -> Expression | None:
    """Return the derivative of a function at a number; None if it has no name that is known.

    Example:
        >>> slope_at("exp", 2.0)
        Call(function='exp', arguments=(Number(value=Decimal('2')),))
    """
    z, a = (Element(input_node(name, tensor_type(0.0)), ()) for name in ("z", "a"))
    definition = function_of(function, Reference(z))
    if definition is None:
        return None
    inside = number(at)
    outside = function_of(function, inside)
    assert outside is not None
    try:
        return with_references(slope_of(a, definition, z), {z: inside, a: outside}.__getitem__)
    except NoDerivativeError:
        return None
