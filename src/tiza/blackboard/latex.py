r"""Formulas in LaTeX, for Markdown: `\frac{\partial L}{\partial w _{1}}`.

Some readers of Markdown, GitHub among them, take what stands between dollars for text first and for a formula
afterwards. So there is nothing in it that text could mean: no backslash before a sign, and no underscore that
could end emphasis, which is why a space stands before each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tiza.blackboard.decimals import MINUS, number_text, padded_text
from tiza.blackboard.markup import BLANK
from tiza.blackboard.symbols import OF_A_UNIT, Symbol
from tiza.language import translate

_SIGNS = {"·": r" \cdot ", MINUS: " - ", "≈": r" \approx ", "≤": r" \le ", "≠": r" \ne ", "<": r" \lt "}
_WORDS = {"and": r" \text{ and } ", "or": r" \text{ or } ", "not": r"\text{not }"}
_FUNCTIONS = {
    "log": r"\ln",
    "exp": r"\exp",
    "tanh": r"\tanh",
    "sin": r"\sin",
    "cos": r"\cos",
    "arctan": r"\arctan",
    "max": r"\max",
    "min": r"\min",
}
_LETTERS = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "Π": r"\Pi",
    "Δ": r"\Delta",
    "μ⁺": r"{\mu^{+}}",
    "σ": r"\sigma",
    "ŷ": r"\hat{y}",
}
_INSTEAD = str.maketrans(
    {
        "_": r"\rule{.4em}{.4pt}",
        "\\": r"\backslash ",
        "{": r"\lbrace ",
        "}": r"\rbrace ",
        "<": r"\lt ",
        ">": r"\gt ",
        **dict(zip("$&#%^~*`|[]", "＄＆＃％＾～＊｀｜［］", strict=True)),
    }
)
"""What stands for a sign that means something in LaTeX or in Markdown, without a backslash before a sign."""
_LONG = 100
"""Characters of a side that may be broken before its terms."""
_MEMBER = re.compile(r"\\left|\\right|[{}]| [-+] ")
_DEPTHS = {r"\left": 1, "{": 1, r"\right": -1, "}": -1}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|$])")
_POWER = re.compile(r"(.*)·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@dataclass(frozen=True)
class Latex:
    """Formulas in LaTeX, sentences in Markdown.

    Attributes:
        decimal_sign: `.` or `,`.
    """

    decimal_sign: str = "."
    stacks = True

    def number(self, value: Decimal) -> str:
        """Return a number."""
        return self._written(number_text(value))

    def padded(self, value: Decimal) -> str:
        """Return a number with the zeros at its end."""
        return self._written(padded_text(value))

    def _written(self, plain: str) -> str:
        text = plain.replace(MINUS, "-").replace("∞", r"\infty")
        if match := _POWER.fullmatch(text):
            text = rf"{match[1]} \cdot 10^{{{match[2].translate(_PLAIN)}}}"
        return text.replace(".", "{,}") if self.decimal_sign == "," else text

    def symbol(self, symbol: Symbol) -> str:
        """Return the name of a quantity."""
        base, index = _letter(symbol.base)
        about = (_escaped(symbol.about),) if symbol.about else ()
        below = ",".join((*index, *about, *map(_escaped, symbol.index)))
        above = f"({symbol.layer.replace('_', ', ')})" if symbol.layer else ""
        if symbol.mark:
            above = rf"{above}\prime"
        if symbol.time:
            above = f"{above} t={symbol.time}".lstrip()
            base = f"{{{base}}}" if "^" in base else base
        own = base + (f" _{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
        if not symbol.over:
            return own
        return rf"\frac{{\partial {_letter(symbol.over)[0]}}}{{\partial {own}}}"

    def word(self, text: str) -> str:
        """Return a word within a formula."""
        return r"\underline{\qquad}" if text == BLANK else rf"\text{{{_escaped(text)}}}"

    def linked(self, formula: str, step: int) -> str:
        """Return the formula: Markdown has no links within formulas."""
        return formula

    def operator(self, sign: str) -> str:
        """Return an operator."""
        return _SIGNS.get(sign) or _WORDS.get(sign) or f" {sign} "

    def fenced(self, inner: str) -> str:
        """Return a formula in parentheses."""
        return rf"\left({inner}\right)"

    def condition(self, inner: str) -> str:
        """Return a condition that counts 1 or 0."""
        return rf"\left[{inner}\right]"

    def quotient(self, over: str, under: str) -> str:
        """Return a quotient."""
        return rf"\frac{{{over}}}{{{under}}}"

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        return f"{{{base}}}^{{{exponent}}}"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return a function of its arguments."""
        inner = (";" if self.decimal_sign == "," else ",").join(arguments)
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}"
        if function == "abs":
            return rf"\left\vert {inner}\right\vert "
        if function == "norm":
            return rf"\left\Vert {inner}\right\Vert "
        name = _FUNCTIONS.get(function)
        if name is None:
            name = _letter(function)[0] if len(function) == 1 else rf"\mathrm{{{_escaped(function)}}}"
        return rf"{name}\left({inner}\right)"

    def inline(self, formula: str) -> str:
        """Return a formula within a sentence."""
        return f"${formula.strip()}$"  # beside a space a dollar is no delimiter

    def equation(self, sides: Sequence[str]) -> str:
        """Return an equation as several formulas: lines are broken between formulas, not within one."""
        return " ".join(self.inline(term) for side in sides for term in _terms(side))

    def sentence(self, template: str, **parts: str) -> str:
        """Return a sentence in the current language."""
        slots = {name: f"\x00{name}\x00" for name in parts}
        text = _MARKDOWN.sub(r"\\\1", translate(template, **slots))
        for name, slot in slots.items():
            text = text.replace(slot, parts[name])
        return text


def _letter(name: str) -> tuple[str, tuple[str, ...]]:
    r"""Return a name as LaTeX and what of it is an index: `w1` is w with index 1.

    Example:
        >>> _letter("w1"), _letter("x_0"), _letter("dense.kernel"), _letter("lstm.z_f")
        (('w', ('1',)), ('x', ('0',)), ('\\mathrm{dense.kernel}', ()), ('\\mathrm{lstm.z}', ('f',)))
    """
    if name in _LETTERS:
        return _LETTERS[name], ()
    match = re.fullmatch(r"(.)(\d+)", name)
    if match:
        return _LETTERS.get(match[1], _escaped(match[1])), (match[2],)
    match = re.fullmatch(r"(.)_([^._]+)", name)
    if match:
        return _LETTERS.get(match[1], _escaped(match[1])), (_escaped(match[2]),)
    if match := re.fullmatch(r"(.+\..)_([^._]+)", name):
        return _letter(match[1])[0], (_escaped(match[2]),)
    if len(name) == 1:
        return _escaped(name), ()
    match = re.fullmatch(OF_A_UNIT, name)
    if match:
        return rf"\mathrm{{{_escaped(match[1])}}}", (_escaped(match[2]),)
    layer, dot, letter = name.rpartition(".")
    if dot and letter in _LETTERS:
        return rf"{_LETTERS[letter]}^{{\mathrm{{{_escaped(layer)}}}}}", ()
    return rf"\mathrm{{{_escaped(name)}}}", ()


def _escaped(text: str) -> str:
    return text.translate(_INSTEAD)


def _terms(formula: str) -> Iterator[str]:
    r"""Yield a formula, a long one in parts that begin with a plus or a minus between two terms."""
    depth, start = 0, 0
    for sign in _MEMBER.finditer(formula) if len(formula) > _LONG else ():
        depth += _DEPTHS.get(sign[0], 0)
        if not depth and sign[0][0] == " " and sign.start() > start:
            yield _spaced(formula[start : sign.start()])
            start = sign.start() + 1
    yield _spaced(formula[start:])


def _spaced(term: str) -> str:
    """Return a term whose sign has a space on both sides, as between two terms, though it stands first."""
    return f"{{}}{term}" if term.startswith(("+ ", "- ")) else term
