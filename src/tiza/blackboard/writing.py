"""Expressions in a format, with names or with numbers in place of their quantities.

Where parentheses are needed is decided here, once for every format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
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
from tiza.blackboard.markup import Markup


class Binding(IntEnum):
    """How tightly what stands around an expression binds."""

    NOTHING = 0
    SUM = 1
    PRODUCT = 2
    POWER = 3


@dataclass(frozen=True, slots=True)
class Leaf:
    """What stands for a quantity, and what decides whether it needs parentheses.

    Attributes:
        text: it in the format.
        negative: whether it begins with a minus.
        wide: whether it is a product with a power of ten.
        derivative: whether it is written as a quotient.
    """

    text: str
    negative: bool = False
    wide: bool = False
    derivative: bool = False


def number_leaf(value: Decimal, markup: Markup) -> Leaf:
    """Return a number that stands for a quantity."""
    plain = number_text(value)
    return Leaf(markup.number(value), plain.startswith(MINUS), "·" in plain)


def write(expression: Expression, leaf: Callable[[Reference | Rest | Truth], Leaf], markup: Markup) -> str:
    """Return an expression in a format.

    Args:
        expression: what to write.
        leaf: what a name, a condition or the rest of a sum is written as.
        markup: the format.

    Example:
        >>> from tiza.blackboard.expressions import Call, Number, Power, add, negative
        >>> from tiza.blackboard.markup import PlainText
        >>> from decimal import Decimal
        >>> two = Number(Decimal(2))
        >>> write(add(Power(two, two), negative(Call("log", (two,)))), lambda one: Leaf("x"), PlainText())
        '2² − ln(2)'
    """
    return _Writer(leaf, markup).text(expression, Binding.NOTHING, True)


class _Writer:
    def __init__(self, leaf: Callable[[Reference | Rest | Truth], Leaf], markup: Markup) -> None:
        self._leaf = leaf
        self._markup = markup

    def text(self, expression: Expression, around: Binding, first: bool) -> str:
        """Return the text, in parentheses where needed; a minus may stand bare only at the `first` place."""
        markup = self._markup
        match expression:
            case Number(value):
                return self._fenced_leaf(number_leaf(value, markup), around, first)
            case Reference() | Rest():
                return self._fenced_leaf(self._leaf(expression), around, first)
            case Truth():
                return self._leaf(expression).text
            case Call(function, arguments):
                return markup.call(function, [self.text(one, Binding.NOTHING, True) for one in arguments])
            case Negative(value):
                bare = first and around <= Binding.SUM
                return self._fenced(f"{self._minus()}{self._taken_away(value)}", not bare)
            case Sum(terms):
                inside = around > Binding.NOTHING
                return self._fenced(self._sum(terms, first or inside), inside)
            case Product(factors):
                fenced = around > Binding.PRODUCT
                start = first or fenced
                texts = [self.text(one, Binding.PRODUCT, start and not at) for at, one in enumerate(factors)]
                return self._fenced(markup.operator("·").join(texts), fenced)
            case Quotient(top, bottom):
                return self._quotient(top, bottom, around, first)
            case Power(base, exponent):
                fenced = around >= Binding.POWER
                inner = Binding.NOTHING if markup.stacks else Binding.POWER
                raised = self.text(exponent, inner, False)
                return self._fenced(markup.power(self.text(base, Binding.POWER, False), raised), fenced)
            case Relation(sign, sides):
                return self._relation(sign, sides)

    def _minus(self) -> str:
        return self._markup.operator(MINUS).strip()

    def _sum(self, terms: tuple[Expression, ...], first: bool) -> str:
        minus, plus = self._markup.operator(MINUS), self._markup.operator("+")
        text = self.text(terms[0], Binding.SUM, first)
        for term in terms[1:]:
            match term:
                case Negative(value):
                    text += minus + self._taken_away(value)
                case Number(value) if value < 0:
                    text += minus + self._markup.number(-value)
                case _:
                    text += plus + self.text(term, Binding.SUM, False)
        return text

    def _taken_away(self, value: Expression) -> str:
        """Return what stands after a minus."""
        around = Binding.PRODUCT if isinstance(value, Sum) else Binding.SUM
        return self.text(value, around, False)

    def _quotient(self, top: Expression, bottom: Expression, around: Binding, first: bool) -> str:
        if self._markup.stacks:
            parts = (self.text(one, Binding.NOTHING, True) for one in (top, bottom))
            return self._fenced(self._markup.quotient(*parts), around is Binding.POWER)
        fenced = around >= Binding.PRODUCT
        over = self.text(top, Binding.PRODUCT, first or fenced)
        return self._fenced(self._markup.quotient(over, self.text(bottom, Binding.POWER, False)), fenced)

    def _relation(self, sign: str, sides: tuple[Expression, ...]) -> str:
        texts = [self.text(one, Binding.NOTHING, True) for one in sides]
        if len(texts) == 1:
            return f"{self._markup.operator(sign).lstrip()}{self._markup.fenced(texts[0])}"
        return self._markup.operator(sign).join(texts)

    def _fenced(self, text: str, fenced: bool) -> str:
        return self._markup.fenced(text) if fenced else text

    def _fenced_leaf(self, leaf: Leaf, around: Binding, first: bool) -> str:
        """Return what stands for a quantity; where it could be misread it stands in parentheses."""
        if leaf.derivative:
            return self._fenced(leaf.text, around is Binding.POWER)
        misread = leaf.negative and not (first and around < Binding.POWER)
        return self._fenced(leaf.text, misread or (leaf.wide and around > Binding.SUM))
