"""What a column holds: numbers, categories, yes or no; and why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tiza.data.tables.cells import LARGEST_EXACT
from tiza.data.tables.numerals import has_leading_zero, is_number, looks_numeric
from tiza.data.tables.table import Column


class Kind(StrEnum):
    """What a column is taken for; the first four can be asked for."""

    NUMBER = "number"
    CATEGORY = "category"
    YES_NO = "yes_no"
    DROP = "drop"
    CONSTANT = "constant"
    EMPTY = "empty"


ASKED = (Kind.NUMBER, Kind.CATEGORY, Kind.YES_NO, Kind.DROP)
"""Kinds that can be asked for."""

YES_NO_PAIRS = (
    ("no", "yes"),
    ("no", "sí"),
    ("no", "si"),
    ("false", "true"),
    ("falso", "verdadero"),
    ("n", "y"),
    ("n", "s"),
    ("f", "t"),
    ("off", "on"),
    ("0", "1"),
)
"""Words that mean no and yes, whatever their case."""

TOO_LARGE = 1e100
"""Numbers from here on are no measurements, and their squares would leave float64."""

FEWEST_FOR_IDENTIFIERS = 10
"""Rows from which texts that all differ are taken for names or identifiers."""

LONG_TEXT = 60
"""Characters from which a cell is a text, not a category."""

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4}))([T ]+\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a column cannot be used.

    Attributes:
        column: its name.
        reason: what was found, and the remedy.
    """

    column: str
    reason: str

    def __str__(self) -> str:
        return f"column {self.column!r}: {self.reason}"


def kind_of(column: Column, most_categories: int, joins_rare: bool) -> Kind | Refusal:
    """Return what a column is taken for, or why it cannot be used.

    Args:
        column: the column.
        most_categories: how many categories there may be.
        joins_rare: whether rarer ones are joined instead.
    """
    present = column.present
    if not present:
        return Kind.EMPTY
    numbers = column.numbers
    distinct = set(present) if numbers is None else set(numbers[~column.gaps].tolist())
    if len(distinct) == 1 and (numbers is not None or len(present) == len(column.cells)):
        return Kind.CONSTANT
    if yes_no_words(column) is not None:
        return Kind.YES_NO
    if numbers is not None:
        return _number_kind(column, present)
    return _text_refusal(column, present) or _category_kind(column, present, most_categories, joins_rare)


def checked_kind(column: Column, asked: Kind, most_categories: int, joins_rare: bool) -> Kind | Refusal:
    """Return the kind that was asked for, or why the column is not of it."""
    present = column.present
    if asked == Kind.DROP:
        return asked
    if not present:
        return Kind.EMPTY
    if asked == Kind.NUMBER:
        if column.numbers is None:
            wrong, row = _first(column, lambda text: not is_number(text, column.decimal))
            return Refusal(
                column.name, f"got {wrong!r} in row {row}, expected numbers; mend the cell or drop the row."
            )
        return Kind.CONSTANT if len(set(present)) == 1 else _number_kind(column, present, asked=True)
    if asked == Kind.YES_NO and yes_no_words(column) is None:
        return Refusal(
            column.name,
            f"got {_some(present)}, expected two words such as yes and no, and no gaps; ask for 'category'.",
        )
    if asked == Kind.CATEGORY:
        return _count_refusal(column, present, most_categories, joins_rare) or asked
    return asked


def yes_no_words(column: Column) -> tuple[str, str] | None:
    """Return the column's words for no and yes in small letters, or None if it holds anything else."""
    numbers = column.numbers
    if column.gaps.any() or (numbers is not None and not np.isin(numbers, (0, 1)).all()):
        return None
    words = set(plain_words(column))
    return next((pair for pair in YES_NO_PAIRS if words == set(pair)), None)


def plain_words(column: Column) -> list[str]:
    """Return the cells of a column without gaps in small letters; 1.0 is 1."""
    numbers = column.numbers
    if numbers is not None and np.isin(numbers, (0, 1)).all():
        return [str(int(number)) for number in numbers]
    return [text.casefold() for text in column.present]


def _number_kind(column: Column, present: list[str], asked: bool = False) -> Kind | Refusal:
    numbers = column.numbers
    assert numbers is not None
    found = numbers[~column.gaps]
    beyond = ~(np.abs(found) < TOO_LARGE)
    if beyond.any():
        return Refusal(
            column.name,
            f"got {present[int(np.argmax(beyond))]}, expected numbers below {TOO_LARGE:g} in magnitude; "
            f"mend or drop the row, or leave the column out: columns={{{column.name!r}: 'drop'}}.",
        )
    if asked or column.cells.dtype.kind == "f":
        return Kind.NUMBER
    if any(map(has_leading_zero, present)):
        code = next(filter(has_leading_zero, present))
        return Refusal(
            column.name,
            f"got {code!r}: digits behind a zero are a code or a number; say which: "
            f"columns={{{column.name!r}: 'category'}} or 'number' or 'drop'.",
        )
    if len(set(found.tolist())) < len(set(present)) and (np.abs(found) > LARGEST_EXACT).any():
        return Refusal(
            column.name,
            "got whole numbers above 2**53, which float64 cannot tell apart: identifiers, it seems; leave "
            f"them out: columns={{{column.name!r}: 'drop'}}, or ask for 'number'.",
        )
    return Kind.NUMBER


def _text_refusal(column: Column, present: list[str]) -> Refusal | None:
    """Return why a column of texts holds no categories."""
    half = len(present) / 2
    drop = f"columns={{{column.name!r}: 'drop'}}"
    if sum(_DATE.fullmatch(text) is not None for text in present) > half:
        return Refusal(
            column.name,
            f"got dates or times, such as {present[0]!r}; make numbers of them (year, month, days since), or "
            f"leave the column out: {drop}.",
        )
    if sum(map(looks_numeric, present)) >= half:
        wrong, row = _first(column, lambda text: not is_number(text, column.decimal))
        return Refusal(
            column.name,
            f"got numbers, but {wrong!r} in row {row} is none; mend the cell (no units, no thousands "
            f"separators, decimals behind {column.decimal!r}), add it to missing=..., or leave the column "
            f"out: {drop}.",
        )
    if any(len(text) > LONG_TEXT or "\n" in text for text in present):
        long = max(present, key=len)
        return Refusal(
            column.name,
            f"got texts, such as {long[:30] + '...'!r}; make categories or numbers of them, or leave the "
            f"column out: {drop}.",
        )
    if len(present) >= FEWEST_FOR_IDENTIFIERS and len(set(present)) == len(present):
        return Refusal(
            column.name,
            f"got {len(present)} texts that all differ ({_some(present)}): names or identifiers, from which "
            f"nothing general is learned; leave the column out: {drop}.",
        )
    return None


def _category_kind(
    column: Column, present: list[str], most_categories: int, joins_rare: bool
) -> Kind | Refusal:
    return _count_refusal(column, present, most_categories, joins_rare) or Kind.CATEGORY


def _count_refusal(
    column: Column, present: list[str], most_categories: int, joins_rare: bool
) -> Refusal | None:
    count = len(set(present))
    if count <= most_categories or joins_rare:
        return None
    return Refusal(
        column.name,
        f"got {count} categories ({_some(present)}), expected at most {most_categories}; keep the most "
        f"frequent and join the others: rare='other', raise most_categories, or leave the column out: "
        f"columns={{{column.name!r}: 'drop'}}.",
    )


def _first(column: Column, wrong: Callable[[str], bool]) -> tuple[str, int]:
    """Return the first cell for which `wrong` holds, and its row, from 1."""
    return next(
        (text, row) for row, text in enumerate(column.texts, start=1) if text is not None and wrong(text)
    )


def _some(texts: list[str]) -> str:
    distinct = list(dict.fromkeys(texts))
    return ", ".join(map(repr, distinct[:3])) + (", ..." if len(distinct) > 3 else "")
