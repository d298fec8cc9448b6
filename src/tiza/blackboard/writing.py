"""Expressions as text, with names or with numbers in place of their quantities."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from tiza.blackboard.decimals import MINUS, number_text
from tiza.blackboard.expressions import (
    Call,
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

FUNCTION_NAMES = {"log": "ln", "sqrt": "√"}
"""How functions are written, where that is not their name in formulas."""
_RAISED = {"2": "²", "3": "³"}


class Binding(IntEnum):
    """How tightly what stands around an expression binds."""

    NOTHING = 0
    SUM = 1
    PRODUCT = 2
    POWER = 3


Leaf = Callable[[Reference | Rest | Truth], str]


def write(expression: Expression, leaf: Leaf) -> str:
    """Return an expression as text.

    Args:
        expression: what to write.
        leaf: the text of a name, a condition or the rest of a sum.

    Example:
        >>> from tiza.blackboard.expressions import Call, Number, Power, add, negative
        >>> from decimal import Decimal
        >>> two = Number(Decimal(2))
        >>> write(add(Power(two, two), negative(Call("log", (two,)))), str)
        '2² − ln(2)'
    """
    return _Writer(leaf).text(expression, Binding.NOTHING, True)


class _Writer:
    def __init__(self, leaf: Leaf) -> None:
        self._leaf = leaf

    def text(self, expression: Expression, around: Binding, first: bool) -> str:
        """Return the text, in parentheses where needed; a minus may stand bare only at the `first` place."""
        match expression:
            case Number(value):
                return _fenced_number(number_text(value), around, first)
            case Reference() | Rest():
                text = self._leaf(expression)
                if text.startswith("∂"):
                    return _fenced(text, around is Binding.POWER)
                return _fenced_number(text, around, first)
            case Truth():
                return self._leaf(expression)
            case Call(function, arguments):
                inner = ", ".join(self.text(one, Binding.NOTHING, True) for one in arguments)
                return f"{FUNCTION_NAMES.get(function, function)}({inner})"
            case Negative(value):
                bare = first and around <= Binding.SUM
                return _fenced(f"{MINUS}{self._taken_away(value)}", not bare)
            case Sum(terms):
                return _fenced(self._sum(terms, first or around > Binding.NOTHING), around > Binding.NOTHING)
            case Product(factors):
                fenced = around > Binding.PRODUCT
                start = first or fenced
                texts = [self.text(one, Binding.PRODUCT, start and not at) for at, one in enumerate(factors)]
                return _fenced("·".join(texts), fenced)
            case Quotient(top, bottom):
                fenced = around >= Binding.PRODUCT
                over = self.text(top, Binding.PRODUCT, first or fenced)
                return _fenced(f"{over}/{self.text(bottom, Binding.POWER, False)}", fenced)
            case Power(base, exponent):
                fenced = around >= Binding.POWER
                return _fenced(f"{self.text(base, Binding.POWER, False)}{self._exponent(exponent)}", fenced)
            case Relation(sign, sides):
                return self._relation(sign, sides)

    def _sum(self, terms: tuple[Expression, ...], first: bool) -> str:
        text = self.text(terms[0], Binding.SUM, first)
        for term in terms[1:]:
            match term:
                case Negative(value):
                    text += f" {MINUS} {self._taken_away(value)}"
                case Number(value) if value < 0:
                    text += f" {MINUS} {number_text(-value)}"
                case _:
                    text += f" + {self.text(term, Binding.SUM, False)}"
        return text

    def _taken_away(self, value: Expression) -> str:
        """Return what stands after a minus."""
        around = Binding.PRODUCT if isinstance(value, Sum) else Binding.SUM
        return self.text(value, around, False)

    def _exponent(self, exponent: Expression) -> str:
        text = self.text(exponent, Binding.POWER, False)
        return _RAISED.get(text, f"^{text}")

    def _relation(self, sign: str, sides: tuple[Expression, ...]) -> str:
        texts = [self.text(one, Binding.NOTHING, True) for one in sides]
        if len(texts) == 1:
            return f"{sign} ({texts[0]})"
        return f" {sign} ".join(texts)


def _fenced(text: str, fenced: bool) -> str:
    return f"({text})" if fenced else text


def _fenced_number(text: str, around: Binding, first: bool) -> str:
    """Return a printed number; where a minus or a power of ten could be misread it stands in parentheses."""
    powered = "·" in text and around > Binding.SUM
    return _fenced(text, powered or (text.startswith(MINUS) and not (first and around < Binding.POWER)))
