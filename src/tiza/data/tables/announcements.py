"""Announcements: what was done to a table, as data that any language can put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tiza.errors import DataError

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "number": "{column}: number, standardized: less {mean:.6g}, divided by {deviation:.6g}.",
        "category": "{column}: {count} categories ({categories}), one-hot encoded.",
        "yes_no": "{column}: yes or no; {no} is 0, {yes} is 1.",
        "gaps_filled": "{column}: gaps ({count}) filled with the median, {value:.6g}.",
        "gaps_indicated": "{column}: a further feature is 1 where there was a gap.",
        "gaps_as_category": "{column}: gaps ({count}) are a category of their own.",
        "rare_joined": "{column}: the {kept} most frequent categories are kept, {joined} others are one.",
        "row_numbers": "{column}: its numbers only count the rows; leave it out if it is no measurement.",
        "dropped_constant": "{column}: left out, every cell is {value}.",
        "dropped_empty": "{column}: left out, it has no cells.",
        "dropped_as_asked": "{column}: left out, as asked.",
        "target_number": "{column}: target, a number (regression).",
        "target_standardized": (
            "{column}: target, a number (regression), standardized: less {mean:.6g}, divided by "
            "{deviation:.6g}."
        ),
        "target_classes": "{column}: target, {count} classes ({classes}).",
        "target_numbers_as_classes": (
            "{column}: its few whole numbers are taken for classes; task='regression' takes them for "
            "quantities."
        ),
        "target_gaps": "{column}: rows without a target ({count}) left out.",
    }
)
"""A sentence for each kind, with the names of its values."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that was done to a table.

    Attributes:
        kind: which sentence, a key of SENTENCES.
        values: what stands in the sentence, by name: texts, whole numbers and floats.
    """

    kind: str
    values: Mapping[str, str | int | float]

    def __post_init__(self) -> None:
        try:
            _ = str(self)
            if not all(isinstance(value, str | int | float) for value in self.values.values()):
                raise TypeError("texts and numbers alone")
        except (KeyError, ValueError, TypeError) as error:
            raise DataError(
                f"announcement: got kind {self.kind!r} with {dict(self.values)!r}, expected a kind of "
                f"{', '.join(SENTENCES)} with the values of its sentence ({error!r})."
            ) from None

    def __str__(self) -> str:
        """Return the English sentence."""
        return SENTENCES[self.kind].format_map(dict(self.values))


def announce(kind: str, column: str, **values: Any) -> Announcement:
    """Return what is announced of a column.

    Example:
        >>> print(announce("gaps_filled", "age", count=3, value=41.5))
        age: gaps (3) filled with the median, 41.5.
    """
    return Announcement(kind, {"column": column, **values})


def listed(names: tuple[str, ...], most: int = 8) -> str:
    """Return names in a row, the first `most` of them."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
