"""Formulas as students write them, `1/2*(ŷ - y)^2` or `w1x1 + w2x2`, read with the names of an exercise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tiza.blackboard.expressions import (
    ONE,
    ZERO,
    Call,
    Element,
    Expression,
    Number,
    Reference,
    add,
    divide,
    multiply,
    negative,
    number,
    power,
)
from tiza.calculus.expression import CONSTANTS, FUNCTIONS, parse_expression
from tiza.errors import ExpressionError

LONGEST_FORMULA = 400
"""Characters of a formula on one line."""

ElementOf = Callable[[str], Element | None]
"""The quantity of a name; None if there is none."""


class FormulaError(ValueError):
    """Text that is no formula of known names."""


def _opposite_exponential(value: Expression) -> Expression:
    return Call("exp", (negative(value),))


def _power(base: Expression, exponent: Expression) -> Expression:
    euler = isinstance(base, Number) and base == number(CONSTANTS["e"])
    return Call("exp", (exponent,)) if euler else power(base, exponent)


def _function(name: str) -> Callable[..., Expression]:
    return lambda *values: Call(name, values)


_DIGITS = ".0123456789"
_HALF = number(0.5)
_ALGEBRA: Mapping[str, Callable[..., Expression]] = {
    **{name: _function(name) for name in FUNCTIONS.values()},
    "+": add,
    "-": lambda one, other: add(one, negative(other)),
    "*": multiply,
    "/": divide,
    "^": _power,
    "negative": negative,
    "sigmoid": lambda one: divide(ONE, add(ONE, _opposite_exponential(one))),
    "relu": lambda one: Call("max", (ZERO, one)),
    "softplus": lambda one: Call("log", (add(ONE, Call("exp", (one,))),)),
    "sinh": lambda one: multiply(_HALF, add(Call("exp", (one,)), negative(_opposite_exponential(one)))),
    "cosh": lambda one: multiply(_HALF, add(Call("exp", (one,)), _opposite_exponential(one))),
}
"""What each operation of a formula is among expressions."""


def function_of(name: str, value: Expression) -> Expression | None:
    """Return a function of a value, by the name that formulas call it by; None if there is none."""
    operation = FUNCTIONS.get(name)
    return None if operation is None else _ALGEBRA[operation](value)


@dataclass(frozen=True)
class Literal:
    """A number in a formula.

    Attributes:
        token: which token it is.
        value: the number.
        unit: one unit of its last place; 0 of a whole number, which is exact.
    """

    token: int
    value: float
    unit: float


@dataclass(frozen=True)
class WrittenFormula:
    """A formula as it was read.

    Attributes:
        tokens: the pieces of it; each quantity has a name of its own here.
        elements: the quantity by that name.
    """

    tokens: tuple[str, ...]
    elements: Mapping[str, Element]

    @cached_property
    def literals(self) -> tuple[Literal, ...]:
        """The numbers that it writes."""
        return tuple(
            Literal(at, float(one), _unit(one)) for at, one in enumerate(self.tokens) if one[0] in _DIGITS
        )

    def expression(self, moved: Mapping[int, float] | None = None) -> Expression:
        """Return it as an expression, some of its numbers moved.

        Raises:
            FormulaError: it is none.
        """
        pieces = [f"({moved[at]!r})" if moved and at in moved else one for at, one in enumerate(self.tokens)]
        try:
            parsed = parse_expression(" ".join(pieces))
            found: Expression | None = parsed.fold(_ALGEBRA, _References(self.elements), number)
        except (ExpressionError, KeyError, ArithmeticError):
            raise FormulaError from None
        assert found is not None
        return found


class _References(dict[str, Expression]):
    """The expression of each name."""

    def __init__(self, elements: Mapping[str, Element]) -> None:
        super().__init__({name: Reference(one) for name, one in elements.items()})


def _unit(literal: str) -> float:
    mantissa, _, exponent = literal.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if decimals else 0.0


_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "×": "*",
        "·": "*",
        "⋅": "*",
        "∙": "*",
        "÷": "/",
        "[": "(",
        "{": "(",
        "]": ")",
        "}": ")",
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NUMBER = re.compile(r"(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = r"[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹½¼][^\W⁰¹²³⁴⁵⁶⁷⁸⁹½¼]*(?:\.[^\W\d]\w*)*(?:\[[\d,\s]*\])?"
_NAME = re.compile(rf"[∂d]\s?{_WORD}\s?/\s?[∂d]\s?{_WORD}|{_WORD}['′’]?")
_SLOPE = re.compile(rf"[^\W\d]\w*\s*['′’]\s*\(\s*(?:{_WORD}|[-−–]?\s*[0-9.,]+)\s*\)")
_PIECES: Mapping[str, tuple[str, ...]] = {
    "½": ("(", "1", "/", "2", ")"),
    "¼": ("(", "1", "/", "4", ")"),
    "√": ("sqrt",),
}
_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], tuple[str, ...]]], ...] = (
    (_NUMBER, lambda text: (text.replace(",", "."),)),
    (re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+"), lambda text: ("^", text.translate(_SUPERSCRIPTS))),
    (re.compile(r"\*\*"), lambda text: ("^",)),
    (re.compile(r"[-−–+*×·⋅∙/÷^()\[\]{}]"), lambda text: (text.translate(_SIGNS),)),
)
"""What is read alike in every exercise."""


def read_formula(
    text: str,
    element_of: ElementOf,
    slope_of: ElementOf,
    odd_names: Mapping[str, Element],
    euler: bool = False,
) -> WrittenFormula:
    """Return a formula of known names.

    Args:
        text: the formula.
        element_of: the quantity of a name.
        slope_of: the derivative of a function at a quantity or a number, written `f'(z)`.
        odd_names: further names, those with brackets in them, such as `σ(x)`.
        euler: whether e is Euler's number even where it is the name of a quantity.

    Raises:
        FormulaError: it is none.
    """
    if len(text) > LONGEST_FORMULA:
        raise FormulaError
    return _Tokens(unicodedata.normalize("NFC", text), element_of, slope_of, odd_names, euler).read()


class _Tokens:
    def __init__(
        self, text: str, element_of: ElementOf, slope_of: ElementOf, odd: Mapping[str, Element], euler: bool
    ) -> None:
        self._text = text
        self._element_of = element_of
        self._slope_of = slope_of
        self._odd = sorted(odd.items(), key=lambda one: -len(one[0]))
        self._euler = euler
        self._tokens: list[str] = []
        self._elements: dict[str, Element] = {}

    def read(self) -> WrittenFormula:
        at = 0
        while at < len(self._text):
            if self._text[at].isspace():
                at += 1
                continue
            length, pieces = self._piece(at)
            for one in pieces:
                self._put(one)
            at += length
        if not self._tokens:
            raise FormulaError
        return WrittenFormula(tuple(self._tokens), self._elements)

    def _piece(self, at: int) -> tuple[int, tuple[str, ...]]:
        """Return how much of the text is read, and what it stands for."""
        text = self._text
        if text[at] in _PIECES:
            return 1, _PIECES[text[at]]
        for name, element in self._odd:
            if text.startswith(name, at):
                return len(name), (self._quantity(element),)
        for pattern, pieces in _PLAIN:
            if (match := pattern.match(text, at)) is not None:
                return len(match[0]), pieces(match[0])
        if (match := _SLOPE.match(text, at)) is not None:
            slope = self._slope_of(match[0])
            if slope is not None:
                return len(match[0]), (self._quantity(slope),)
        if (match := _NAME.match(text, at)) is not None:
            return len(match[0]), tuple(self._names(match[0], text[match.end() :].lstrip()[:1] == "("))
        raise FormulaError

    def _names(self, word: str, called: bool) -> Iterator[str]:
        """Yield what a word stands for: a function, a constant, or quantities that are multiplied."""
        if called and word in FUNCTIONS:
            yield FUNCTIONS[word]
            return
        element = None if self._euler and word == "e" else self._element_of(word)
        if element is not None:
            yield self._quantity(element)
        elif word in CONSTANTS:
            yield word
        else:
            yield from self._several(word)

    def _several(self, word: str) -> Iterator[str]:
        """Yield the quantities of names that stand side by side: w1x1."""
        while word:
            for length in range(len(word), 0, -1):
                element = self._element_of(word[:length])
                if element is not None:
                    break
            else:
                raise FormulaError
            yield self._quantity(element)
            word = word[length:]

    def _quantity(self, element: Element) -> str:
        name = f"q{len(self._elements)}"
        self._elements[name] = element
        return name

    def _put(self, token: str) -> None:
        """Add a token; what stands side by side is multiplied."""
        begins = token == "(" or token[0].isalnum() or token[0] in _DIGITS + "π"
        if self._tokens and begins:
            before = self._tokens[-1]
            numbers = before[0] in _DIGITS and token[0] in _DIGITS
            if numbers:
                raise FormulaError  # 12 000 is no product
            if (
                before == ")"
                or (before[0] in _DIGITS + "π")
                or (before[0].isalnum() and before not in FUNCTIONS)
            ):
                self._tokens.append("*")
        self._tokens.append(token)
