"""The derivative of a formula by one of the quantities that it names, as a formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

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
)

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
