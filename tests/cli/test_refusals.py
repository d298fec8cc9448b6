"""What other rooms refuse is told in Spanish: every sentence is one that they say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tiza as tz
from tiza.calculus.expression import parse_expression
from tiza.calculus.symbolic import load_sympy
from tiza.cli.refusals import REASONS, SENTENCES, as_options, reason_of, worded_refusal
from tiza.data.tables import prepare_table, read_csv
from tiza.errors import ModelError, TizaError
from tiza.language import translate, use_language
from tiza.nn.checks import whole_number
from tiza.nn.registry import find

DAYS = [f"2024-01-{day:02}" for day in range(1, 21)]
NAMES = [f"name {row}" for row in range(20)]
NUMBERS = [row % 7 + 0.5 for row in range(20)]
KNOWN = prepare_table(
    {"area": NUMBERS, "city": ["Lima", "Puno"] * 10, "garden": ["yes", "no"] * 10, "y": NUMBERS}, "y"
).preparation


def column(cells: list[object], **rules: object) -> Callable[[Path], object]:
    """Return what prepares a table with one more column of these cells."""
    return lambda _: prepare_table({"a": cells, "b": NUMBERS, "y": NUMBERS}, "y", **rules)  # type: ignore[arg-type]


def target(cells: list[object]) -> Callable[[Path], object]:
    return lambda _: prepare_table({"b": NUMBERS, "y": cells}, "y")


def file(content: str | bytes) -> Callable[[Path], object]:
    """Return what reads a CSV file."""

    def read(folder: Path) -> object:
        path = folder / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_csv(path)

    return read


def row(**cells: str) -> Callable[[Path], object]:
    """Return what prepares a new row."""
    usual = {"area": "1.5", "city": "Lima", "garden": "yes"}
    return lambda _: KNOWN.prepare([{**usual, **cells}])


def diverging(_folder: Path) -> object:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    model.compile(tz.optimizers.SGD(1e30), "mse")
    return model.fit([[1.0], [2.0]], [1.0, 2.0], epochs=9, verbose=0)


def below_zero(_folder: Path) -> object:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    model.compile("sgd", "poisson")
    return model.fit([[1.0], [2.0]], [1.0, -2.0], verbose=0)


def without(package: str, call: Callable[[], object]) -> Callable[[Path], object]:
    """Return what calls a function where a package is not installed."""

    def refused(_folder: Path) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            return call()

    return refused


def plain_file(folder: Path) -> object:
    (folder / "m.tiza").write_text("no", encoding="utf-8")
    return tz.load_model(folder / "m.tiza")


FORMULAS = (
    "x+" * 6000,
    "(" * 300 + "x",
    "x ? 2",
    "x + * 2",
    "1e999*x",
    "expp(x)",
    "f(x)",
    "x + sin",
    "2 x",
    "(1,5)*x",
    "x)",
    "log(x, 2, 3)",
    " ",
    "x**",
    "(x",
)


def formula(text: str) -> Callable[[Path], object]:
    return lambda _: parse_expression(text)


REFUSALS: dict[str, Callable[[Path], object]] = {
    **{text[:20]: formula(text) for text in FORMULAS},
    "did you mean": lambda _: find("loss", "hubber", {"huber": 1}),
    "no name is near": lambda _: find("loss", "zzz", {"huber": 1}),
    "no name": lambda _: find("loss", 3, {"huber": 1}),  # type: ignore[arg-type]
    "too small": lambda _: whole_number("epochs", 0),
    "out of a range": lambda _: whole_number("seed", -1, 0, 2**64),
    "negative": lambda _: tz.optimizers.SGD(-1.0),
    "not below": lambda _: tz.layers.Dropout(1.0),
    "too large": lambda _: tz.optimizers.SGD(0.1, momentum=2.0),
    "no SymPy": without("sympy", load_sympy),
    "no scikit-learn": without("sklearn.datasets", tz.datasets.OF_SCIKIT_LEARN["iris"]),
    "diverged": diverging,
    "below zero": below_zero,
    "encoding": lambda _: read_csv(__file__, encoding="latin-one"),
    "no file": lambda folder: read_csv(folder / "none.csv"),
    "no model": lambda folder: tz.load_model(folder / "none.tiza"),
    "another file": plain_file,
    "empty": file(""),
    "a head alone": file("a,b\n"),
    "no head": file("1,2\n3,4\n"),
    "names twice": file("a,a\n1,2\n"),
    "a short row": file("a,b\n1,2\n3\n"),
    "other bytes": file("año,b\n1,2\n".encode("cp1252")),
    "commas and points": file("a;b\n1,5;2.5\n2,5;3.5\n"),
    "no target": lambda _: prepare_table({"a": NUMBERS, "y": NUMBERS}, "z"),
    "a column too few": lambda _: KNOWN.prepare([{"area": "1.5", "garden": "yes"}]),
    "a column too many": row(pool="yes"),
    "only a target": lambda _: prepare_table({"y": NUMBERS}, "y"),
    "nothing but constants": lambda _: prepare_table({"a": ["x"] * 20, "y": NUMBERS}, "y"),
    "a kind that is none": column(["u", "v"] * 10, columns={"a": "town"}),
    "one class": target(["yes"] * 20),
    "no targets": target([None] * 20),
    "dates": column([*DAYS]),
    "units": column(["3 kg", *map(str, range(19))]),
    "words for a number": column(["u", "v"] * 10, columns={"a": "number"}),
    "long texts": column([f"{'word ' * 20}{row % 3}" for row in range(20)]),
    "identifiers": column([*NAMES]),
    "too many categories": column(["u", "v", "w", "x"] * 5, most_categories=3),
    "codes": column([f"0{row % 8}" for row in range(20)]),
    "a gap": row(city=""),
    "a city that is new": row(city="Quito"),
    "neither yes nor no": row(garden="maybe"),
    "no number": row(area="wide"),
}


def refusal(name: str, folder: Path) -> TizaError:
    with pytest.raises(TizaError) as caught:
        REFUSALS[name](folder)
    return caught.value


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_in_spanish(name: str, tmp_path: Path) -> None:
    error = refusal(name, tmp_path)
    with use_language("es"):
        told = worded_refusal(error)
    assert told != as_options(" ".join(str(error).splitlines()))
    for word in ("got", "expected", "column", "target", "give", "such as", "mend", "file", " or ", "no such"):
        assert f"{word} " not in told.replace(str(tmp_path), ""), told
    with use_language("en"):
        assert worded_refusal(error) == as_options(" ".join(str(error).splitlines()))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_said(sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()

    def heard(message: str, **fields: object) -> str:
        said.add(message)
        return translate(message, **fields)

    errors = [refusal(name, tmp_path) for name in REFUSALS]
    toml = ModelError("r.toml: got Is a directory, expected a TOML file that can be read.")
    monkeypatch.setattr("tiza.cli.refusals.translate", heard)
    for error in (*errors, toml):
        worded_refusal(error)
    assert sentence in said


def test_refusals_of_several_columns_are_each_told_in_spanish() -> None:
    with pytest.raises(TizaError) as caught:
        prepare_table({"a": DAYS, "b": NAMES, "c": NUMBERS, "y": NUMBERS}, "y")
    with use_language("es"):
        told = worded_refusal(caught.value)
    assert "columna 'a': hay fechas" in told
    assert "columna 'b': hay 20 textos" in told
    assert "--columns a=drop" in told
    assert "\n" not in told


def test_what_the_system_says(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "none").read_text(encoding="utf-8")
    with use_language("es"):
        assert reason_of(caught.value) == "no existe ese archivo o esa carpeta"
        assert all(reason_of(OSError(1, text)) != text for text in REASONS)
    with use_language("en"):
        assert reason_of(caught.value) == "No such file or directory"


def test_arguments_are_written_as_options() -> None:
    for python, options in (
        ("columns={'zip code': 'drop'}.", '--columns "zip code=drop".'),
        ("encoding='cp1252' is", "--encoding cp1252 is"),
        ("decimal=',' or decimal='.', and", "--decimal , or --decimal ., and"),
        ("rare='other', raise most_categories, or", "--rare other, raise --most-categories, or"),
        ("task='regression' takes", "--task regression takes"),
    ):
        assert as_options(python) == options
