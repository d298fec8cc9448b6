"""Checking plain arguments of functions about data."""

from __future__ import annotations

import math
from numbers import Real

from tiza.errors import DataError, ModelError
from tiza.nn.checks import whole_number

SEEDS = 2**64
"""Seeds are below this."""


def whole(name: str, value: object, low: int = 1, below: int | None = None) -> int:
    """Return `value` as an int.

    Raises:
        DataError: it is no whole number from `low` on, or not below `below`.

    Example:
        >>> whole("samples", 30)
        30
    """
    try:
        return whole_number(name, value, low, below)
    except ModelError as error:
        raise DataError(str(error)) from None


def seed_of(value: object, name: str = "seed") -> int:
    """Return a seed.

    Raises:
        DataError: it is no whole number from 0 to 2**64 - 1.
    """
    return whole(name, value, 0, below=SEEDS)


def amount(name: str, value: object, low: float = 0.0, high: float = math.inf) -> float:
    """Return `value` as a float.

    Raises:
        DataError: it is no finite number from `low` to `high`.

    Example:
        >>> amount("noise", 1)
        1.0
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and low <= number <= high):
        limits = f"of at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise DataError(f"{name}: got {value!r}, expected a number {limits}.")
    return number
