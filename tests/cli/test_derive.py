"""The command `derive`: the course's example, JSON, decimal commas, and clear refusals."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner, Result

from tiza.cli.derive import derive
from tiza.language import use_language

COURSE = "ln(x1) + x1*x2 - sin(x2)"


def run(*arguments: str, language: str = "en") -> Result:
    with use_language(language):
        return CliRunner(env={"COLUMNS": "100"}).invoke(derive, arguments)


def test_the_example_of_the_course() -> None:
    result = run(COURSE, "x1=2", "x2=5")
    assert result.exit_code == 0, result.output
    for shown in ("ln v-1", "0.69314718", "−0.95892427", "10.693147", "11.652071", "1.7163378", "x2 + 1/x1"):
        assert shown in result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["v-1", "=", "x1", "2", "1", "0", "5.5"] in lines


def test_json_is_one_line() -> None:
    result = run(COURSE, "x1=2", "x2=5", "--json")
    assert result.output.count("\n") == 1
    read = json.loads(result.output)
    assert round(read["value"], 6) == 11.652071
    assert [row["name"] for row in read["evaluation"]] == ["v-1", "v0", "v1", "v2", "v3", "v4", "v5"]
    assert len(read["error_by_step"]) == 15
    assert [one["method"] for one in read["methods"]][-1] == "reverse mode"


def test_json_has_no_nan() -> None:
    read = json.loads(run("sqrt(x)", "x=0.001", "--json").output)
    assert read["error_by_step"][0]["central"] is None


@pytest.mark.parametrize(("text", "value"), [("x=2,5", 2.5), ("x=-1e-3", -1e-3), ("x = 4", 4.0)])
def test_numbers(text: str, value: float) -> None:
    assert json.loads(run("-x^2", text, "--json").output)["point"] == {"x": value}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x*y", "x=1"), "add y=..."),
        (("x", "x=1", "z=2"), "z is not in the formula; it has x."),
        (("x", "x=1", "x=2"), "x is given twice"),
        (("x", "x=one"), "expected NAME=NUMBER"),
        (("x", "x=nan"), "expected NAME=NUMBER"),
        (("x", "x"), "expected NAME=NUMBER"),
        (("x", "--jsn"), "expected NAME=NUMBER"),
        (("2 + 3",), "no variables"),
        (("2x", "x=1"), "write 2*x"),
        (("__import__('os')",), "unexpected character '_'"),
        (("ln(x)", "x=-1"), "ln(−1) is not a real number."),
        (("1/x", "x=0"), "1 / 0 is infinite or too large."),
        (("10**10**10*x", "x=1"), "10 ^ 1e+10 is infinite or too large."),
        (("sqrt(x)", "x=0"), "the derivative of sqrt(0) does not exist or is infinite."),
    ],
)
def test_refusals(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("language", "rows"), [("en", ("sin v0", "x1 - cos(x2)")), ("es", ("sen v0", "x1 - cos(x2)"))]
)
def test_the_sine_is_called_as_in_the_readers_language(language: str, rows: tuple[str, ...]) -> None:
    told = run(COURSE, "x1=2", "x2=5", language=language).output
    assert all(row in told for row in rows)
    assert f"f = {COURSE}" in told  # as it was typed
    partial = run("cos(x)", "x=1", language=language).output
    assert f"∂f/∂x = -{rows[0][:3]}(x)" in partial


@pytest.mark.parametrize(("language", "words"), [("en", "need SymPy"), ("es", "hace falta SymPy")])
def test_the_extra_that_is_missing_is_a_command_to_copy(
    monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    (told,) = (
        line for line in run("x*y", "x=1", "y=2", language=language).output.splitlines() if words in line
    )
    assert told.endswith(": pip install '.[symbolic]'")
