"""Checking plain arguments of layers, optimizers and models: whole numbers and the like."""

from __future__ import annotations

import math
from numbers import Real
from operator import index

from tiza.errors import ModelError


def whole_number(name: str, value: object, low: int = 1, below: int | None = None) -> int:
    """Return `value` as an int; NumPy's whole numbers will do, booleans and 32.0 will not.

    Raises:
        ModelError: it is no whole number from `low` on, or not below `below`.

    Example:
        >>> whole_number("units", 30)
        30
    """
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < low or (below is not None and number >= below):
        limits = f"of at least {low}" if below is None else f"from {low} to {below - 1}"
        raise ModelError(f"{name}: got {value!r}, expected a whole number {limits}.")
    return number


def check_hyperparameter(owner: str, name: str, value: object, low: float, high: float) -> None:
    """Check that a hyperparameter lies in [low, high).

    Raises:
        ModelError: it does not, or is no number.
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number) or not low <= number < high:
        upper = "no upper limit" if high == math.inf else f"below {high:g}"
        raise ModelError(f"{owner}: got {name}={value!r}, expected a number of at least {low:g}, {upper}.")
