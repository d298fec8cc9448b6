"""Ctrl-C at the end of an epoch of `tiza train`; tests/cli/test_commands.py sends the signal to a process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tiza as tz
from table_files import invoke, run_json, write_houses
from tiza.cli.commands import INTERRUPTED
from tiza.models.sequential import Sequential
from tiza.training.callbacks import LambdaCallback


@pytest.fixture
def after_epoch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what lets Ctrl-C come at the end of an epoch, counted from 0."""
    fit = Sequential.fit

    def interrupt(last: int) -> None:
        def at_end(epoch: int, _logs: Any) -> None:
            if epoch == last:
                raise KeyboardInterrupt

        def interrupted_fit(*arguments: Any, **settings: Any) -> Any:
            settings["callbacks"] = [*settings["callbacks"], LambdaCallback(on_epoch_end=at_end)]
            return fit(*arguments, **settings)

        monkeypatch.setattr(Sequential, "fit", interrupted_fit)

    return interrupt


def test_the_best_weights_are_written_and_measured(tmp_path: Path, after_epoch: Any) -> None:
    houses, path = write_houses(tmp_path / "houses.csv"), tmp_path / "price.tiza"
    # so large a rate that later epochs are worse than the best
    train = ("train", houses, "--target", "price", "--learning-rate", "0.3", "--epochs", "60")
    after_epoch(7)
    result = invoke(*train, "--output", path)
    assert result.exit_code == INTERRUPTED
    assert result.stderr.strip() == "Interrupted; epochs that are done: 8."
    assert "The weights are those after epoch " in result.stdout
    assert "Written to " in result.stdout
    history = json.loads(invoke(*train, "--json").stdout)["history"]
    assert len(history["val_loss"]) == 8
    best = 1 + history["val_loss"].index(min(history["val_loss"]))
    assert f"The weights are those after epoch {best}, the best." in result.stdout
    told = run_json("evaluate", path, houses)
    assert told["rows"] == 240
    assert tz.load_model(path).preparation is not None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Interrupted before the first epoch was done: nothing was learned or written."),
        ("es", "Interrumpido antes de terminar la primera época: no se aprendió ni se escribió nada."),
    ],
)
def test_before_the_first_epoch_nothing_is_learned_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    def interrupted(*_arguments: Any, **_settings: Any) -> Any:
        raise KeyboardInterrupt

    houses, path = write_houses(tmp_path / "houses.csv"), tmp_path / "price.tiza"
    monkeypatch.setattr(Sequential, "fit", interrupted)
    result = invoke("train", houses, "--target", "price", "--output", path, "--language", language)
    assert result.exit_code == INTERRUPTED
    assert result.stderr.strip() == words
    assert not path.exists()
