"""Formulas in float64, from whatever numbers they are given; what has no value is NaN, never an exception."""

from __future__ import annotations

import math
from collections.abc import Callable

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
    Relation,
    Rest,
    Sum,
    Truth,
)

ValueOf = Callable[[Element], float]

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "arctan": math.atan,
    "cos": math.cos,
    "erf": math.erf,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "max": max,
    "min": min,
    "sign": lambda value: float((value > 0) - (value < 0)),
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}


def value_of_expression(expression: Expression, value_of: ValueOf) -> float:
    """Return the value of an expression.

    Args:
        expression: a formula.
        value_of: the value of a quantity that it names.

    Example:
        >>> from tiza.blackboard.expressions import ONE, ZERO
        >>> value_of_expression(Call("exp", (ONE,)), lambda element: 0.0)
        2.718281828459045
        >>> value_of_expression(Quotient(ONE, ZERO), lambda element: 0.0)
        nan
    """
    try:
        value = _value(expression, value_of)
        return float(value)
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


def _value(expression: Expression, value_of: ValueOf) -> float:
    match expression:
        case Reference(element):
            return value_of(element)
        case Number(amount):
            return float(amount)
        case Product(factors):
            product = 1.0
            for one in factors:
                product *= _value(one, value_of)
            return product
        case Sum(terms):
            return math.fsum(_value(one, value_of) for one in terms)
        case Negative(inner):
            return -_value(inner, value_of)
        case Quotient(top, bottom):
            return _value(top, value_of) / _value(bottom, value_of)
        case Power(base, exponent):
            return float(_value(base, value_of) ** _value(exponent, value_of))
        case Call(function, arguments):
            return float(_FUNCTIONS[function](*(_value(one, value_of) for one in arguments)))
        case Truth(condition, _):
            return float(_holds(condition, value_of))
        case Rest() | Relation():
            return math.nan


def _holds(condition: Expression, value_of: ValueOf) -> bool:
    match condition:
        case Relation("and", sides):
            return all(_holds(one, value_of) for one in sides)
        case Relation("or", sides):
            return any(_holds(one, value_of) for one in sides)
        case Relation("not", (inner,)):
            return not _holds(inner, value_of)
        case Relation(sign, (left, right)):
            first, second = _value(left, value_of), _value(right, value_of)
            return {"=": first == second, "<": first < second, "≤": first <= second, "≠": first != second}[
                sign
            ]
        case Truth(inner, _):
            return _holds(inner, value_of)
    return bool(_value(condition, value_of))
