"""What other rooms refuse is told in Spanish: every sentence is one that they say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tiza as tz
from tiza.blackboard.notation import Notation
from tiza.calculus.expression import parse_expression
from tiza.calculus.symbolic import load_sympy
from tiza.cli.refusals import CLAUSES, REASONS, SENTENCES, as_options, reason_of, worded_refusal
from tiza.data.tables import prepare_table, read_csv
from tiza.errors import ModelError, TizaError
from tiza.exercises.exercise import exercise
from tiza.exercises.request import read_code, requested
from tiza.exercises.source import find_source
from tiza.language import translate, use_language
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.lessons.page import lesson_text
from tiza.nn.checks import whole_number
from tiza.nn.registry import find
from tiza.sheets.checking import check_sheet
from tiza.sheets.folder import MOST_FILES, check_folder
from tiza.sheets.reading import MOST_BYTES, MOST_LINES, read_mapping, read_sheet_file

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


def sheet(content: str | bytes, name: str = "s.txt") -> Callable[[Path], object]:
    """Return what reads a student's sheet and finds what it is about."""

    def read(folder: Path) -> object:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return check_sheet(find_source(found := read_sheet_file(path), folder), found)

    return read


def crowded(folder: Path) -> object:
    for number in range(MOST_FILES + 1):
        (folder / f"{number}.csv").touch()
    return check_folder(folder, find_source)


def broken_model(folder: Path) -> object:
    """Return what checks a sheet about a file that is no model."""
    (folder / "m.tiza").write_bytes(b"nothing")
    return sheet("net = m.tiza\nL = 1")(folder)


def headless(folder: Path) -> object:
    """Return what checks a sheet about a model without giving x and y."""
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(folder / "m.tiza")
    return sheet("net = m.tiza\nL = 1")(folder)


def asked(kind: str, net: str, **more: object) -> Callable[[Path], object]:
    """Return what asks for an exercise."""
    return lambda _: requested(kind, net, **more)  # type: ignore[arg-type]


def explained(*arguments: object, **names: str) -> Callable[[Path], object]:
    """Return what asks for a number of a network of two samples, with an output of one number each."""

    def ask(_folder: Path) -> object:
        model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1), tz.layers.BatchNormalization()])
        model.compile("sgd", "mse")
        profile = Notation().with_names(names)
        return model.explain([[1.0, 2.0]] * 2, [[1.0]] * 2, *arguments, profile=profile)  # type: ignore[arg-type]

    return ask


def lines_of_a_board(_folder: Path) -> object:
    return find_lesson("tanh-2-2-1").explain().with_blanks([99])


def no_numbers(_folder: Path) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tiza.exercises.making.MOST_DRAWN", 0)
        return exercise(requested("forward", "2-2-1"), 1)


def not_trained(_folder: Path) -> object:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, trainable=False), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model.explain([[1.0]], [[1.0]], "dense.kernel[0,0]", True)


JSON_MISTAKES = (
    '{"net": }',
    "{net: 1}",
    '{"net" 1}',
    '{"net": "xor" "h1": 1}',
    '{"net": "xor',
    '{"net": "a\tb"}',
    '{"net": "\\q"}',
    '{"net": "\\uZZZZ"}',
    '{"net": "xor"} 1',
)

REFUSALS: dict[str, Callable[[Path], object]] = {
    "no network": sheet("h1 = 1"),
    "no such lesson": sheet("net = tanh-2-2-9"),
    "a name like none": sheet("net = qqqqqqqqqq"),
    **{f"JSON {text}": sheet(text, "s.json") for text in JSON_MISTAKES},
    "JSON too deep": sheet("[" * 100_000, "s.json"),
    "a large sheet": sheet(" " * (MOST_BYTES + 1)),
    "no text": sheet(b"\0\1"),
    "many lines": sheet("a = 1\n" * (MOST_LINES + 1)),
    "many values": lambda _: read_mapping({str(at): at for at in range(MOST_LINES + 1)}),
    "no object": sheet("[]", "s.json"),
    "no object of values": sheet('{"values": 1}', "s.json"),
    "no object of names": sheet('{"naming": 1}', "s.json"),
    "no sheets": lambda folder: check_folder(folder, find_source),
    "many sheets": crowded,
    "without x and y": headless,
    "rows of different lengths": sheet("net = tanh-2-2-1\nx = ((1, 2), (3))\ny = 1\nh1 = 1"),
    "a broken model": broken_model,
    "a calculation with x": sheet("net = regla-de-la-cadena\nx = 1"),
    "an exercise with x": sheet("net = forward 2-2-1 tanh seed 1 variant 1 draw 3\nx = (1, 2)"),
    "no good numbers": no_numbers,
    "a loss of another kind": asked("forward", "2-2-1", loss="mean_absolute_error"),
    "an output for another loss": asked("loss", "2-2-2", output="linear", loss="binary_crossentropy"),
    "one class alone": asked("loss", "2-2-1", output="softmax", loss="categorical_crossentropy"),
    "no sizes": asked("forward", "two"),
    "an empty layer": asked("forward", "2-0-1"),
    "a large exercise": asked("forward", "2-99-1"),
    "many weights": asked("backward", "4-4-4-4"),
    "no seed": lambda _: read_code("forward 2-2-1 seed x"),
    "no code": lambda _: read_code("forward"),
    "a name that cannot be read": explained("[1"),
    "an index that is none": explained("dense.kernel[a,b]"),
    "an index too few": explained("dense.kernel[0]"),
    "an index of one number": explained("loss[0]"),
    "an index of samples": explained("dense.z[0]"),
    "an index out of range": explained("dense.kernel[9,9]"),
    "no weight": explained("dense.z[0,0]", True),
    "no weight of a network": lambda _: find_lesson("regla-de-la-cadena").explain("b", update=True),
    "a target without numbers": lambda _: lesson_text(
        next(one for one in LESSONS.values() if one.subject is None), "w1"
    ),
    "not trained": not_trained,
    "no such line": lines_of_a_board,
    "a long name": explained("loss", **{"[": "dense.kernel[0,0]"}),
    "a name that is taken": explained("loss", L="dense.kernel[0,0]"),
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


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the sentences that all these refusals say."""
    found: set[str] = set()

    def heard(message: str, **fields: object) -> str:
        found.add(message)
        return translate(message, **fields)

    errors = [refusal(name, tmp_path_factory.mktemp("refused")) for name in REFUSALS]
    toml = ModelError("r.toml: got Is a directory, expected a TOML file that can be read.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tiza.cli.refusals.translate", heard)
        for error in (*errors, toml):
            worded_refusal(error)
    return found


@pytest.mark.parametrize("sentence", [*SENTENCES, *CLAUSES])
def test_every_sentence_is_said(sentence: str, said: set[str]) -> None:
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
