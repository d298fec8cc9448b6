"""The options of fit and the callbacks that change training, against Keras on JAX in float64."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from tiza.training import callbacks as cb
from tiza.training.callbacks.callback import HOOKS

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

ENGINES = ("reference", "native")


def twins(keras: Any, engine: str, rate: float = 0.3) -> tuple[tz.Sequential, Any]:
    """Return a network and the same one in Keras, with the same weights."""
    ours = tz.Sequential(
        [tz.Input((3,)), tz.layers.Dense(5, "tanh"), tz.layers.Dense(3, "softmax")], dtype="float64"
    )
    layers = keras.layers
    theirs = keras.Sequential([keras.Input((3,)), layers.Dense(5, "tanh"), layers.Dense(3, "softmax")])
    theirs.set_weights(ours.get_weights())
    loss = "sparse_categorical_crossentropy"
    ours.compile(tz.optimizers.SGD(rate), loss, ["accuracy"], engine=engine)
    theirs.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"])
    return ours, theirs


def data(rows: int = 23, seed: int = 0) -> tuple[Any, Any]:
    source = np.random.default_rng(seed)
    return source.normal(size=(rows, 3)), source.integers(0, 3, rows)


def both(ours: Any, theirs: Any, *arguments: Any, **options: Any) -> tuple[Any, Any]:
    found, expected = (
        one.fit(*arguments, shuffle=False, verbose=0, **options).history for one in (ours, theirs)
    )
    return found, expected


def compare_all(what: str, ours: Any, theirs: Any, found: Any, expected: Any, *but: str) -> None:
    assert set(found) == set(expected)
    for name in set(found) - set(but):
        compare(what, found[name], expected[name])
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        compare(what, one, other)


OPTIONS: dict[str, dict[str, Any]] = {
    "validation_split": {"validation_split": 0.3},
    "validation_data": {"validation_data": data(9, 1)},
    "weighted validation_data": {"validation_data": (*data(9, 1), np.arange(9.0))},
    "class_weight": {"class_weight": {0: 0.2, 2: 3.0}, "validation_split": 0.2},
    "initial_epoch": {"initial_epoch": 2},
    "steps_per_epoch": {"steps_per_epoch": 2, "validation_split": 0.2},
    "validation_steps": {"validation_data": data(9, 1), "validation_steps": 2, "validation_batch_size": 4},
    "validation_freq": {"validation_data": data(9, 1), "validation_freq": 2},
    "validation_freq list": {"validation_data": data(9, 1), "validation_freq": [1, 4]},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("option", OPTIONS)
def test_options(option: str, engine: str, keras: Any) -> None:
    ours, theirs = twins(keras, engine)
    found, expected = both(ours, theirs, *data(), 5, 5, **OPTIONS[option])
    # accuracy counts samples as their weights say here, as Keras' weighted_metrics
    but = {"class_weight": ("accuracy",), "weighted validation_data": ("val_accuracy",)}
    compare_all(f"fit, {option}", ours, theirs, found, expected, *but.get(option, ()))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping(restore: bool, engine: str, keras: Any) -> None:
    """A third of the validation labels contradict the training labels: their loss falls, then rises."""
    ours, theirs = twins(keras, engine)
    arguments: Any = {"patience": 2, "restore_best_weights": restore, "min_delta": 0.001}
    stops = cb.EarlyStopping(**arguments), keras.callbacks.EarlyStopping(**arguments)
    x, y = data()
    held = x[:9], np.append(y[:6], (y[6:9] + 1) % 3)
    found, expected = (
        model.fit(x, y, 5, 60, shuffle=False, verbose=0, validation_data=held, callbacks=[stop]).history
        for model, stop in zip((ours, theirs), stops, strict=True)
    )
    assert 10 < len(expected["loss"]) < 60
    assert (stops[0].best_epoch, stops[0].stopped_epoch) == (stops[1].best_epoch, stops[1].stopped_epoch)
    compare_all("EarlyStopping", ours, theirs, found, expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_rates(engine: str, keras: Any) -> None:
    arguments = {"patience": 1, "factor": 0.3, "cooldown": 1, "min_lr": 0.05, "min_delta": 0.01}
    made: tuple[Callable[[Any], Any], ...] = (
        lambda module: module.ReduceLROnPlateau(**arguments),
        lambda module: module.LearningRateScheduler(lambda epoch, now: float(now) * 0.8),
        lambda module: module.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)),
    )
    for make in made:
        ours, theirs = twins(keras, engine, 3.0)
        found, expected = (
            model.fit(
                *data(), 5, 12, shuffle=False, verbose=0, validation_data=data(9, 1), callbacks=[make(module)]
            ).history
            for model, module in ((ours, cb), (theirs, keras.callbacks))
        )
        assert len({round(float(rate), 9) for rate in expected["learning_rate"]}) > 2
        compare_all("rates set by callbacks", ours, theirs, found, expected)


def test_one_batch_at_a_time(keras: Any) -> None:
    ours, theirs = twins(keras, "native")
    x, y = data()
    for _ in range(3):
        compare("train_on_batch", ours.train_on_batch(x, y), theirs.train_on_batch(x, y))
        compare("test_on_batch", ours.test_on_batch(x, y), theirs.test_on_batch(x, y))
        compare("predict_on_batch", ours.predict_on_batch(x), theirs.predict_on_batch(x))
    weighted = partial(ours.train_on_batch, x, y), partial(theirs.train_on_batch, x, y)
    mine, other = (one(class_weight={0: 0.5, 1: 2.0}) for one in weighted)
    compare("train_on_batch", mine[0], other[0])


def test_hooks_are_told_in_the_same_order(keras: Any) -> None:
    ours, theirs = twins(keras, "reference")
    told: dict[str, list[Any]] = {}
    for name, model, module in (("ours", ours, cb), ("theirs", theirs, keras.callbacks)):
        notes = told.setdefault(name, [])

        def note(hook: str, *arguments: Any, notes: list[Any] = notes, **_: Any) -> None:
            notes.append((hook, *(one for one in arguments if isinstance(one, int))))

        hooks = [one for one in HOOKS if hasattr(module.Callback, one) and "predict" not in one]
        hooks = [one for one in hooks if one not in ("on_batch_begin", "on_batch_end", "on_not_finite")]
        watch = module.LambdaCallback(**{hook: partial(note, hook) for hook in hooks})
        model.fit(
            *data(), 5, 2, verbose=0, validation_data=data(9, 1), validation_batch_size=4, callbacks=[watch]
        )
    assert told["ours"] == told["theirs"]
