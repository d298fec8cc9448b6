"""Tables from what users hold: a path, a DataFrame, columns, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from tiza.data.extras import load_extra
from tiza.data.tables.cells import MISSING, column_of
from tiza.data.tables.csv_files import read_csv
from tiza.data.tables.table import Column, Table
from tiza.errors import DataError


def read_table(source: object, missing: Sequence[str] = MISSING) -> Table:
    """Return a table.

    Args:
        source: the path of a CSV file (`read_csv` has more arguments), a DataFrame of pandas, Polars,
            PyArrow or another library that narwhals knows, a dictionary of columns, a list of dictionaries
            (one a row), or a table.
        missing: texts that mean a gap.

    Raises:
        DataError: it is none of these, or no table can be made of it.
        MissingExtraError: it is a DataFrame and narwhals is not installed.

    Example:
        >>> people = read_table({"age": [31, 45], "city": ["Lima", None]})
        >>> people.names, len(people), people.column("city").texts
        (('age', 'city'), 2, ['Lima', None])
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, str | PathLike):
        return read_csv(source, missing=missing)
    if isinstance(source, Mapping):
        return _from_columns(source, "table", missing)
    if isinstance(source, list | tuple):
        return _from_rows(source, missing)
    return _from_frame(source, missing)


def _from_columns(columns: Mapping[Any, Any], source: str, missing: Sequence[str]) -> Table:
    for name, values in columns.items():
        if isinstance(values, str):
            raise DataError(
                f"{source}: got the text {values!r} for column {name!r}, expected a list of its cells."
            )
    return Table(
        tuple(column_of(str(name), values, source, missing) for name, values in columns.items()), source
    )


def _from_rows(rows: Sequence[Any], missing: Sequence[str]) -> Table:
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(
            f"table: got a {type(rows).__name__} of {type(rows[0]).__name__ if rows else 'nothing'}, "
            "expected rows as dictionaries, such as [{'age': 31, 'city': 'Lima'}]."
        )
    names = list(rows[0])
    for number, row in enumerate(rows, start=1):
        if set(row) != set(names):
            raise DataError(
                f"table: got the names {', '.join(map(str, row))} in row {number}, expected those of the "
                f"first row: {', '.join(map(str, names))}; write None for a gap."
            )
    return _from_columns({name: [row[name] for row in rows] for name in names}, "table", missing)


def _from_frame(source: object, missing: Sequence[str]) -> Table:
    kind = type(source).__name__
    if not hasattr(source, "columns") and not hasattr(source, "column_names"):
        raise DataError(
            f"table: got a {kind}, expected the path of a CSV file, a DataFrame, a dictionary of columns or "
            "a list of rows; arrays have no names: give {'a': x[:, 0], 'b': x[:, 1]}."
        )
    narwhals = load_extra("narwhals", "narwhals", "tables")
    try:
        frame = narwhals.from_native(source, eager_only=True)
        series = zip(frame.columns, frame.iter_columns(), strict=True)
        columns = [_column(str(name), cells, kind, missing) for name, cells in series]
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"table: got a {kind} that narwhals cannot read ({error}); expected a DataFrame in memory whose "
            "columns have different names (Polars: collect() a LazyFrame first)."
        ) from None
    return Table(tuple(columns), kind)


def _column(name: str, series: Any, source: str, missing: Sequence[str]) -> Column:
    whole = series.dtype.is_float() or series.dtype == "Boolean"
    values = series.to_numpy() if whole and not series.null_count() else series.to_list()
    return column_of(name, values, source, missing)
