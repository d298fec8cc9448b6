"""The command `train` with the digits of MNIST: every option, one-hot targets, JSON, tables."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tiza.cli.main import cli
from tiza.language import use_language
from tiza.nn.losses import LOSSES

QUICK = ("--samples", "600", "--epochs", "2", "--layers", "16")


def run(*arguments: str, columns: int = 100, language: str = "en") -> Result:
    with use_language(language):
        runner = CliRunner(env={"COLUMNS": str(columns)})
        result = runner.invoke(cli, ("train", "mnist", *QUICK, *arguments))
    assert result.exit_code == 0, result.output
    return result


def run_json(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    read = json.loads(result.stdout)
    assert isinstance(read, dict)
    return read


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_learns(loss: str) -> None:
    read = run_json("--loss", loss)
    losses = read["history"]["loss"]
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert read["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    assert 0.1 < read["test"]["accuracy"] <= 1.0
    assert read["seconds"] >= 0


def test_every_option_counts() -> None:
    reference = ("--engine", "reference")
    usual = run_json(*reference)
    assert run_json(*reference)["history"] == usual["history"]
    for option in (
        ("--seed", "1"),
        ("--activation", "tanh"),
        ("--optimizer", "sgd"),
        ("--learning-rate", "0.01"),
        ("--batch-size", "50"),
        ("--dtype", "float64"),
        ("--loss", "quadratic"),
        ("--loss", "quadratic", "--output-activation", "linear"),
        ("--layers", "16,12"),
        ("--layers", "none"),
        ("--samples", "500"),
    ):
        assert run_json(*reference, *option)["history"] != usual["history"], option
    assert len(run_json(*reference, "--epochs", "3")["history"]["accuracy"]) == 3
    assert run_json(*reference, "--layers", "none")["parameters"] == 7850


def test_engines_agree() -> None:
    ours, reference = (run_json("--engine", name)["history"] for name in ("auto", "reference"))
    assert ours["loss"] == pytest.approx(reference["loss"], rel=1e-3)


@pytest.mark.parametrize(
    ("language", "epoch", "accuracy"), [("en", "Epoch", "accuracy"), ("es", "Época", "exactitud")]
)
def test_the_results_are_tables_that_fit_a_narrow_terminal(language: str, epoch: str, accuracy: str) -> None:
    shown = run(columns=60, language=language).stdout
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 60
    assert "\x1b" not in shown
    assert "…" not in shown
    (second,) = [line for line in lines if line.startswith(f"{epoch} 2/2")]
    assert re.match(rf"{epoch} 2/2  \w+ \d\.\d{{4}}  {accuracy} 0\.\d{{4}}$", second)
    # an epoch is told once, while it passes
    assert [line.split()[1] for line in lines if line.startswith(epoch)] == ["1/2", "2/2"]
    assert not any(re.match(r"\s*\d+ +\d\.\d{4}", line) for line in lines)
    digits = [line.split() for line in lines[-10:]]
    counts = [[int(one.replace("·", "0")) for one in row[1:11]] for row in digits]
    assert sum(map(sum, counts)) == 10_000
    assert [sum(row) for row in counts] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    (last,) = [line.split() for line in lines if line.startswith(("test ", "prueba "))]
    right = sum(row[at] for at, row in enumerate(counts))
    assert float(last[2]) == pytest.approx(right / 10_000, abs=1e-4)


def test_refusals_are_one_line() -> None:
    for options, message in (
        (
            ("--loss", "categorical_crossentropy", "--output-activation", "sigmoid"),
            "expects probabilities from softmax",
        ),
        (("--learning-rate", "-1"), "got --learning-rate -1.0"),
        (
            (
                "--optimizer",
                "sgd",
                "--loss",
                "mse",
                "--output-activation",
                "linear",
                "--learning-rate",
                "1e9",
            ),
            "not finite",
        ),
    ):
        with use_language("en"):
            result = CliRunner().invoke(cli, ("train", "mnist", *QUICK, *options))
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert message in result.stderr
