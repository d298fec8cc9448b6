"""DataFrames of pandas, Polars and PyArrow: the same table as the plain columns."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import DataError

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

COLUMNS: dict[str, list[Any]] = {
    "whole": [1, 2, 4],
    "gaps": [1.5, None, 2.5],
    "text": ["a", None, "b"],
    "flag": [True, False, True],
}


@pytest.fixture(params=["pandas", "pandas nullable", "polars", "pyarrow"])
def make(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip("narwhals")
    module = pytest.importorskip(request.param.split()[0])
    if request.param == "pandas nullable":
        return lambda columns: module.DataFrame(columns).convert_dtypes()
    return module.table if request.param == "pyarrow" else module.DataFrame


def test_cells(make: Any) -> None:
    found, expected = tz.data.read_table(make(COLUMNS)), tz.data.read_table(COLUMNS)
    assert found.names == expected.names
    for name in found.names:
        assert found.column(name).texts == expected.column(name).texts


def test_prepared(make: Any) -> None:
    arguments: dict[str, Any] = {"target": "flag", "indicators": True}
    found = tz.data.prepare_table(make(COLUMNS), **arguments)
    expected = tz.data.prepare_table(COLUMNS, **arguments)
    np.testing.assert_array_equal(found.features, expected.features)
    np.testing.assert_array_equal(found.targets, expected.targets)
    assert found.preparation == expected.preparation


def test_dates_are_refused(make: Any) -> None:
    days = [datetime.date(2024, 1, day) for day in (1, 2, 3)]
    times = [datetime.datetime(2024, 1, day, 12, 30) for day in (1, 2, 3)]
    for cells in (days, times, [None, *times[1:]]):
        with pytest.raises(DataError, match="column 'when': got dates or times"):
            tz.data.prepare_table(make({"when": cells, "x": [1, 2, 4]}))


def test_large_whole_numbers_stay(make: Any) -> None:
    with pytest.raises(DataError, match="identifiers"):
        tz.data.prepare_table(make({"id": [2**60, 2**60 + 1, 5]}))


def test_names_that_stand_twice() -> None:
    pytest.importorskip("narwhals")
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match=r"different names|for columns 1 and 2"):
        tz.data.read_table(pandas.DataFrame([[1, 2]], columns=["x", "x"]))


def test_frames_that_are_not_in_memory() -> None:
    pytest.importorskip("narwhals")
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match=r"collect\(\)"):
        tz.data.read_table(polars.LazyFrame({"x": [1]}))


def test_categories_and_numbers_of_names() -> None:
    pytest.importorskip("narwhals")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({0: pandas.Categorical(["a", "b", None])})
    assert tz.data.read_table(frame).column("0").texts == ["a", "b", None]
