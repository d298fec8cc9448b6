"""Formulas in MathML, which browsers show without any program, and sentences in HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from tiza.blackboard.decimals import MINUS, number_text, padded_text
from tiza.blackboard.markup import BLANK
from tiza.blackboard.symbols import OF_A_UNIT, Symbol
from tiza.language import translate

_POWER = re.compile(r"(.*)·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")
_FUNCTIONS = {"log": "ln"}
_ACCENTS = {"\N{COMBINING CIRCUMFLEX ACCENT}": "^", "\N{COMBINING MACRON}": "¯", "\N{COMBINING TILDE}": "~"}
_TAG = re.compile(r"<(?P<end>/?)(?P<name>\w+)[^>]*>")
_INDEXED = re.compile(r"(.+\..)_([^._]+)")
"""A letter of a layer with an index of its own, such as `lstm.z_f`."""
_FORMULA = r"<math>(?:(?!</math>).)*</math>"
_CLOSED = re.compile(
    rf'<span class="closed">.*?</span>|(?P<open>[(\[]+{_FORMULA}[,.;:)\]]*|{_FORMULA}[,.;:)\]]+)', re.DOTALL
)
"""A formula with what stands before it and must not end a line, and behind it and must not begin one.

A part of a sentence may have been closed already.
"""
_SPACE = "&#8199;"
"""As wide as a digit."""
_BREAK = "<wbr>"
"""Where a line may be broken; between formulas there is nothing that a browser would break at."""


@dataclass(frozen=True)
class MathMl:
    """Formulas in MathML, sentences in HTML; everything that comes from outside is escaped.

    Attributes:
        decimal_sign: `.` or `,`.
        prefix: begins the names of the lines that numbers lead to.
    """

    decimal_sign: str = "."
    prefix: str = "line-"
    stacks = True

    def number(self, value: Decimal) -> str:
        """Return a number."""
        return self._written(number_text(value))

    def padded(self, value: Decimal) -> str:
        """Return a number with the zeros at its end."""
        return self._written(padded_text(value))

    def _written(self, plain: str) -> str:
        text = plain.replace(".", self.decimal_sign)
        if match := _POWER.fullmatch(text):
            power = f"<msup><mn>10</mn><mn>{match[2].translate(_PLAIN)}</mn></msup>"
            return f"<mrow><mn>{match[1]}</mn><mo>·</mo>{power}</mrow>"
        return f"<mn>{text}</mn>"

    def symbol(self, symbol: Symbol) -> str:
        """Return the name of a quantity."""
        base, index = _letter(symbol.base)
        about = (escape(symbol.about),) if symbol.about else ()
        below = ",".join((*index, *about, *map(escape, symbol.index)))
        above = _above(symbol)
        if symbol.mark:  # beside the letter, not above its index, where it would be too small to be seen
            base = f'<mrow>{base}<mo lspace="0" rspace="0">{escape(symbol.mark)}</mo></mrow>'
        own = _scripted(base, f"<mtext>{below}</mtext>" if below else "", above)
        if not symbol.over:
            return own
        return f"<mfrac><mrow><mo>∂</mo>{_letter(symbol.over)[0]}</mrow><mrow><mo>∂</mo>{own}</mrow></mfrac>"

    def word(self, text: str) -> str:
        """Return a word within a formula."""
        if text == BLANK:
            told = escape(translate("to be filled in"))
            return f'<mn><span class="blank" role="img" aria-label="{told}">{_SPACE * 4}</span></mn>'
        return f'<mi mathvariant="normal">{escape(text)}</mi>'

    def linked(self, formula: str, step: int) -> str:
        """Return a number that leads to the line where it is worked out."""
        link = rf'<mn><a href="#{self.prefix}{step}" title="[{step}]">\1</a></mn>'
        return re.sub(r"<mn>([^<]*)</mn>", link, formula, count=1)  # of a power of ten, what stands before it

    def operator(self, sign: str) -> str:
        """Return an operator."""
        return f"<mo>{escape(sign)}</mo>"

    def fenced(self, inner: str) -> str:
        """Return a formula in parentheses."""
        return f"<mrow>{_between('(', inner, ')')}</mrow>"

    def condition(self, inner: str) -> str:
        """Return a condition that counts 1 or 0."""
        return f"<mrow>{_between('[', inner, ']')}</mrow>"

    def quotient(self, over: str, under: str) -> str:
        """Return a quotient."""
        return f"<mfrac><mrow>{over}</mrow><mrow>{under}</mrow></mfrac>"

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        between = "<mo>;</mo>" if self.decimal_sign == "," else "<mo>,</mo>"
        inner = between.join(arguments)
        if function == "sqrt":
            return f"<msqrt><mrow>{inner}</mrow></msqrt>"
        if function == "abs":
            return f"<mrow>{_between('|', inner, '|')}</mrow>"
        if function == "norm":
            return f"<mrow>{_between('‖', inner, '‖')}</mrow>"
        name = f"<mi>{escape(_FUNCTIONS.get(function, function))}</mi>"
        return f"<mrow>{name}{_between('(', inner, ')')}</mrow>"

    def inline(self, formula: str) -> str:
        """Return a formula within a sentence."""
        opposite = formula.replace(f"</mo><mo>{MINUS}</mo>", f'</mo><mo form="prefix">{MINUS}</mo>')
        return f"<math><mrow>{opposite}</mrow></math>"

    def equation(self, sides: Sequence[str]) -> str:
        """Return an equation, which may be broken before a side, a term and what is subtracted."""
        return "\n".join(
            f'<span class="side">{_BREAK.join(map(self.inline, _terms(side)))}</span>' for side in sides
        )

    def sentence(self, template: str, **parts: str) -> str:
        """Return a sentence in the current language."""
        slots = {name: f"\x00{name}\x00" for name in parts}
        text = escape(translate(template, **slots), quote=False)
        for name, slot in slots.items():
            text = text.replace(slot, parts[name])
        return _CLOSED.sub(_closed, text)


def _closed(found: re.Match[str]) -> str:
    return f'<span class="closed">{found["open"]}</span>' if found["open"] else found[0]


def _above(symbol: Symbol) -> str:
    """Return what stands above a letter: the number of its layer, the step of a recurrence."""
    layer = f"({symbol.layer.replace('_', ', ')})" if symbol.layer else ""
    time = f"t={symbol.time}" if symbol.time else ""
    return f"<mtext>{escape(' '.join(filter(None, (layer, time))))}</mtext>" if layer or time else ""


def _between(opening: str, inner: str, closing: str) -> str:
    """Return a formula between fences, which are as high as it is."""
    high = "" if "<mfrac>" in inner or "<msqrt>" in inner else ' stretchy="false"'
    return f'<mo form="prefix"{high}>{opening}</mo>{inner}<mo form="postfix"{high}>{closing}</mo>'


def _scripted(base: str, below: str, above: str) -> str:
    if below and above:
        return f"<msubsup>{base}{below}{above}</msubsup>"
    if below:
        return f"<msub>{base}{below}</msub>"
    return f"<msup>{base}{above}</msup>" if above else base


_JOINING = ("<mo>+</mo>", f"<mo>{MINUS}</mo>")
_TIMES = "<mo>·</mo>"
_LONG = 30
"""Characters of a term that may be broken before its factors, too: about what a phone is wide."""


def _terms(formula: str) -> Iterator[str]:
    """Yield a formula in parts; all but the first begin with a sign between terms or long factors."""
    for term in _split(formula, _JOINING):
        yield from map(_spaced, _split(term, (_TIMES,)) if len(_TAG.sub("", term)) > _LONG else (term,))


def _split(formula: str, signs: tuple[str, ...]) -> Iterator[str]:
    """Yield a formula in parts; all but the first begin with one of the signs, between what it joins."""
    depth, start = 0, 0
    for tag in _TAG.finditer(formula):
        at = tag.start()
        if not depth and at and formula.startswith(signs, at) and not formula.endswith("</mo>", 0, at):
            yield formula[start:at]
            start = at
        depth += -1 if tag["end"] else 1
    yield formula[start:]


def _spaced(part: str) -> str:
    """Return a part whose sign has a space on both sides, as between two terms, though it stands first."""
    joined = part.startswith((*_JOINING, _TIMES))
    return f'<mo form="infix">{part.removeprefix("<mo>")}' if joined else part


def _letter(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a name as MathML and what of it is an index: `w1` is w with index 1, `net_h1` net with h1."""
    match = (
        re.fullmatch(r"(.)_?(\d+)", name)
        or re.fullmatch(r"(.)_([^._]+)", name)
        or re.fullmatch(OF_A_UNIT, name)
        or _INDEXED.fullmatch(name)
    )
    if match:
        return _identifier(match[1]), (escape(match[2]),)
    return _identifier(name), ()


def _identifier(name: str) -> str:
    """Return a letter, with its accent above it, or a word, upright.

    Example:
        >>> _identifier("w"), _identifier("dense")
        ('<mi>w</mi>', '<mi mathvariant="normal">dense</mi>')
    """
    if len(name) > 1:
        return f'<mi mathvariant="normal">{escape(name)}</mi>'
    letter, accent = (*unicodedata.normalize("NFD", name), "")[:2]
    if accent not in _ACCENTS:
        return f"<mi>{escape(name)}</mi>"
    above = f'<mo stretchy="false">{_ACCENTS[accent]}</mo>'
    return f'<mover accent="true"><mi>{escape(letter)}</mi>{above}</mover>'
