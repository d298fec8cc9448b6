"""Checking plain arguments of layers, optimizers and models: whole numbers and the like."""

from __future__ import annotations

import math
import os
from dataclasses import MISSING, fields
from numbers import Real
from operator import index
from typing import Any

import numpy as np

from tiza.errors import ModelError


def shape_text(shape: tuple[int, ...]) -> str:
    """Return the shape of inputs for a message, its first axis called batch.

    Example:
        >>> shape_text((3, 28, 1)), shape_text((3,))
        ('(batch, 28, 1)', '(batch,)')
    """
    return f"(batch, {', '.join(map(str, shape[1:]))})" if len(shape) > 1 else "(batch,)"


def whole_number(name: str, value: object, low: int = 1, below: int | None = None) -> int:
    """Return `value` as an int; NumPy's whole numbers will do, booleans and 32.0 will not.

    Raises:
        ModelError: it is no whole number from `low` on, or not below `below`.

    Example:
        >>> whole_number("units", 30)
        30
    """
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]  # what is no number raises
    except TypeError:
        number = None
    if number is None or number < low or (below is not None and number >= below):
        limits = f"of at least {low}" if below is None else f"from {low} to {below - 1}"
        raise ModelError(f"{name}: got {value!r}, expected a whole number {limits}.")
    return number


def finite_number(owner: str, name: str, value: object) -> float:
    """Return `value` as a float.

    Raises:
        ModelError: it is no finite number.

    Example:
        >>> finite_number("Rescaling", "scale", 2)
        2.0
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(float(value)):
        raise ModelError(f"{owner}: got {name}={value!r}, expected a finite number.")
    return float(value)


def checked_path(name: str, value: object) -> str:
    """Return the path of a file as text.

    Raises:
        ModelError: it is no path.
    """
    if not isinstance(value, str | os.PathLike) or not (path := os.fspath(value)) or isinstance(path, bytes):
        raise ModelError(f"{name}: got {value!r}, expected the path of a file.")
    return path


def switch(owner: str, name: str, value: object) -> bool:
    """Return `value` as a bool; the text "no", which would count as True, will not do.

    Raises:
        ModelError: it is neither True nor False.

    Example:
        >>> switch("fit", "shuffle", False)
        False
    """
    if not isinstance(value, bool | np.bool_):
        raise ModelError(f"{owner}: got {name}={value!r}, expected True or False.")
    return bool(value)


def check_switches(part: Any) -> None:
    """Check that the fields of a dataclass whose default is True or False are one of the two.

    Raises:
        ModelError: one is something else.
    """
    for one in fields(part):
        if one.default is not MISSING and isinstance(one.default, bool):
            switch(type(part).__name__, one.name, getattr(part, one.name))


def check_hyperparameter(owner: str, name: str, value: object, low: float, high: float) -> None:
    """Check that a hyperparameter lies in [low, high).

    Raises:
        ModelError: it does not, or is no number.
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number) or not low <= number < high:
        upper = "no upper limit" if high == math.inf else f"below {high:g}"
        raise ModelError(f"{owner}: got {name}={value!r}, expected a number of at least {low:g}, {upper}.")
