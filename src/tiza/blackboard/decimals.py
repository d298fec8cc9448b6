"""Decimal numbers as a page prints them: how they are rounded, and how they are written.

The rules are few: half goes away from zero, there is no minus before zero, trailing zeros are left out, and
very large or small numbers are written with a power of ten.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

MINUS = "−"
_PLAIN = range(-7, 13)
"""Powers of ten of the leading digit for which a number is written out."""
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

CONTEXT = decimal.Context(
    prec=80,
    rounding=decimal.ROUND_HALF_UP,  # decimal's name for half away from zero
    Emin=decimal.MIN_EMIN,
    Emax=decimal.MAX_EMAX,
    traps=[],
)
"""Exact enough that a line is rounded once, at its end; 1/0 is infinite, 0/0 is not a number."""


def exact(value: float) -> Decimal:
    """Return the number that a float holds, with all its digits."""
    return Decimal(float(value))


def significant(value: Decimal, digits: int) -> Decimal:
    """Return `value` rounded to that many significant digits.

    Example:
        >>> significant(Decimal("-0.02653918"), 6), significant(Decimal("2.5"), 1)
        (Decimal('-0.0265392'), Decimal('3'))
    """
    if not value.is_finite() or not value:
        return value if value else Decimal(0)
    return at_place(value, value.adjusted() - digits + 1)


def at_place(value: Decimal, place: int) -> Decimal:
    """Return `value` rounded to the power of ten `place`, such as -2 for hundredths.

    Example:
        >>> at_place(Decimal("0.125"), -2)
        Decimal('0.13')
    """
    if not value.is_finite():
        return value
    rounded = value.quantize(Decimal((0, (1,), place)), context=CONTEXT)
    return rounded if rounded else Decimal(0)


def last_place(value: Decimal) -> int:
    """Return the power of ten of the last digit that is not 0.

    Example:
        >>> last_place(Decimal("0.1200")), last_place(Decimal("30"))
        (-2, 1)
    """
    place = value.normalize(CONTEXT).as_tuple().exponent
    return place if isinstance(place, int) else 0


def number_text(value: Decimal) -> str:
    """Return a number as it is printed.

    Example:
        >>> number_text(Decimal("-0.0500")), number_text(Decimal("1.5E-9")), number_text(Decimal("-0.0"))
        ('−0.05', '1.5·10⁻⁹', '0')
    """
    if value.is_nan():
        return "?"
    if value.is_infinite():
        return "∞" if value > 0 else f"{MINUS}∞"
    if not value:
        return "0"
    short = value.normalize(CONTEXT)
    if short.adjusted() in _PLAIN:
        return f"{short:f}".replace("-", MINUS)
    power = short.adjusted()
    return f"{short.scaleb(-power, CONTEXT):f}·10{str(power).translate(_SUPERSCRIPTS)}".replace("-", MINUS)


def padded_text(value: Decimal) -> str:
    """Return a number with the zeros at its end, unless it takes a power of ten.

    Example:
        >>> padded_text(Decimal("0.50"))
        '0.50'
    """
    short = number_text(value)
    return short if "·" in short or not value.is_finite() else f"{value:f}".replace("-", MINUS)
