"""What a format has to know of formulas and sentences, and the first format: plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tiza.blackboard.decimals import number_text, padded_text
from tiza.blackboard.symbols import Symbol
from tiza.language import translate

_RAISED = {"2": "²", "3": "³"}
FUNCTION_NAMES = {"log": "ln", "sqrt": "√"}
"""How functions are written, where that is not their name in formulas."""
BLANK = "____"
"""Stands for a number that is to be filled in."""


class Markup(Protocol):
    """How a format writes what formulas and sentences are made of; everything is text in the end."""

    @property
    def stacks(self) -> bool:
        """Whether quotients stand over one another, so that they need no parentheses."""

    def number(self, value: Decimal) -> str:
        """Return a number."""

    def padded(self, value: Decimal) -> str:
        """Return a number with the zeros at its end."""

    def symbol(self, symbol: Symbol) -> str:
        """Return the name of a quantity."""

    def word(self, text: str) -> str:
        """Return a word within a formula."""

    def linked(self, formula: str, step: int) -> str:
        """Return a formula that leads to the line of its quantity."""

    def operator(self, sign: str) -> str:
        """Return what stands between two terms, factors or sides."""

    def fenced(self, inner: str) -> str:
        """Return a formula in parentheses."""

    def condition(self, inner: str) -> str:
        """Return a condition that counts 1 or 0."""

    def quotient(self, over: str, under: str) -> str:
        """Return a quotient."""

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""

    def inline(self, formula: str) -> str:
        """Return a formula within a sentence."""

    def equation(self, sides: Sequence[str]) -> str:
        """Return an equation within a sentence; each side but the first has its sign before it."""

    def sentence(self, template: str, **parts: str) -> str:
        """Return a sentence in the current language, its parts already in this format."""


@dataclass(frozen=True)
class PlainText:
    """Text for a terminal: `0.1·2 + 3²`.

    Attributes:
        decimal_sign: `.` or `,`.
    """

    decimal_sign: str = "."
    stacks = False

    def number(self, value: Decimal) -> str:
        """Return a number."""
        return number_text(value).replace(".", self.decimal_sign)

    def padded(self, value: Decimal) -> str:
        """Return a number with the zeros at its end."""
        return padded_text(value).replace(".", self.decimal_sign)

    def symbol(self, symbol: Symbol) -> str:
        """Return the name of a quantity."""
        return str(symbol)

    def word(self, text: str) -> str:
        """Return a word within a formula."""
        return text

    def linked(self, formula: str, step: int) -> str:
        """Return the formula: text has no links."""
        return formula

    def operator(self, sign: str) -> str:
        """Return an operator, between spaces but for products."""
        return sign if sign == "·" else f" {sign} "

    def fenced(self, inner: str) -> str:
        """Return a formula in parentheses."""
        return f"({inner})"

    def condition(self, inner: str) -> str:
        """Return a condition that counts 1 or 0."""
        return f"[{inner}]"

    def quotient(self, over: str, under: str) -> str:
        """Return a quotient on one line."""
        return f"{over}/{under}"

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        return f"{base}{_RAISED.get(exponent, f'^{exponent}')}"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        if function == "norm":
            return f"‖{arguments[0]}‖"
        between = "; " if self.decimal_sign == "," else ", "
        return f"{FUNCTION_NAMES.get(function, function)}({between.join(arguments)})"

    def inline(self, formula: str) -> str:
        """Return the formula."""
        return formula

    def equation(self, sides: Sequence[str]) -> str:
        """Return the sides, one after another."""
        return "".join(sides)

    def sentence(self, template: str, **parts: str) -> str:
        """Return a sentence in the current language."""
        return translate(template, **parts)
