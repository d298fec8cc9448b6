"""CSV files as they come: delimiters, decimal commas, marks, quotes, and files that are refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiza as tz
from tiza.data.tables.csv_files import DELIMITERS
from tiza.errors import DataError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def texts(table: tz.data.Table) -> dict[str, list[str | None]]:
    return {column.name: column.texts for column in table.columns}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(
    file: Path, rows: list[list[str]], delimiter: str, line_end: str, encoding: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b", "c"], *rows])
    file.write_bytes(written.getvalue().encode(encoding))
    read = texts(tz.data.read_csv(file, delimiter=delimiter, missing=()))
    assert [list(row) for row in zip(*read.values(), strict=True)] == [
        [cell.strip() for cell in row] for row in rows
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x,y\n1,2\n", {"x": [1], "y": [2]}),
        ("\ufeffx;y\n1,5;2\n2,25;3\n", {"x": [1.5, 2.25], "y": [2, 3]}),
        ("x\ty\n1\t2.5\n", {"x": [1], "y": [2.5]}),
        ("x|y\n1|2\n", {"x": [1], "y": [2]}),
        ("x\n1\n2\n", {"x": [1, 2]}),
        ("x;y\n1;a,b\n2;c\n", {"x": [1, 2]}),
        ('x,y\n1,"two\nlines"\n2,"a ""quoted"" one"\n', {"x": [1, 2]}),
        ("x,y\n\n1,2\n\n", {"x": [1], "y": [2]}),
        ("x , y\n 1 , 2 \n", {"x": [1], "y": [2]}),
        ("x,y\n1,NA\nNaN,2\n,3\n", {"x": [1, None, None], "y": [None, 2, 3]}),
        ("x\n1e3\n-.5\n+2.\n", {"x": [1000, -0.5, 2]}),
        ("x\n" + "9" * 30 + "\n1\n", {"x": [1e30, 1]}),
    ],
)
def test_numbers(file: Path, content: str, expected: dict[str, list[float | None]]) -> None:
    file.write_text(content, encoding="utf-8", newline="")
    table = tz.data.read_csv(file)
    for name, values in expected.items():
        numbers = table.column(name).numbers
        assert numbers is not None
        np.testing.assert_array_equal(numbers, np.array(values, "float64"))


def test_quoted_line_ends_stay(file: Path) -> None:
    file.write_text('x,y\n1,"two\nlines"\n', encoding="utf-8", newline="")
    assert texts(tz.data.read_csv(file))["y"] == ["two\nlines"]


def test_other_gaps(file: Path) -> None:
    file.write_text("x,y\n?,-\n1,NA\n", encoding="utf-8")
    assert texts(tz.data.read_csv(file, missing=("?", "-"))) == {"x": [None, "1"], "y": [None, "NA"]}


def test_encodings(file: Path) -> None:
    file.write_bytes("niño,año\nsí,1\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"byte 0xf1 at place 2, which is no utf-8.*cp1252"):
        tz.data.read_csv(file)
    assert tz.data.read_csv(file, encoding="cp1252").names == ("niño", "año")
    with pytest.raises(DataError, match="encoding: got 'klingon'"):
        tz.data.read_csv(file, encoding="klingon")


@pytest.mark.parametrize(
    "name", ["1,000", "12 %", "1_0", "inf", "nan", "١٢", "1.2.3", "--1", "e5", "0x10", "1,5"]
)
def test_what_is_no_number(name: str) -> None:
    assert tz.data.read_table({"x": [name]}, missing=()).column("x").numbers is None


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        ("", {}, "empty file"),
        ("\n\n", {}, "empty file"),
        ("x,y\n", {}, "got no rows"),
        ("x,y,x\n1,2,3\n", {}, "name 'x' for columns 1 and 3"),
        ("x, x\n1,2\n", {}, "name 'x' for columns 1 and 2"),
        (",x\n0,1\n", {}, r"no name for column 1 of 2.*index=False"),
        ("x,y\n1,2\n1,2,3\n", {}, r"got 3 cells in row 2, expected 2.*\(x, y\)"),
        ("x,y\n1\n", {}, "got 1 cells in row 1, expected 2"),
        ("1,2\n3,4\n", {}, "expected the names of the columns"),
        ('x,y\n1,"2\n', {}, "expected CSV; a quoted cell"),
        ("x;y\n1,5;2.5\n", {}, r"commas in column 'x' and with points in column 'y'.*decimal=','"),
        ("x\n1\n", {"delimiter": "::"}, "delimiter: got '::'"),
        ("x\n1\n", {"delimiter": ""}, "delimiter: got ''"),
        ("x\n1\n", {"decimal": "'"}, "decimal: got"),
    ],
)
def test_what_is_refused(file: Path, content: str, arguments: dict[str, Any], complaint: str) -> None:
    file.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(DataError, match=complaint):
        tz.data.read_csv(file, **arguments)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv: got No such file"):
        tz.data.read_csv(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="expected a CSV file"):
        tz.data.read_csv(tmp_path)


def test_asked_for_decimals(file: Path) -> None:
    file.write_text('x,y\n"1,5",2\n', encoding="utf-8")
    assert tz.data.read_csv(file).column("x").numbers is None
    numbers = tz.data.read_csv(file, decimal=",").column("x").numbers
    assert numbers is not None
    assert numbers.tolist() == [1.5]
