"""What a column becomes: features of numbers, of categories, of yes or no."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiza.data.encoding import one_hot
from tiza.data.tables.kinds import plain_words
from tiza.data.tables.numerals import is_number
from tiza.data.tables.table import Column
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

OTHER = "(other)"
MISSING_MARK = "(missing)"


class FeatureColumn(ABC):
    """How one column becomes features."""

    kind: ClassVar[str]
    name: str

    @abstractmethod
    def feature_names(self) -> tuple[str, ...]:
        """Return a name for each feature."""

    @abstractmethod
    def encode(self, column: Column) -> Array:
        """Return the features, `(rows, features)`, float64.

        Raises:
            DataError: a cell is not what this column held when it was prepared; its row is named, from 1.
        """


@dataclass(frozen=True, slots=True)
class NumberColumn(FeatureColumn):
    """A number, standardized: (x - mean) / deviation.

    Attributes:
        name: name of the column.
        mean: what is subtracted.
        deviation: what is divided by.
        fill: what gaps are filled with; None if there were none, and none may come.
        indicator: whether a second feature is 1 where there is a gap.
    """

    kind: ClassVar[str] = "number"
    name: str
    mean: float
    deviation: float
    fill: float | None = None
    indicator: bool = False

    def __post_init__(self) -> None:
        finite = np.isfinite([self.mean, self.deviation, self.fill or 0.0]).all()
        if not finite or self.deviation <= 0 or (self.indicator and self.fill is None):
            raise DataError(
                f"column {self.name!r}: got mean {self.mean}, deviation {self.deviation}, fill {self.fill}, "
                f"indicator {self.indicator}, expected finite numbers, a deviation above 0, a fill for gaps."
            )

    def feature_names(self) -> tuple[str, ...]:
        """Return the name of the column, and of the indicator."""
        return (self.name, f"{self.name}={MISSING_MARK}") if self.indicator else (self.name,)

    def encode(self, column: Column) -> Array:
        """Return the standardized numbers, `(rows, 1)`, or `(rows, 2)` with the indicator."""
        numbers, gaps = column.numbers, column.gaps
        if numbers is None:
            wrong = next(text for text in column.present if not is_number(text, column.decimal))
            raise _unexpected(column, wrong, "a number")
        if self.fill is None:
            _check_no_gaps(column)
        beyond = np.isinf(numbers)
        if beyond.any():
            row = int(np.argmax(beyond)) + 1
            raise DataError(
                f"column {self.name!r}: got {numbers[row - 1]} in row {row}, expected finite numbers."
            )
        filled = np.where(gaps, 0.0 if self.fill is None else self.fill, numbers)
        with np.errstate(over="ignore"):
            standardized = (filled - self.mean) / self.deviation
        return np.stack([standardized, gaps], axis=1) if self.indicator else standardized[:, None]


@dataclass(frozen=True, slots=True)
class CategoryColumn(FeatureColumn):
    """A category, one-hot encoded.

    Attributes:
        name: name of the column.
        categories: the categories, in the order of their features.
        other: whether a further feature stands for all others, those not seen too.
        missing: whether a further feature stands for gaps.
    """

    kind: ClassVar[str] = "category"
    name: str
    categories: tuple[str, ...]
    other: bool = False
    missing: bool = False

    def __post_init__(self) -> None:
        if not self.categories or len(set(self.categories)) != len(self.categories):
            raise DataError(
                f"column {self.name!r}: got categories {self.categories}, expected distinct ones."
            )

    def feature_names(self) -> tuple[str, ...]:
        """Return `column=category` for each category, others, gaps."""
        further = ((OTHER, self.other), (MISSING_MARK, self.missing))
        marks = (*self.categories, *(mark for mark, there in further if there))
        return tuple(f"{self.name}={mark}" for mark in marks)

    def encode(self, column: Column) -> Array:
        """Return a 1 at the place of each category, `(rows, features)`."""
        return one_hot(self.labels(column), len(self.feature_names()), dtype="float64")

    def labels(self, column: Column) -> Array:
        """Return the place of each category, `(rows,)`, int64.

        Raises:
            DataError: a category was not seen and there is no feature for others, or a gap likewise.
        """
        if not self.missing:
            _check_no_gaps(column)
        places: dict[str | None, int] = {one: place for place, one in enumerate(self.categories)}
        last = len(places)
        if self.missing:
            places[None] = last + self.other
        if not self.other:
            for text in column.texts:
                if text not in places:
                    raise _unexpected(column, text, f"one of {', '.join(self.categories)}")
        return np.array([places.get(text, last) for text in column.texts], "int64")


@dataclass(frozen=True, slots=True)
class YesNoColumn(FeatureColumn):
    """Yes or no: 1 or 0.

    Attributes:
        name: name of the column.
        no: the word for no, in small letters.
        yes: the word for yes, in small letters.
    """

    kind: ClassVar[str] = "yes_no"
    name: str
    no: str
    yes: str

    def feature_names(self) -> tuple[str, ...]:
        """Return the name of the column."""
        return (self.name,)

    def encode(self, column: Column) -> Array:
        """Return 1 for yes and 0 for no, `(rows, 1)`."""
        _check_no_gaps(column)
        words = plain_words(column)
        for row, word in enumerate(words):
            if word not in (self.no, self.yes):
                raise _unexpected(column, column.texts[row], f"{self.no} or {self.yes}")
        return np.array([[1.0 if word == self.yes else 0.0] for word in words])


KINDS: dict[str, type[NumberColumn | CategoryColumn | YesNoColumn]] = {
    one.kind: one for one in (NumberColumn, CategoryColumn, YesNoColumn)
}
"""What columns become, by kind."""


def _check_no_gaps(column: Column) -> None:
    gaps = column.gaps
    if gaps.any():
        raise DataError(
            f"column {column.name!r}: got a gap in row {int(np.argmax(gaps)) + 1}, expected none: there was "
            "none when the table was prepared; fill it or drop the row."
        )


def _unexpected(column: Column, text: str | None, expected: str) -> DataError:
    row = column.texts.index(text) + 1
    return DataError(
        f"column {column.name!r}: got {text!r} in row {row}, expected {expected}, as when the table was "
        "prepared; mend the cell or prepare the table anew."
    )
