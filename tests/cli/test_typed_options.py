"""Messages name options as they were typed, and files by their names; both in the reader's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from table_files import invoke, write_houses


@pytest.fixture
def houses(tmp_path: Path) -> str:
    return str(write_houses(tmp_path / "houses.csv"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("options", "head"),
    [
        (("--layers", "3,x"), "--layers: "),
        (("--hidden=0",), "--hidden: "),
        (("--output", "model.txt"), "--output: "),
        (("--optimizer", "adm"), "--optimizer: "),
        (("--loss", "hubber"), "--loss: "),
        (("--validation", "0.5", "--test", "0.6"), "--validation, --test: "),
        (("--balance",), "--balance: "),
    ],
)
def test_an_option_is_named_as_it_was_typed(
    houses: str, language: str, options: tuple[str, ...], head: str
) -> None:
    result = invoke("train", houses, "--target", "price", *options, "--language", language)
    assert result.exit_code in (1, 2)
    assert result.stderr.splitlines()[-1].startswith(f"Error: {head}")


@pytest.mark.parametrize("language", ["en", "es"])
def test_options_inside_a_message(houses: str, language: str) -> None:
    train = ("train", houses, "--target", "price", "--language", language)
    assert " --learning-rate -1.0" in invoke(*train, "--learning-rate", "-1").stderr
    assert " --output-activation." in invoke(*train, "--output", "relu").stderr
    assert "Error: --target: " in invoke("train", "mnist", "--target", "digit", "--language", language).stderr


def test_what_a_file_says_keeps_its_name(tmp_path: Path, houses: str) -> None:
    (tmp_path / "r.toml").write_text(f'data = "{houses}"\ntarget = "price"\noptimizer = "adm"\n', "utf-8")
    assert "Error: optimizer: " in invoke("train", str(tmp_path / "r.toml"), "--epochs", "1").stderr


@pytest.mark.parametrize(
    ("language", "words"), [("en", "got too few rows (2)"), ("es", "hay muy pocas filas (2)")]
)
def test_too_few_rows(tmp_path: Path, language: str, words: str) -> None:
    path = tmp_path / "short.csv"
    path.write_text("a,price\n1,2\n2,3.5\n", "utf-8")
    train = ("train", str(path), "--target", "price", "--language", language)
    result = invoke(*train)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {path}: {words}")
    assert "--validation 0 --test 0" in result.stderr
    assert invoke(*train, "--validation", "0", "--test", "0", "--epochs", "1").exit_code == 0


@pytest.mark.parametrize(
    ("language", "words"), [("en", "the target is a quantity"), ("es", "el objetivo es una cantidad")]
)
def test_a_loss_of_classes_for_a_quantity(houses: str, language: str, words: str) -> None:
    for loss in ("sparse_categorical_crossentropy", "bce", "hinge"):
        result = invoke("train", houses, "--target", "price", "--loss", loss, "--language", language)
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: --loss: ")
        assert words in result.stderr
        assert "mean_squared_error" in result.stderr
        assert "crossentropy" not in result.stderr.partition(words)[2]


def test_a_gap_is_told_with_its_file(tmp_path: Path, houses: str) -> None:
    model, rows = tmp_path / "m.tiza", tmp_path / "new.csv"
    assert invoke("train", houses, "--target", "price", "--epochs", "1", "--output", model).exit_code == 0
    lines = Path(houses).read_text("utf-8").splitlines()[:2]
    names, cells = (line.split(",") for line in lines)
    cells[names.index("garden")] = ""
    rows.write_text("\n".join([lines[0], ",".join(cells)]) + "\n", "utf-8")
    for language, words in (("en", "column 'garden': got a gap"), ("es", "columna 'garden': hay un hueco")):
        told = invoke("predict", model, rows, "--language", language)
        assert told.stderr.startswith(f"Error: {rows}: {words} "), told.stderr
