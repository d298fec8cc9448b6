"""Preparing tables: what each column becomes, what is announced, what is refused, new rows, and JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza.data.tables.announcements import SENTENCES, Announcement
from tiza.data.tables.columns import KINDS
from tiza.data.tables.kinds import YES_NO_PAIRS
from tiza.data.tables.targets import TASKS
from tiza.errors import DataError

NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False) | st.integers(-(10**6), 10**6) | st.none()
CATEGORIES = st.sampled_from(["red", "green", "blue sky", "café"]) | st.none()
CELLS = {"number": NUMBERS, "category": CATEGORIES, "yes_no": st.booleans()}
TARGETS = {"regression": st.floats(-1e6, 1e6, allow_subnormal=False), "classification": st.sampled_from("ab")}

HOUSES: dict[str, list[Any]] = {
    "area": [70, 120, None, 98],
    "city": ["Lima", "Cusco", "Lima", None],
    "garden": ["no", "yes", "Yes", "no"],
    "country": ["Peru"] * 4,
    "empty": [None] * 4,
    "price": [100.5, 210.0, 150.0, 130.25],
}


def kinds_of(preparation: tz.data.TablePreparation) -> list[str]:
    return [one.kind for one in preparation.announcements]


def test_a_small_table() -> None:
    prepared = tz.data.prepare_table(HOUSES, "price", indicators=True, dtype="float64")
    x, y = prepared
    preparation = prepared.preparation
    assert preparation.feature_names == (
        *("area", "area=(missing)", "city=Cusco", "city=Lima", "city=(missing)", "garden"),
    )
    area = np.array([70, 120, 98, 98])
    np.testing.assert_allclose(x[:, 0], (area - area.mean()) / area.std())
    assert x[:, 1:].tolist() == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 1], [1, 0, 1, 0, 1], [0, 0, 0, 1, 0]]
    price = np.array(HOUSES["price"])
    np.testing.assert_allclose(y, (price - price.mean()) / price.std())
    np.testing.assert_allclose(preparation.predictions(y[:, None]), price)
    assert preparation.ignored == ("country", "empty")
    assert kinds_of(preparation) == [
        *("target_standardized", "number", "gaps_filled", "gaps_indicated", "category", "gaps_as_category"),
        *("yes_no", "dropped_constant", "dropped_empty"),
    ]
    assert str(preparation.announcements[2]) == "area: gaps (1) filled with the median, 98."


def test_a_wrong_filling_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "median", np.mean)
    with pytest.raises(AssertionError):
        test_a_small_table()


def test_every_announcement_is_made() -> None:
    """Each sentence of the table belongs to something that happens, and tells its column."""
    tables: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (HOUSES, {"target": "price", "indicators": True}),
        (HOUSES, {"target": "price", "standardize_target": False, "columns": {"city": "drop"}}),
        ({"id": [1, 2, 3], "y": [1, None, 2]}, {"target": "y", "columns": {"id": "number"}}),
        ({"id": [1, 2, 3, 4], "y": [1, 2, 1, 1]}, {"target": "y"}),
        ({"c": list("aab"), "y": list("uvv")}, {"target": "y", "most_categories": 1, "rare": "other"}),
    ]
    made = [
        one
        for source, rest in tables
        for one in tz.data.prepare_table(source, **rest).preparation.announcements
    ]
    assert {one.kind for one in made} == set(SENTENCES)
    for one in made:
        assert str(one).startswith(f"{one.values['column']}: ")


@st.composite
def tables(draw: Any) -> tuple[dict[str, list[Any]], str | None, dict[str, str]]:
    rows = draw(st.integers(2, 12))
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))
    columns = {
        f"{kind} {place}": draw(st.lists(CELLS[kind], min_size=rows, max_size=rows))
        for place, kind in enumerate(kinds)
    }
    columns["always"] = [float(row) for row in range(rows)]
    task = draw(st.sampled_from([None, *sorted(TARGETS)]))
    if task:
        columns["target"] = draw(st.lists(TARGETS[task], min_size=rows, max_size=rows))
        columns["target"][:2] = [0.25, 0.5] if task == "regression" else ["a", "b"]
    return columns, "target" if task else None, {"task": task} if task else {}


@given(tables(), st.booleans())
def test_new_rows_are_prepared_as_the_first(made: Any, indicators: bool) -> None:
    columns, target, task = made
    prepared = tz.data.prepare_table(columns, target, indicators=indicators, dtype="float64", **task)
    preparation = prepared.preparation
    rows = len(columns["always"])
    assert prepared.features.shape == (rows, len(preparation.feature_names))
    assert np.isfinite(prepared.features).all()
    again = tz.data.TablePreparation.from_json(preparation.to_json())
    assert again == preparation
    assert again.to_json() == preparation.to_json()
    for row in range(rows):
        one = {name: cells[row] for name, cells in columns.items() if name != "target"}
        np.testing.assert_array_equal(again.prepare([one]), prepared.features[row : row + 1])
    backwards = {name: columns[name] for name in reversed(columns)}
    np.testing.assert_array_equal(again.prepare(backwards), prepared.features)
    assert (prepared.targets is None) == (target is None)
    if prepared.targets is not None:
        np.testing.assert_array_equal(again.targets(columns), prepared.targets)
        outputs = prepared.targets if again.task == "regression" else np.eye(2)[prepared.targets]
        found = again.predictions(outputs).tolist()
        given_ = columns["target"]
        assert found == (pytest.approx(given_, abs=1e-6) if again.task == "regression" else given_)


@given(tables())
def test_texts_say_the_same_as_values(made: Any) -> None:
    """A CSV file holds the texts of the values: the features are the same."""
    columns, target, task = made
    written = {
        name: [None if cell is None else str(cell) for cell in cells] for name, cells in columns.items()
    }
    first = tz.data.prepare_table(columns, target, dtype="float64", **task)
    second = tz.data.prepare_table(written, target, dtype="float64", **task)
    np.testing.assert_array_equal(first.features, second.features)
    assert first.preparation.feature_names == second.preparation.feature_names


@pytest.mark.parametrize("pair", YES_NO_PAIRS)
def test_yes_and_no(pair: tuple[str, str]) -> None:
    no, yes = pair
    prepared = tz.data.prepare_table({"x": [no, yes.upper(), yes]})
    assert prepared.features.tolist() == [[0], [1], [1]]
    gaps = tz.data.prepare_table({"x": [no, yes, None, yes, no]}, columns={"x": "category"})
    assert gaps.preparation.feature_names == (f"x={min(pair)}", f"x={max(pair)}", "x=(missing)")
    assert sorted(pair) == list(pair)


def test_zeros_and_ones_stay() -> None:
    for cells in ([0, 1, 1], [0.0, 1.0, 1.0], ["0", "1", "1"], ["0.0", "1", "1.0"], [False, True, True]):
        assert tz.data.prepare_table({"x": cells}).features.tolist() == [[0], [1], [1]]


def test_rare_categories() -> None:
    cells = [*"aaaabbbcd"]
    prepared = tz.data.prepare_table({"x": cells}, most_categories=2, rare="other")
    assert prepared.preparation.feature_names == ("x=a", "x=b", "x=(other)")
    assert prepared.features[-3:].tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert prepared.preparation.prepare({"x": ["never seen"]}).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(
    ("cells", "task", "names"),
    [
        ([3, 1, 2], "classification", ("1", "2", "3")),
        ([10, 9, 10], "classification", ("9", "10")),
        (list(range(11)), "regression", ()),
        ([0.5, 1.5, 1.5], "regression", ()),
        (["no", "yes", "no"], "classification", ("no", "yes")),
        ([True, False, True], "classification", ("false", "true")),
        (["b", "a", "b"], "classification", ("a", "b")),
        ([0, 1, 1], "classification", ("0", "1")),
    ],
)
def test_the_task_is_found(cells: list[Any], task: str, names: tuple[str, ...]) -> None:
    prepared = tz.data.prepare_table({"x": np.arange(len(cells)) ** 2, "y": cells}, "y")
    assert prepared.preparation.task == task
    assert prepared.preparation.class_names == names
    assert prepared.targets is not None
    assert prepared.targets.dtype == ("float32" if task == "regression" else "int64")
    if names:
        found = [names[label] for label in prepared.targets]
        assert found == [str(cell).lower() for cell in cells]


def test_asked_for_tasks() -> None:
    source = {"x": [1.5, 2.5, 4.5], "y": [1, 2, 3]}
    assert tz.data.prepare_table(source, "y", task="regression").preparation.task == "regression"
    bad: list[tuple[str, dict[str, Any]]] = [
        ("task: got 'ranking'", {"target": "y", "task": "ranking"}),
        ("without a target", {"task": "regression"}),
        ("target column 'x': got 'a' in row 1", {"target": "x", "task": "regression"}),
    ]
    for complaint, arguments in bad:
        with pytest.raises(DataError, match=complaint):
            tz.data.prepare_table({**source, "x": list("abc")}, **arguments)


MANY = [f"name {place}" for place in range(30)]


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        (["2024-01-31", "2024-02-01", None], "dates or times, such as '2024-01-31'"),
        (["31/1/2024", "1/2/2024"], "dates or times"),
        (["2024-01-31T10:00:00", "2024-01-31T11:00:00"], "dates or times"),
        (["12:30", "13:45:10"], "dates or times"),
        (["1", "2", "three"], "numbers, but 'three' in row 3 is none"),
        (["1,000", "2,000", "3"], "'1,000' in row 1 is none.*thousands"),
        (["12 %", "13 %"], "'12 %' in row 1"),
        (["1.5", "inf"], "'inf' in row 2"),
        ([1.5, float("inf")], "got inf, expected numbers below 1e"),
        ([1e200, 1.0], r"got 1e\+200"),
        (["1e999", "1"], "got 1e999"),
        (["1" + "0" * 400, "1"], "expected numbers below"),
        (["007", "012"], "digits behind a zero.*'007'|'007'.*digits behind a zero"),
        ([str(2**60), str(2**60 + 1), "5"], "identifiers"),
        ([2**60, 2**60 + 1, 5], "identifiers"),
        (MANY, "30 texts that all differ"),
        ([*MANY, *MANY], "30 categories.*at most 20.*rare='other'"),
        (["x" * 100, "y", "y"], "texts, such as 'xxx"),
        (["a\nb", "y", "y"], "got texts"),
    ],
)
def test_columns_that_are_refused(cells: list[Any], complaint: str) -> None:
    source = {"bad one": cells, "fine": np.arange(len(cells)) ** 2}
    with pytest.raises(DataError, match=rf"column 'bad one': .*({complaint})"):
        tz.data.prepare_table(source)
    left = tz.data.prepare_table(source, columns={"bad one": "drop"}).preparation
    assert (left.feature_names, left.ignored) == (("fine",), ("bad one",))


def test_all_refusals_are_told_at_once() -> None:
    with pytest.raises(DataError, match=r"(?s)'when': got dates.*'what': got numbers, but"):
        tz.data.prepare_table({"when": ["2024-01-31", "2024-02-01"], "what": ["1", "x"]})


def test_what_is_asked_for_is_done() -> None:
    codes = tz.data.prepare_table({"zip": ["007", "012", "007"]}, columns={"zip": "category"})
    assert codes.preparation.feature_names == ("zip=007", "zip=012")
    numbers = tz.data.prepare_table({"zip": ["007", "012", "007"]}, columns={"zip": "number"})
    assert numbers.preparation.feature_names == ("zip",)
    classes = tz.data.prepare_table({"x": [1, 2, 10]}, columns={"x": "category"})
    assert classes.preparation.feature_names == ("x=1", "x=2", "x=10")


@pytest.mark.parametrize(
    ("source", "arguments", "complaint"),
    [
        ({"x": [1, 1]}, {}, "no column that can be a feature"),
        ({"x": [None, None]}, {}, r"no column that can be a feature \(x left out\)"),
        ({"x": [1, 2]}, {"target": "x"}, "no column that can be a feature"),
        ({"x": [1, 2], "y": [1, 1]}, {"target": "y"}, "target 'y': got '1' in every row"),
        ({"x": [1, 2], "y": [None, None]}, {"target": "y"}, "only gaps"),
        ({"x": [1, 2], "y": ["2024-01-31", "2024-02-01"]}, {"target": "y"}, "target column 'y': got dates"),
        ({"x": [1, 2]}, {"target": "z"}, "no column 'z', expected one of x"),
        ({"x": [1, 2]}, {"columns": {"z": "drop"}}, "no column 'z'"),
        ({"x": [1, 2]}, {"columns": {"x": "constant"}}, "columns.*'constant', expected 'number' or"),
        ({"x": [1, 2]}, {"columns": {"x": "drop"}, "target": "x"}, "'drop' for the target"),
        ({"x": ["a", "b"]}, {"columns": {"x": "number"}}, "got 'a' in row 1, expected numbers"),
        ({"x": ["a", "b"]}, {"columns": {"x": "yes_no"}}, "expected two words such as yes and no"),
        ({"x": [1, 2]}, {"rare": "drop"}, "rare: got 'drop'"),
        ({"x": [1, 2]}, {"most_categories": 0}, "most_categories: got 0"),
        ({"x": [1, 2]}, {"dtype": "int32"}, "dtype: got 'int32'"),
        ({"x": [1, 2], "y": [1]}, {}, "columns of 'x' 2, 'y' 1 cells"),
        ({}, {}, "no rows"),
        ({"x": []}, {}, "no rows"),
        ({"x": "text"}, {}, "expected a list of its cells"),
        ({"x": 3}, {}, "expected its cells"),
        ({"x": [[1], [2]]}, {}, r"got \[1\] in row 1 of column 'x'"),
        ([], {}, "list of nothing"),
        ([1, 2], {}, "list of int"),
        ([{"x": 1}, {"y": 1}], {}, "got the names y in row 2"),
        (3, {}, "got a int"),
        (np.zeros((2, 2)), {}, "arrays have no names"),
    ],
)
def test_what_is_refused(source: Any, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        tz.data.prepare_table(source, **arguments)


PREPARATION = tz.data.prepare_table(
    {
        "age": [30, 41, 52],
        "city": ["Lima", "Cusco", "Lima"],
        "smokes": ["no", "yes", "no"],
        "y": [1.5, 2.5, 3.5],
    },
    "y",
).preparation
ROW: dict[str, Any] = {"age": 30, "city": "Lima", "smokes": "yes"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"age": 30, "city": "Lima"}, "no column 'smokes', expected age, city, smokes"),
        ({**ROW, "height": 180}, "new column 'height'"),
        ({**ROW, "city": "Quito"}, "column 'city': got 'Quito' in row 2, expected one of Cusco, Lima"),
        ({**ROW, "city": None}, "column 'city': got a gap in row 2"),
        ({**ROW, "age": "old"}, "column 'age': got 'old' in row 2, expected a number"),
        ({**ROW, "age": None}, "column 'age': got a gap in row 2"),
        ({**ROW, "age": float("inf")}, "column 'age': got inf in row 2"),
        ({**ROW, "age": 1e300}, "column 'age': got .*too large"),
        ({**ROW, "smokes": "perhaps"}, "column 'smokes': got 'perhaps' in row 2, expected no or yes"),
        ({**ROW, "smokes": None}, "column 'smokes': got a gap"),
    ],
)
def test_new_rows_that_do_not_fit(row: dict[str, Any], complaint: str) -> None:
    first = {name: value for name, value in ROW.items() if name in row}
    if set(row) - set(ROW):
        first = {**first, "height": 1}
    with pytest.raises(DataError, match=complaint):
        PREPARATION.prepare([first, row])


def test_targets_of_new_rows() -> None:
    assert PREPARATION.prepare([{**ROW, "y": 2.0}]).shape == (1, 4)
    np.testing.assert_allclose(PREPARATION.targets({"y": [2.5]}), [0.0], atol=1e-7)
    with pytest.raises(DataError, match="no column 'y'"):
        PREPARATION.targets([ROW])
    with pytest.raises(DataError, match="column 'y': got a gap"):
        PREPARATION.targets({"y": [None]})
    without = tz.data.prepare_table({"x": [1, 2]}).preparation
    for call in (without.targets, without.predictions):
        with pytest.raises(DataError, match="without one"):
            call([[1.0]])


def test_predictions() -> None:
    np.testing.assert_allclose(PREPARATION.predictions([[0.0], [0.0]]), [2.5, 2.5])
    with pytest.raises(DataError, match=r"shape \(1, 2\)"):
        PREPARATION.predictions([[0.0, 1.0]])
    classes = tz.data.prepare_table({"x": [1, 2], "y": ["no", "yes"]}, "y").preparation
    assert classes.predictions([[0.2], [0.8]]).tolist() == ["no", "yes"]
    assert classes.predictions([0.2, 0.8]).tolist() == ["no", "yes"]
    assert classes.predictions([[0.2, 0.8]]).tolist() == ["yes"]
    with pytest.raises(DataError, match=r"shape \(1, 3\), expected \(rows, 2\)"):
        classes.predictions([[0.2, 0.3, 0.5]])


def test_every_kind_is_written_as_json() -> None:
    written = json.loads(tz.data.prepare_table(HOUSES, "price").preparation.to_json())
    assert {one["kind"] for one in written["columns"]} == set(KINDS)
    for kind in (*KINDS.values(), *TASKS.values(), Announcement):
        assert dataclasses.is_dataclass(kind)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"tiza.table_preparation": 2}, "got 2, expected 'tiza.table_preparation' of version 1"),
        ({"more": 1}, "expected announcements, columns"),
        ({"columns": 3}, "got 3 for 'columns'"),
        ({"columns": []}, "columns: got none"),
        ({"columns": [{"kind": "colour"}]}, "expected 'kind' to be one of number, category, yes_no"),
        ({"columns": [{"kind": "yes_no", "name": "x"}]}, "got the fields name, expected name, no, yes"),
        ({"columns": [{"kind": "yes_no", "name": "x", "no": 0, "yes": "y"}]}, "got 0 for 'no', expected str"),
        (
            {
                "columns": [
                    {
                        "kind": "category",
                        "name": "x",
                        "categories": ["a", 1],
                        "other": False,
                        "missing": False,
                    }
                ]
            },
            "expected texts",
        ),
        (
            {
                "columns": [
                    {
                        "kind": "category",
                        "name": "x",
                        "categories": ["a", "a"],
                        "other": False,
                        "missing": False,
                    }
                ]
            },
            "expected distinct ones",
        ),
        (
            {
                "columns": [
                    {
                        "kind": "number",
                        "name": "x",
                        "mean": 0,
                        "deviation": 0,
                        "fill": None,
                        "indicator": False,
                    }
                ]
            },
            "a deviation above 0",
        ),
        (
            {
                "columns": [
                    {
                        "kind": "number",
                        "name": "x",
                        "mean": True,
                        "deviation": 1,
                        "fill": None,
                        "indicator": False,
                    }
                ]
            },
            "got True for 'mean'",
        ),
        ({"target": {"task": "ranking"}}, "expected 'task' to be one of"),
        ({"ignored": ["age"]}, "expected each name once"),
        ({"ignored": [1]}, "list of str"),
        ({"dtype": "float16"}, "dtype"),
        ({"announcements": [{"kind": "joke", "values": {}}]}, "announcement: got kind 'joke'"),
        (
            {"announcements": [{"kind": "number", "values": {"column": "x"}}]},
            "with the values of its sentence",
        ),
    ],
)
def test_json_that_is_refused(changes: dict[str, Any], complaint: str) -> None:
    entry = json.loads(PREPARATION.to_json()) | changes
    with pytest.raises(DataError, match=complaint):
        tz.data.TablePreparation.from_json(json.dumps(entry))


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", "3", None])
def test_text_that_is_no_preparation(text: Any) -> None:
    with pytest.raises(DataError, match="JSON: got"):
        tz.data.TablePreparation.from_json(text)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_network_trains_on_a_table(engine: str) -> None:
    random = np.random.default_rng(0)
    sizes, colors = random.uniform(0, 1000, 80), random.choice(["red", "blue"], 80)
    source = {"size": sizes, "color": colors, "big": np.where((sizes > 500) ^ (colors == "red"), "yes", "no")}
    x, y = prepared = tz.data.prepare_table(source, "big")
    model = tz.Sequential(
        [
            tz.Input((x.shape[1],)),
            tz.layers.Dense(8, activation="tanh"),
            tz.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(tz.optimizers.Adam(0.05), "binary_crossentropy", engine=engine)
    model.fit(x, y, epochs=60, verbose=0)
    found = prepared.preparation.predictions(model.predict(x))
    assert (found == source["big"]).mean() > 0.9
