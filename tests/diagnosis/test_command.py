"""`tiza diagnose`: of a kept model, of a recipe, with a change tried, as JSON; and docs/diagnosis.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from readme_blocks import blocks_of, renewed, run, trimmed, words
from tiza.cli.main import cli
from tiza.diagnosis.thresholds import THRESHOLDS
from tiza.diagnosis.wording import SENTENCES
from tiza.language import use_language

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis.md"
HEAD = "| name | limit | reason |\n|---|---|---|\n"
WILD = ("moons", "--optimizer", "sgd", "--learning-rate", "30", "--epochs", "12")


def invoked(*arguments: str) -> Result:
    with use_language("en"):
        return CliRunner(env={"COLUMNS": "100"}).invoke(cli, ("diagnose", *arguments))


def test_a_recipe_with_its_change_tried() -> None:
    result = invoked(*WILD, "--try")
    assert result.exit_code == 0, result.output
    assert "The learning rate 30 is too high" in result.stdout
    assert "It helped" in result.stdout
    read = json.loads(invoked(*WILD, "--try", "--json").stdout)
    assert read["findings"][0]["kind"] == "rate_too_high"
    assert read["findings"][0]["changes"][0]["kind"] == "learning_rate"
    assert read["trial"]["helped"] is True
    assert len(read["trial"]["after"]["losses"]) == 13


def test_a_kept_model(tmp_path: Path) -> None:
    path = str(tmp_path / "moons.tiza")
    with use_language("en"):
        made = CliRunner().invoke(cli, ("train", "moons", "--epochs", "30", "--quiet", "--output", path))
    assert made.exit_code == 0, made.output
    result = invoked(path, "moons", "--try")
    assert result.exit_code == 0, result.output
    assert "Nothing is wrong" in result.stdout
    assert "There is no change to try." in result.stdout
    assert json.loads(invoked(path, "moons", "--json").stdout)["findings"] == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("some.tiza",), 2, "Name the data after the model"),
        (("moons", "circles"), 2, "only after a model"),
        (("some.tiza", "moons", "--hidden", "3"), 2, "hidden: the model is made already"),
        (("some.tiza", "moons"), 1, "No such file"),
        ((), 2, "There are no data"),
    ],
)
def test_refusals(arguments: tuple[str, ...], status: int, message: str) -> None:
    result = invoked(*arguments)
    assert result.exit_code == status, result.output
    assert message in result.stderr


def table_of_limits() -> str:
    rows = (f"| `{name}` | {one.value:g} | {one.reason} |\n" for name, one in THRESHOLDS.items())
    return HEAD + "".join(rows)


def test_the_page_has_every_limit_and_every_cause() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert table_of_limits() in page
    for kind in SENTENCES:
        assert f"`{kind}`" in page
    assert not any("|" in one.reason for one in THRESHOLDS.values())  # it would begin another cell


def test_every_block_prints_what_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = list(blocks_of(PAGE.read_text(encoding="utf-8")))
    assert len(blocks) >= 4
    for block in blocks:
        printed = trimmed(run(block, names, "en"), block.shown)
        assert words(printed) == words(block.shown), block.code


def with_limits(text: str) -> str:
    """Return the page with the table of limits written anew."""
    before, behind = text.split(HEAD)
    _, _, rest = behind.partition("\n\n")
    return f"{before}{table_of_limits()}\n{rest}"


if __name__ == "__main__":
    page = with_limits(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(renewed(page, "en"), encoding="utf-8")
