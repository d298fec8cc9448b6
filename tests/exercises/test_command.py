"""`tiza exercise`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tiza.cli.main import cli


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(cli, ["exercise", *arguments])


def test_it_prints_exercises() -> None:
    result = run("--kind", "count", "--net", "784-30-10", "--count", "2", "--language", "es")
    assert result.exit_code == 0, result.output
    assert "Ejercicio 2: número de parámetros" in result.stdout
    assert "23860" not in result.stdout


def test_it_prints_solutions() -> None:
    result = run("--kind", "count", "--net", "784-30-10", "--teacher")
    assert "P = P1 + P2 = 23550 + 310 = 23860" in result.stdout


def test_it_writes_files(tmp_path: Path) -> None:
    page, text = tmp_path / "class.html", tmp_path / "class.md"
    result = run("--kind", "loss", "--count", "3", "--html", str(page), "--markdown", str(text))
    assert result.exit_code == 0, result.output
    assert page.read_text(encoding="utf-8").count("<article") == 3
    assert text.read_text(encoding="utf-8").count("# Exercise ") == 3
    assert "3 exercises in" in result.stdout


@pytest.mark.parametrize("teacher", [False, True])
def test_it_writes_a_folder(tmp_path: Path, teacher: bool) -> None:
    folder = tmp_path / "class" / "monday"
    further = ["--teacher"] if teacher else []
    result = run("--kind", "forward", "--count", "10", "--folder", str(folder), *further)
    assert result.exit_code == 0, result.output
    name, sheet = ("solution", "answers") if teacher else ("exercise", "sheet")
    names = [f"{name}-{at:02d}{ending}" for at in range(1, 11) for ending in (".html", ".md")]
    sheets = [f"{sheet}-{at:02d}.txt" for at in range(1, 11)]
    assert sorted(one.name for one in folder.iterdir()) == sorted([*names, *sheets])
    last = (folder / sheets[-1]).read_text(encoding="utf-8")
    assert re.match(r"net = forward 2-2-1 tanh seed 1 variant 10 draw \d+\nz1 = ", last)
    assert ("z1 = \n" in last) is not teacher


def test_it_prints_records() -> None:
    result = run("--kind", "count", "--net", "784-30-10", "--count", "2", "--json")
    first, second = json.loads(result.stdout)
    assert first["answers"] == {"P1": "23550", "P2": "310", "P": "23860"}
    assert first["code"] == "count 784-30-10 seed 1 variant 1 draw 0"
    assert {"name": "P1", "mistakes": ["biases forgotten"], "value": "23520"} in first["mistakes"]
    assert second["given"] != first["given"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "backwards"], "did you mean 'backward'"),
        (["--kind", "forward", "--activation", "tahn"], "did you mean 'tanh'"),
        (["--kind", "forward", "--net", "2-0-1"], "an empty layer"),
        (["--kind", "forward", "--net", "abc"], "such as 2-2-1"),
        (["--kind", "forward", "--net", "784-30-10"], "too large"),
        (["--kind", "forward", "--count", "0"], "from 1 to 200"),
        (["--kind", "forward", "--html", "/no/such/folder/class.html"], "No such file"),
    ],
)
def test_what_is_wrong_is_one_message(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert not result.stdout
    (error,) = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert said in error


def test_a_folder_in_spanish(tmp_path: Path) -> None:
    for further in ([], ["--teacher"]):
        assert run("--folder", str(tmp_path), "--language", "es", *further).exit_code == 0
    stems = {one.stem for one in tmp_path.iterdir()}
    assert stems == {"ejercicio-1", "hoja-1", "solucion-1", "respuestas-1"}
    for name in ("hoja-1.txt", "respuestas-1.txt"):
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("red = forward 2-2-1 ")
    answers = str(tmp_path / "respuestas-1.txt")
    checked = CliRunner().invoke(cli, ["check", answers, "--json"])
    assert {one["verdict"] for one in json.loads(checked.stdout)["lines"]} == {"right"}


def test_what_options_refuse_is_told_in_spanish(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.touch()
    for option, value, told in (
        ("--count", "x", "se recibió x; se espera un número entero"),
        ("--html", str(tmp_path), "se recibió la carpeta"),
        ("--folder", str(file), "se recibió el archivo"),
    ):
        result = run(option, value, "--language", "es")
        assert result.exit_code == 2
        assert f"{option}: {told}" in result.stderr
