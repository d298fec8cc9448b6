"""Values of any kind as the cells of a column."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from tiza.data.tables.numerals import written
from tiza.data.tables.table import Column
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")
"""Texts that mean that nothing stands there."""

LARGEST_EXACT = 2**53
"""Whole numbers up to here are exact in float64."""

_TIMES = (datetime.date, datetime.time, datetime.timedelta)


def column_of(name: str, values: Iterable[Any], source: str, missing: Sequence[str] = MISSING) -> Column:
    """Return the column of these values.

    Raises:
        DataError: a value is neither number, text, boolean, date nor gap.
    """
    if isinstance(values, np.ndarray) and values.ndim == 1 and _is_exact(values):
        return Column(name, values.astype(bool if values.dtype.kind == "b" else "float64"))
    try:
        given = list(values)
    except TypeError:
        raise DataError(f"{source}: got {values!r} for column {name!r}, expected its cells.") from None
    gaps = set(missing)
    cells = [_cell(name, row, value, source, gaps) for row, value in enumerate(given, start=1)]
    present = [cell for cell in cells if cell is not None]
    if present and len(present) == len(cells) and all(isinstance(cell, bool) for cell in present):
        return Column(name, np.array(cells, bool))
    if present and all(_fits_float(cell) for cell in present):
        return Column(name, np.array([np.nan if cell is None else cell for cell in cells], "float64"))
    return text_column(name, [None if cell is None else _text(cell) for cell in cells])


def text_column(name: str, texts: Sequence[str | None], decimal: str = ".") -> Column:
    """Return a column of texts, None for gaps."""
    cells = np.empty(len(texts), dtype=object)
    cells[:] = texts
    return Column(name, cells, decimal)


def stripped(text: str, gaps: set[str]) -> str | None:
    """Return text without the blanks around it, or None if it means a gap."""
    bare = text.strip()
    return None if bare in gaps else bare


def _cell(name: str, row: int, value: Any, source: str, gaps: set[str]) -> bool | int | float | str | None:
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, str):
        return stripped(value, gaps)
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, Real | Decimal):
        return float(value)
    if isinstance(value, _TIMES):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    raise DataError(
        f"{source}: got {value!r} in row {row} of column {name!r}, expected a number, a text or a boolean; "
        "make columns of its parts."
    )


def _is_exact(values: Array) -> bool:
    """Whether an array holds booleans, or numbers that float64 holds exactly."""
    if values.dtype.kind in "iu":
        return not values.size or (values.max() <= LARGEST_EXACT and values.min() >= -LARGEST_EXACT)
    return values.dtype.kind in "bf" and values.dtype.itemsize <= 8


def _fits_float(cell: bool | int | float | str) -> bool:
    if isinstance(cell, bool | str):
        return False
    return isinstance(cell, float) or abs(cell) <= LARGEST_EXACT


def _text(cell: bool | int | float | str) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return written(cell) if isinstance(cell, float) else str(cell)
