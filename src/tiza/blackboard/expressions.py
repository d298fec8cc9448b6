"""Formulas as trees, in the form that is written: nothing added that is 0, nothing multiplied that is 1.

Only what is exact is rewritten: constants are combined, equal terms counted, equal factors raised, a quotient
of quotients made one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from tiza.blackboard.decimals import CONTEXT, exact, significant
from tiza.graph.node import Node

CONSTANT_DIGITS = 12
"""Digits of a constant of the graph: 0.1 may be stored as 0.09999999999999998."""


@dataclass(frozen=True, slots=True)
class Element:
    """One number of a graph: a node and an index into its value."""

    node: Node
    index: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Reference:
    """A quantity that has a line of its own, or is given."""

    element: Element


@dataclass(frozen=True, slots=True)
class Truth:
    """1 where a condition holds, else 0."""

    condition: Expression
    holds: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """The terms of a long sum that are not written."""

    count: int


@dataclass(frozen=True, slots=True)
class Negative:
    """The opposite of an expression."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms, added."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors, multiplied; a number stands first."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """One expression divided by another."""

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True, slots=True)
class Power:
    """A base raised."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function, by its name in formulas, of expressions."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A condition: two expressions compared, or conditions joined."""

    sign: str
    sides: tuple[Expression, ...]


Expression: TypeAlias = (
    Number | Reference | Truth | Rest | Negative | Sum | Product | Quotient | Power | Call | Relation
)

ZERO = Number(Decimal(0))
ONE = Number(Decimal(1))


def number(value: float) -> Number:
    """Return a constant of the graph."""
    return Number(significant(exact(value), CONSTANT_DIGITS).normalize(CONTEXT))


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression is made of."""
    match expression:
        case Negative(value):
            return (value,)
        case Sum(inner) | Product(inner) | Call(_, inner) | Relation(_, inner):
            return inner
        case Quotient(first, second) | Power(first, second):
            return (first, second)
        case Truth(condition, _):
            return (condition,)
    return ()


def with_parts(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return an expression of the same kind, each of its parts changed."""
    match expression:
        case Negative(value):
            return Negative(change(value))
        case Sum(terms):
            return Sum(tuple(map(change, terms)))
        case Product(factors):
            return Product(tuple(map(change, factors)))
        case Quotient(top, bottom):
            return Quotient(change(top), change(bottom))
        case Power(base, exponent):
            return Power(change(base), change(exponent))
        case Call(function, arguments):
            return Call(function, tuple(map(change, arguments)))
        case Relation(sign, sides):
            return Relation(sign, tuple(map(change, sides)))
        case Truth(condition, holds):
            return Truth(change(condition), holds)
    return expression


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything in it, in the order of writing."""
    stack = [expression]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(parts(current)))


def references(expression: Expression) -> list[Element]:
    """Return the quantities that an expression names, each once, in the order of writing."""
    return list(dict.fromkeys(one.element for one in walk(expression) if isinstance(one, Reference)))


def size(expression: Expression) -> int:
    """Return how many numbers and names an expression writes."""
    return sum(not parts(one) for one in walk(expression))


def negative(value: Expression) -> Expression:
    """Return the opposite.

    Example:
        >>> negative(negative(ONE))
        Number(value=Decimal('1'))
    """
    match value:
        case Number(amount):
            return Number(-amount if amount else amount)
        case Negative(inner):
            return inner
    return Negative(value)


def add(*terms: Expression) -> Expression:
    """Return the sum: nested sums are joined, constants combined, equal terms counted, opposite ones dropped.

    Example:
        >>> add(ONE, ONE, ZERO)
        Number(value=Decimal('2'))
    """
    counted: dict[Expression, Decimal] = {}
    constant = Decimal(0)
    left_out = 0
    for term in _joined(terms):
        amount, core = _with_coefficient(term)
        if isinstance(core, Rest):
            left_out += core.count
        elif core == ONE:
            constant = CONTEXT.add(constant, amount)
        else:
            counted[core] = CONTEXT.add(counted.get(core, Decimal(0)), amount)
    made = [_scaled(amount, core) for core, amount in counted.items() if amount]
    if constant:
        made.insert(_place_of_constant(terms), Number(constant.normalize(CONTEXT)))
    if left_out:
        made.append(Rest(left_out))
    return made[0] if len(made) == 1 else Sum(tuple(made)) if made else ZERO


def _place_of_constant(terms: tuple[Expression, ...]) -> int:
    """Return 0 where a constant stands first, as in 1 - x, else the end."""
    return 0 if terms and isinstance(terms[0], Number) and terms[0].value else len(terms) + 10**6


def _joined(terms: tuple[Expression, ...]) -> Iterator[Expression]:
    for term in terms:
        match term:
            case Sum(inner):
                yield from inner
            case Negative(Sum(inner)):
                yield from (negative(one) for one in inner)
            case _:
                yield term


def _with_coefficient(term: Expression) -> tuple[Decimal, Expression]:
    """Return a term as a number times the rest of it."""
    match term:
        case Number(value):
            return value, ONE
        case Negative(value):
            amount, core = _with_coefficient(value)
            return -amount, core
        case Product((Number(value), *others)):
            return value, others[0] if len(others) == 1 else Product(tuple(others))
        case Quotient(top, bottom):
            amount, core = _with_coefficient(top)
            return amount, Quotient(core, bottom)
    return Decimal(1), term


def _scaled(amount: Decimal, core: Expression) -> Expression:
    if amount < 0:
        return negative(_scaled(-amount, core))
    if amount == 1:
        return core
    if isinstance(core, Quotient):
        return divide(multiply(Number(amount), core.numerator), core.denominator)
    return multiply(Number(amount), core)


def multiply(*factors: Expression) -> Expression:
    """Return the product: numbers first and combined, equal factors raised, signs and divisors taken out.

    A root times itself is what stands under it.

    Example:
        >>> multiply(Number(Decimal(2)), Number(Decimal("0.5")))
        Number(value=Decimal('1'))
    """
    constant, others, divisors = _taken_apart(factors)
    if not constant:
        return ZERO
    raised = _raised(others)
    plain = [_without_root(one) for one in raised]
    if plain != raised:
        return multiply(Number(constant), *plain, *(divide(ONE, one) for one in divisors))
    top = _with_sign(constant, raised)
    return divide(top, multiply(*divisors)) if divisors else top


def _taken_apart(factors: tuple[Expression, ...]) -> tuple[Decimal, list[Expression], list[Expression]]:
    """Return the product of the constants, the other factors, and what they are divided by."""
    constant = Decimal(1)
    others: list[Expression] = []
    divisors: list[Expression] = []
    stack = list(reversed(factors))
    while stack:
        factor = stack.pop()
        match factor:
            case Number(value):
                constant = CONTEXT.multiply(constant, value)
            case Negative(value):
                constant = -constant
                stack.append(value)
            case Product(inner):
                stack.extend(reversed(inner))
            case Quotient(top, bottom):
                stack.append(top)
                divisors.append(bottom)
            case _:
                others.append(factor)
    return constant.normalize(CONTEXT), others, divisors


def _raised(factors: list[Expression]) -> list[Expression]:
    """Return factors with equal ones written as one power, where the first stood."""
    counts: dict[Expression, int] = {}
    for factor in factors:
        base, times = (factor, 1)
        if (
            isinstance(factor, Power)
            and isinstance(factor.exponent, Number)
            and factor.exponent.value in (2, 3)
        ):
            base, times = factor.base, int(factor.exponent.value)
        counts[base] = counts.get(base, 0) + times
    return [base if times == 1 else Power(base, Number(Decimal(times))) for base, times in counts.items()]


def _without_root(factor: Expression) -> Expression:
    """Return what stands under a root that is squared; anything else as it is."""
    match factor:
        case Power(Call("sqrt", (inner,)), Number(exponent)) if exponent == 2:
            return inner
    return factor


def _with_sign(constant: Decimal, others: list[Expression]) -> Expression:
    if not others:
        return Number(constant)
    if constant < 0:
        return Negative(_with_sign(-constant, others))
    both = others if constant == 1 else [Number(constant), *others]
    return both[0] if len(both) == 1 else Product(tuple(both))


def divide(numerator: Expression, denominator: Expression) -> Expression:
    """Return the quotient; one of numbers is worked out where that is exact in a few digits.

    Example:
        >>> divide(ONE, Number(Decimal(4))), divide(ONE, Number(Decimal(3)))
        (Number(value=Decimal('0.25')), Quotient(numerator=Number(value=Decimal('1')), denominator=...))
    """
    match numerator, denominator:
        case _, Number(value) if value == 1:
            return numerator
        case Number(top), Number(bottom) if bottom:
            short = significant(CONTEXT.divide(top, bottom), CONSTANT_DIGITS)
            if CONTEXT.multiply(short, bottom) == top:
                return Number(short.normalize(CONTEXT))
        case Number(top), _ if not top:
            return ZERO
        case Number(top), _ if top < 0:
            return negative(divide(Number(-top), denominator))
        case Quotient(top, bottom), _:
            return divide(top, multiply(bottom, denominator))
        case _, Quotient(top, bottom):
            return divide(multiply(numerator, bottom), top)
        case _, Negative(value):
            return divide(negative(numerator), value)
        case Negative(value), _:
            return negative(divide(value, denominator))
    return Quotient(numerator, denominator)


_OF_SEVERAL = ("max", "min")
_KNOWN: dict[tuple[str, Expression], Expression] = {("exp", ZERO): ONE, ("log", ONE): ZERO}


def call(function: str, *arguments: Expression) -> Expression:
    """Return a function of its arguments; exp(0) and the logarithm of 1 are worked out.

    The largest of the largest of some numbers and others is the largest of them all.

    Example:
        >>> call("exp", add(ONE, negative(ONE)))
        Number(value=Decimal('1'))
        >>> len(call("max", call("max", ONE, ZERO), ONE).arguments)
        3
    """
    if function in _OF_SEVERAL:
        return Call(function, tuple(part for one in arguments for part in _parts_of(function, one)))
    known = _KNOWN.get((function, arguments[0])) if len(arguments) == 1 else None
    return Call(function, arguments) if known is None else known


def _parts_of(function: str, argument: Expression) -> tuple[Expression, ...]:
    match argument:
        case Call(inner, parts) if inner == function:
            return parts
    return (argument,)


def power(base: Expression, exponent: Expression) -> Expression:
    """Return a power; an exponent of 1 is not written, and a root squared is what stands under it.

    Example:
        >>> power(call("sqrt", Number(Decimal(3))), Number(Decimal(2)))
        Number(value=Decimal('3'))
    """
    return base if exponent == ONE else _without_root(Power(base, exponent))
