"""Numbers as students write them: decimal comma or point, fractions, powers of ten, and their last place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tiza.language import translatable

LONGEST_NUMBER = 60
"""Characters; nobody works out more by hand."""
_LARGEST_POWER = 300
_SMALL = 10

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PLAIN = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "×": "*", "·": "*", "⋅": "*"})
_DECIMAL = r"(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"
_POWER = r"(?:[eE]\s*(?P<e>[+-]?[0-9]+)|\s*[*xX]\s*10\s*(?:\^|\*\*)?\s*[({]?(?P<ten>[+-]?[0-9]+)[)}]?)"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<top>{_DECIMAL})(?:\s*/\s*(?P<under>{_DECIMAL})|{_POWER})?\s*(?P<percent>%?)"
)

NO_NUMBER = translatable("this is not a number")
NO_FORMULA = translatable("this is neither a number nor a formula of known names")
TWO_SIGNS = translatable("two decimal signs in one number; write thousands together")
TOO_LONG = translatable("the number is too long")
DIVIDED_BY_ZERO = translatable("division by zero")


class NumberError(ValueError):
    """Text that is no number; the argument is a translatable reason."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number and how exactly it was written.

    Attributes:
        text: as it was written.
        value: the number.
        unit: one unit of the last written place; 0 for a fraction, which is exact.
    """

    text: str
    value: float
    unit: float

    @property
    def digits(self) -> str:
        """The digits alone, without sign, decimal sign and zeros in front."""
        mantissa = re.split(r"[eE*xX×·⋅/%]", self.text)[0]
        return re.sub(r"[^0-9]", "", mantissa).lstrip("0")


def as_exact(number: WrittenNumber, decimals: int) -> WrittenNumber:
    """Return a small whole number as exact as the others of its sheet, which have decimals: 1 is 1.0 then.

    Example:
        >>> as_exact(read_number("1"), 2).unit, as_exact(read_number("12"), 2).unit
        (0.01, 1.0)
    """
    if decimals and number.unit == 1 and abs(number.value) < _SMALL:
        return replace(number, unit=10.0**-decimals)
    return number


def read_number(text: str) -> WrittenNumber:
    """Return the number that `text` is.

    Raises:
        NumberError: it is none.

    Example:
        >>> read_number("0,66")
        WrittenNumber(text='0,66', value=0.66, unit=0.01)
        >>> read_number("−2·10⁻³").value, read_number("1/3").unit
        (-0.002, 0.0)
    """
    written = text.strip()
    if len(written) > LONGEST_NUMBER:
        raise NumberError(TOO_LONG)
    written = _bare(written)
    plain = _with_powers(written).translate(_PLAIN).strip()
    match = _NUMBER.fullmatch(plain)
    if match is None:
        signs = re.sub(r"[^.,]", "", plain)
        raise NumberError(TWO_SIGNS if len(signs) > 1 and re.fullmatch(r"[-+0-9.,\s]+", plain) else NO_NUMBER)
    return _number(written, match)


_WRAPPED = re.compile(
    r"(?P<sign>[-+−–]?)\s*"
    r"(?:\(\s*(?P<inner_sign>[-+−–]?)\s*(?P<round>[^()]+?)\s*\)|[\"“”'‘](?P<quoted>[^\"“”'‘’]+)[\"“”'’])"
)
_AFTER = re.compile(r"(?<=[0-9%)])\s*(?:…|\.\.\.|[.,;]+)$")


def _bare(text: str) -> str:
    """Return `-(0.05)`, `"0.66"`, `0.66…` and `0.66.` without what stands around the number."""
    text = _AFTER.sub("", text)
    match = _WRAPPED.fullmatch(text)
    if match is None:
        return text
    if match["quoted"]:
        return match["sign"] + match["quoted"].strip()
    signs = match["sign"] + match["inner_sign"]
    negative = len(re.findall("[-−–]", signs)) == 1
    return ("-" if negative else "") + match["round"]


def _with_powers(text: str) -> str:
    """Return `text` with 10⁻³ written 10^-3."""
    return re.sub(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda one: "10^" + one[1].translate(_SUPERSCRIPTS), text)


def _number(written: str, match: re.Match[str]) -> WrittenNumber:
    top = _decimal(match["top"])
    power = int(match["e"] or match["ten"] or 0)
    if abs(power) > _LARGEST_POWER:
        raise NumberError(TOO_LONG)
    sign = -1 if match["sign"] == "-" else 1
    share = 100 if match["percent"] else 1
    if match["under"] is not None:
        under = Fraction(_decimal(match["under"]))
        if not under:
            raise NumberError(DIVIDED_BY_ZERO)
        return WrittenNumber(written, float(sign * Fraction(top) / under / share), 0.0)
    exponent = top.as_tuple().exponent
    assert isinstance(exponent, int)
    value = sign * top.scaleb(power) / share
    return WrittenNumber(written, float(value), float(Decimal(1).scaleb(exponent + power) / share))


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ".").rstrip("."))
