"""What callbacks do on random series of numbers, against Keras."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from keras_peer import compare
from tiza.training import callbacks as cb

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


class Scripted:
    """What callbacks of both packages see of a model; its weights are the number of the epoch."""

    def __init__(self) -> None:
        self.stop_training = False
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.weights = -1
        self.saved: list[str] = []

    @property
    def learning_rate(self) -> float:
        return float(self.optimizer.learning_rate)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.optimizer.learning_rate = value

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.weights = weights

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(path)


def play(callback: Any, values: list[float]) -> tuple[Any, ...]:
    """Return all that a callback did while the validation loss took these values."""
    model, epoch, rates = Scripted(), 0, []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.weights = epoch
        callback.on_epoch_end(epoch, {"loss": value / 2, "val_loss": value})
        rates.append(model.learning_rate)
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch, model.weights, rates, model.saved


def cases(count: int = 60) -> Any:
    source = np.random.default_rng(0)
    for _ in range(count):
        yield source, source.integers(-4, 5, source.integers(1, 14)).astype("float64").tolist()


def test_early_stopping(keras: Any) -> None:
    for source, values in cases():
        arguments = {
            "min_delta": float(source.choice([0.0, 0.5, 1.0])),
            "patience": int(source.integers(0, 4)),
            "mode": str(source.choice(["auto", "min", "max"])),
            "baseline": source.choice([None, 0.0, 2.0]),
            "restore_best_weights": bool(source.integers(2)),
            "start_from_epoch": int(source.integers(0, 3)),
        }
        ours, theirs = cb.EarlyStopping(**arguments), keras.callbacks.EarlyStopping(**arguments)
        assert play(ours, values) == play(theirs, values), (values, arguments)
        assert (ours.best_epoch, ours.stopped_epoch) == (theirs.best_epoch, theirs.stopped_epoch)


def test_reduce_on_plateau(keras: Any) -> None:
    for source, values in cases():
        arguments: dict[str, Any] = {
            "factor": float(source.choice([0.1, 0.5, 0.9])),
            "patience": int(source.integers(0, 4)),
            "mode": str(source.choice(["auto", "min", "max"])),
            "min_delta": float(source.choice([0.0, 0.5, 1.0])),
            "cooldown": int(source.integers(0, 3)),
            "min_lr": float(source.choice([0.0, 0.25])),
        }
        ours, theirs = cb.ReduceLROnPlateau(**arguments), keras.callbacks.ReduceLROnPlateau(**arguments)
        compare("rates of ReduceLROnPlateau", play(ours, values)[2], play(theirs, values)[2])


def test_checkpoints(keras: Any, tmp_path: Path) -> None:
    for source, values in cases():
        arguments = {
            "save_best_only": bool(source.integers(2)),
            "mode": str(source.choice(["auto", "min", "max"])),
            "initial_value_threshold": source.choice([None, 1.0]),
        }
        path = str(tmp_path / "{epoch:03d}-{val_loss:.1f}.keras")
        ours, theirs = (module.ModelCheckpoint(path, **arguments) for module in (cb, keras.callbacks))
        for _ in range(2):
            assert play(ours, values) == play(theirs, values), (values, arguments)


def test_csv(keras: Any, tmp_path: Path) -> None:
    for at, (source, values) in enumerate(cases(10)):
        arguments: dict[str, Any] = {
            "separator": str(source.choice([",", ";"])),
            "append": bool(source.integers(2)),
        }
        rows = []
        for name, module in (("ours", cb), ("theirs", keras.callbacks)):
            path = tmp_path / f"{name}{at % 3}"
            play(module.CSVLogger(path, **arguments), values)
            with path.open(encoding="utf-8", newline="") as file:
                rows.append(list(csv.reader(file, delimiter=arguments["separator"])))
        assert rows[0] == rows[1]
