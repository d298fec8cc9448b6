"""The formulas that primitives state, read: as expressions to be written, and as decimal arithmetic."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, getcontext, localcontext
from functools import cache

from tiza.blackboard.decimals import CONTEXT, exact, significant
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
    add,
    call,
    divide,
    multiply,
    negative,
    power,
)

OPERANDS = "xyzw"
Operand = Callable[[int, bool], Expression]
"""`(position, additive)` -> the expression of an operand; additive where it is a term of the line's sum."""


@cache
def parsed(formula: str) -> ast.expr:
    """Return a formula such as `x * y` as a syntax tree."""
    return ast.parse(formula, mode="eval").body


@cache
def is_choice(formula: str) -> bool:
    """Return whether a formula takes one of two branches."""
    return isinstance(parsed(formula), ast.IfExp)


@cache
def is_readable(formula: str) -> bool:
    """Return whether everything in a formula can be worked out in decimal arithmetic."""
    if not formula:
        return True
    called = [one.func for one in ast.walk(parsed(formula)) if isinstance(one, ast.Call)]
    bits = (ast.LShift, ast.RShift, ast.BitXor)
    return all(isinstance(one, ast.Name) and one.id in FUNCTIONS for one in called) and not any(
        isinstance(one, bits) for one in ast.walk(parsed(formula))
    )


def expression_of(formula: str, operand: Operand, additive: bool = False) -> Expression:
    """Return a formula with expressions in place of its operands.

    Example:
        >>> expression_of("x * x", lambda position, additive: Number(Decimal(3)))
        Number(value=Decimal('9'))
    """
    return _expression(parsed(formula), operand, additive)


def _expression(tree: ast.expr, operand: Operand, additive: bool) -> Expression:
    match tree:
        case ast.Name(id=name):
            return operand(OPERANDS.index(name), additive)
        case ast.Constant(value=value):
            return Number(Decimal(str(value)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return add(_expression(left, operand, additive), _expression(right, operand, additive))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return add(_expression(left, operand, additive), negative(_expression(right, operand, False)))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return negative(_expression(inner, operand, False))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return call(name, *(_expression(one, operand, False) for one in arguments))
        case ast.BinOp(left=left, op=sign, right=right):
            both = (_expression(left, operand, False), _expression(right, operand, False))
            return _JOINED[type(sign)](*both)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return Relation(
                _RELATIONS[type(sign)], tuple(_expression(one, operand, False) for one in (left, right))
            )
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return Relation("not", (_expression(inner, operand, False),))
    raise ValueError(f"formula: {ast.unparse(tree)!r} is written in a way that the blackboard does not read.")


_JOINED: dict[type[ast.operator], Callable[[Expression, Expression], Expression]] = {
    ast.Mult: multiply,
    ast.Div: divide,
    ast.Pow: power,
    ast.BitAnd: lambda left, right: Relation("and", (left, right)),
    ast.BitOr: lambda left, right: Relation("or", (left, right)),
    ast.BitXor: lambda left, right: Relation("≠", (left, right)),
}
_RELATIONS: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.Lt: "<", ast.LtE: "≤"}


def _from_float(function: Callable[[float], float]) -> Callable[[Decimal], Decimal]:
    def rounded(value: Decimal) -> Decimal:
        _is_inexact(bool(value))
        return exact(function(float(value)))

    return rounded


def _is_inexact(inexact: bool) -> None:
    """Tell the arithmetic that a value is not exact, where it cannot know."""
    if inexact:
        getcontext().flags[Inexact] = True


_FAR = Decimal(10**6)
"""Beyond this, exp is 0 or infinite for any reader."""


def _exp(value: Decimal) -> Decimal:
    if abs(value) < _FAR:
        return value.exp()
    _is_inexact(True)
    return Decimal("Infinity") if value > 0 else Decimal(0)


def _tanh(value: Decimal) -> Decimal:
    squared = _exp(-2 * abs(value))
    return ((1 - squared) / (1 + squared)).copy_sign(value)


def _sign(value: Decimal) -> Decimal:
    return Decimal((value > 0) - (value < 0))


FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "abs": lambda value: value.copy_abs(),
    "arctan": _from_float(math.atan),
    "cos": _from_float(math.cos),
    "erf": _from_float(math.erf),
    "exp": _exp,
    "floor": lambda value: Decimal(math.floor(value)),
    "log": lambda value: value.ln(),
    "max": max,
    "min": min,
    "sign": _sign,
    "sin": _from_float(math.sin),
    "sqrt": lambda value: value.sqrt(),
    "tanh": _tanh,
}
"""Every function that a primitive's formula may name, in decimal arithmetic."""


def worked_out(
    expression: Expression, value_of: Callable[[Element], Decimal], arithmetic: Context = CONTEXT
) -> tuple[Decimal, bool]:
    """Return the value of an expression from those of the quantities it names, and whether it is exact.

    Example:
        >>> worked_out(divide(Number(Decimal(1)), Number(Decimal(8))), lambda element: Decimal(0))
        (Decimal('0.125'), True)
    """
    with localcontext(arithmetic) as context:
        context.clear_flags()
        value = _value(expression, value_of)
        if context.flags[Inexact] and _is_rational(expression):
            return _shortest(value)
        return value, not context.flags[Inexact]


_RATIONAL = {"abs", "floor", "max", "min", "sign"}
_SHORT = 40
"""Digits of a result that is taken for exact where only quotients on the way to it were not."""


def _is_rational(expression: Expression) -> bool:
    """Return whether an expression is made of sums, products and quotients alone."""
    match expression:
        case Number() | Reference() | Truth():
            return True
        case Negative(inner):
            return _is_rational(inner)
        case Sum(parts) | Product(parts):
            return all(map(_is_rational, parts))
        case Quotient(top, bottom):
            return _is_rational(top) and _is_rational(bottom)
        case Power(base, Number(exponent)):
            return _is_rational(base) and exponent == exponent.to_integral_value()
        case Power(base, Call("floor", (inner,))):
            return _is_rational(base) and _is_rational(inner)
        case Call(function, arguments):
            return function in _RATIONAL and all(map(_is_rational, arguments))
    return False


def _shortest(value: Decimal) -> tuple[Decimal, bool]:
    """Return a rational value, and whether it is a short decimal: thirds that add up to one do so exactly."""
    if not value.is_finite():
        return value, False
    short = significant(value, _SHORT)
    missed = abs(value - short)
    exactly = missed <= abs(value).scaleb(-2 * _SHORT + 10)
    return (short.normalize(CONTEXT), True) if exactly else (value, False)


def _value(expression: Expression, value_of: Callable[[Element], Decimal]) -> Decimal:
    def value(one: Expression) -> Decimal:
        return _value(one, value_of)

    match expression:
        case Number(amount):
            return amount
        case Reference(element):
            return value_of(element)
        case Truth(_, holds):
            return Decimal(int(holds))
        case Negative(inner):
            return -value(inner)
        case Sum(terms):
            return sum(map(value, terms), Decimal(0))
        case Product(factors):
            return math.prod(map(value, factors), start=Decimal(1))
        case Quotient(top, bottom):
            return value(top) / value(bottom)
        case Power(base, exponent):
            return _raised(value(base), value(exponent))
        case Call(function, arguments):
            return FUNCTIONS[function](*map(value, arguments))
        case Rest() | Relation():
            raise ValueError(f"{expression!r} has no value of its own.")


def _raised(base: Decimal, exponent: Decimal) -> Decimal:
    return base**exponent if exponent else Decimal(1)
