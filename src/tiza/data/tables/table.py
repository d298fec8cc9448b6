"""A table as it was read: named columns of cells, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tiza.data.tables.numerals import as_numbers, written
from tiza.errors import DataError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Column:
    """Cells under one name; what is read from them is kept, since it is asked for often.

    Attributes:
        name: the name.
        cells: `(rows,)`: texts with None for gaps, float64 with NaN for gaps, or booleans.
        decimal: the sign before decimals in texts.
    """

    name: str
    cells: Array
    decimal: str = "."

    @cached_property
    def gaps(self) -> Array:
        """Where nothing stands, `(rows,)`."""
        if self.cells.dtype.kind == "f":
            return np.isnan(self.cells)
        if self.cells.dtype.kind == "b":
            return np.zeros(len(self.cells), bool)
        return np.array([cell is None for cell in self.cells.tolist()], bool)

    @cached_property
    def texts(self) -> list[str | None]:
        """Each cell as text, None for gaps; numbers as short as they can be."""
        if self.cells.dtype.kind == "f":
            return [None if number != number else written(number) for number in self.cells.tolist()]
        if self.cells.dtype.kind == "b":
            return ["true" if one else "false" for one in self.cells.tolist()]
        return list(self.cells.tolist())

    @cached_property
    def present(self) -> list[str]:
        """The texts of the cells that are no gaps."""
        return [text for text in self.texts if text is not None]

    @cached_property
    def numbers(self) -> Array | None:
        """The cells as float64 with NaN for gaps, or None if one is no number."""
        if self.cells.dtype.kind == "f":
            return self.cells
        if self.cells.dtype.kind == "b":
            return None
        found = as_numbers(self.present, self.decimal)
        if found is None:
            return None
        numbers = np.full(len(self.cells), np.nan)
        numbers[~self.gaps] = found
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns with equally many rows; `table[rows]` picks rows.

    Attributes:
        columns: the columns, in order; names differ.
        source: what to call the table in an error.
    """

    columns: tuple[Column, ...]
    source: str = "table"

    def __post_init__(self) -> None:
        check_names(self.names, self.source)
        lengths = {len(column.cells) for column in self.columns}
        if len(lengths) > 1:
            listed = ", ".join(f"{column.name!r} {len(column.cells)}" for column in self.columns)
            raise DataError(f"{self.source}: got columns of {listed} cells, expected equally many in each.")
        if not lengths or lengths == {0}:
            raise DataError(f"{self.source}: got no rows below the names of the columns; give at least one.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return len(self.columns[0].cells)

    def __getitem__(self, rows: Any) -> Table:
        """Return the table of these rows: whole numbers, booleans or a slice."""
        parts = tuple(replace(column, cells=np.atleast_1d(column.cells[rows])) for column in self.columns)
        return Table(parts, self.source)

    def column(self, name: str) -> Column:
        """Return a column.

        Raises:
            DataError: there is none of that name; all names are listed.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(f"{self.source}: got no column {name!r}, expected one of {', '.join(self.names)}.")


@contextmanager
def naming(table: Table) -> Iterator[None]:
    """Let an error about a cell begin with what the table is called."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{table.source}: {error}") from None


def check_names(names: Sequence[str], source: str) -> None:
    """Check that every column has a name of its own.

    Raises:
        DataError: a name is missing or stands twice.
    """
    for place, name in enumerate(names):
        if not name:
            raise DataError(
                f"{source}: got no name for column {place + 1} of {len(names)}; name it in the first row, or "
                "leave the column out (pandas: to_csv(..., index=False))."
            )
        if name in names[:place]:
            first = list(names).index(name)
            raise DataError(
                f"{source}: got the name {name!r} for columns {first + 1} and {place + 1}; rename one of "
                "them."
            )
