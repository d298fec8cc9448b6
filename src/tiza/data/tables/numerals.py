"""Numerals: text that is a number, with a point or a comma before the decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DECIMALS = (".", ",")
"""Signs that may stand before decimals."""

_CHARACTERS = set("0123456789+-eE")
_LEADING_ZERO = re.compile(r"[+-]?0\d+")
_LOOSE = re.compile(
    r"[^\w\s]*\s*[\d.,'\s]*\d[\d.,'\s]*([eE][+-]?\d+)?\s*[%€$£]?|[+-]?(inf|infinity|nan)", re.I
)


def as_numbers(cells: Sequence[str], decimal: str = ".") -> Array | None:
    """Return the numbers that cells write, or None if one is no number.

    Digits, a sign, one decimal sign and an exponent make a number; thousands separators, units, `inf` do not.

    Example:
        >>> as_numbers(["1.5", "-2e3"]), as_numbers(["1,5"], decimal=","), as_numbers(["1,000"])
        (array([ 1.5e+00, -2.0e+03]), array([1.5]), None)
    """
    if set("".join(cells)) - _CHARACTERS - {decimal}:
        return None
    try:
        texts = cells if decimal == "." else [cell.replace(decimal, ".") for cell in cells]
        return np.array(list(map(float, texts)), "float64")
    except ValueError:
        return None


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell is a number."""
    return as_numbers([cell], decimal) is not None


def has_decimals(cell: str, decimal: str) -> bool:
    """Whether a cell is a number with this decimal sign in it."""
    return decimal in cell and is_number(cell, decimal)


def has_leading_zero(cell: str) -> bool:
    """Whether a cell is digits behind a zero, as postal codes are and numbers are not."""
    return _LEADING_ZERO.fullmatch(cell) is not None


def looks_numeric(cell: str) -> bool:
    """Whether a reader would take a cell for a number: thousands separators and units count.

    Example:
        >>> [looks_numeric(cell) for cell in ("1,234.5", "12 %", "$5", "inf", "A12", "red")]
        [True, True, True, True, False, False]
    """
    return _LOOSE.fullmatch(cell) is not None


def written(number: float) -> str:
    """Return the shortest text that is exactly this number; whole ones without decimals.

    Example:
        >>> written(3.0), written(0.1), written(-0.0)
        ('3', '0.1', '0')
    """
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
