"""CSV files: which sign separates cells, which stands before decimals, and the cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from itertools import islice
from os import PathLike
from pathlib import Path

from tiza.data.tables.cells import MISSING, stripped, text_column
from tiza.data.tables.numerals import DECIMALS, has_decimals, is_number
from tiza.data.tables.table import Table, check_names
from tiza.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
"""Signs that may separate cells."""

_LOOKED_AT = 200
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_csv(
    path: str | PathLike[str],
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] = MISSING,
) -> Table:
    """Return the table that a CSV file holds, its first row being the names of the columns.

    Cells may be quoted and then hold delimiters and line ends. Blank lines are left out. Cells are texts
    until `prepare_table` says what they are. Thousands separators are not read: 1.234 is less than two.

    Args:
        path: the file.
        delimiter: what separates cells; the one of `, ; tab |` that gives every row equally many if None.
        decimal: what stands before decimals; if None a comma, if the delimiter is another and a column holds
            numbers with commas, else a point.
        encoding: how characters are written; UTF-8, or what a byte order mark says, if None.
        missing: texts that mean a gap, blanks around them aside.

    Raises:
        DataError: the file cannot be read, is no UTF-8, holds no row, rows of different lengths, a name twice
            or none, or numbers with points and with commas.
    """
    source = str(path)
    text = _decoded(path, encoding)
    separator = _checked_delimiter(delimiter) if delimiter is not None else _found_delimiter(text)
    records = _records(text, separator, source)
    if not records:
        raise DataError(f"{source}: got an empty file, expected the names of the columns in the first row.")
    names = [name.strip() for name in records[0]]
    check_names(names, source)
    _check_header(names, source)
    _check_lengths(records, source)
    gaps = set(missing)
    cells = [[stripped(record[place], gaps) for record in records[1:]] for place in range(len(names))]
    sign = _checked_decimal(decimal) if decimal else _found_decimal(names, cells, separator, source)
    return Table(
        tuple(text_column(name, texts, sign) for name, texts in zip(names, cells, strict=True)), source
    )


def _decoded(path: str | PathLike[str], encoding: str | None) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: got {error.strerror or error}, expected a CSV file that can be read."
        ) from None
    chosen = encoding or next(
        (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8"
    )
    try:
        return content.decode(chosen)
    except LookupError:
        raise DataError(
            f"encoding: got {encoding!r}, expected one that Python knows, such as 'cp1252'."
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: got byte {content[error.start]:#04x} at place {error.start}, which is no {chosen}; "
            "give its encoding: encoding='cp1252' is Windows' in Western Europe and the Americas."
        ) from None


def _checked_delimiter(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise DataError(f"delimiter: got {delimiter!r}, expected one character, such as ';'.")
    return delimiter


def _records(text: str, delimiter: str, source: str) -> list[list[str]]:
    try:
        return list(_reader(text, delimiter))
    except csv.Error as error:
        raise DataError(
            f"{source}: got {error}, expected CSV; a quoted cell ends with a quote, and a quote in it is "
            "doubled."
        ) from None


def _reader(text: str, delimiter: str) -> filter[list[str]]:
    """Return an iterator over the records that are not blank lines."""
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _found_delimiter(text: str) -> str:
    """Return the delimiter with which the first records have equally many cells, and most of them."""
    counts = {}
    for delimiter in DELIMITERS:
        try:
            lengths = {len(record) for record in islice(_reader(text, delimiter), _LOOKED_AT)}
        except csv.Error:
            continue
        counts[delimiter] = lengths.pop() if len(lengths) == 1 else 0
    if max(counts.values(), default=0) > 1:
        return max(counts, key=lambda one: counts[one])
    first_line = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first_line.count)


def _check_header(names: list[str], source: str) -> None:
    if all(is_number(name) for name in names):
        raise DataError(
            f"{source}: got the first row {', '.join(names[:5])}, expected the names of the columns; add a "
            "first row."
        )


def _check_lengths(records: list[list[str]], source: str) -> None:
    expected = len(records[0])
    for row, record in enumerate(records[1:], start=1):
        if len(record) != expected:
            raise DataError(
                f"{source}: got {len(record)} cells in row {row}, expected {expected}, one for each name "
                f"({', '.join(records[0][:5])}{', ...' if expected > 5 else ''}); a cell that holds the "
                "delimiter must be quoted."
            )


def _checked_decimal(decimal: str) -> str:
    if decimal not in DECIMALS:
        raise DataError(f"decimal: got {decimal!r}, expected '.' or ','.")
    return decimal


def _found_decimal(names: list[str], columns: list[list[str | None]], delimiter: str, source: str) -> str:
    # in a file that commas separate, a quoted 1,234 is as likely a thousand as a number with decimals
    with_comma = None if delimiter == "," else _first_with_decimals(columns, ",")
    if with_comma is None:
        return "."
    with_point = _first_with_decimals(columns, ".")
    if with_point is not None:
        raise DataError(
            f"{source}: got numbers with commas in column {names[with_comma]!r} and with points in column "
            f"{names[with_point]!r}; give decimal=',' or decimal='.', and write the other column likewise."
        )
    return ","


def _first_with_decimals(columns: list[list[str | None]], decimal: str) -> int | None:
    """Return the place of the first column of numbers in which this decimal sign stands."""
    for place, texts in enumerate(columns):
        present = [text for text in texts if text is not None]
        if any(has_decimals(text, decimal) for text in present) and all(
            is_number(text, decimal) for text in present
        ):
            return place
    return None
