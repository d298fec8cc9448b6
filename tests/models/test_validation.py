"""Validation, weights of classes, parts of a pass: the options of fit, and data that they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from network_oracles import small_data, small_model
from tiza.engines.reference.engine import ReferenceEngine
from tiza.errors import DataError, ModelError
from tiza.training.callbacks import Callback, LambdaCallback
from tiza.training.class_weights import balanced, classes_of

ENGINES = ("reference", "native")


def classifier(engine: str, **options: Any) -> tz.Sequential:
    layers: list[Any] = [tz.Input((3,)), tz.layers.Dense(4, "tanh"), tz.layers.Dense(3, "softmax")]
    model = tz.Sequential(layers, **options)
    model.compile(tz.optimizers.SGD(0.5), "sparse_categorical_crossentropy", ["accuracy"], engine=engine)
    return model


def labelled(rows: int = 12, seed: int = 0) -> tuple[Any, Any]:
    source = np.random.default_rng(seed)
    return source.normal(size=(rows, 3)), np.append(source.integers(0, 2, rows - 2), [2, 2])


@pytest.mark.parametrize("engine", ENGINES)
def test_validation_is_evaluation_after_each_epoch(engine: str) -> None:
    x, y = small_data(10)
    other, wanted = small_data(7, seed=1)
    weight = np.arange(7.0)
    model, twin = small_model(engine=engine), small_model(engine=engine)
    history = model.fit(
        x, y, 4, 3, verbose=0, validation_data=(other, wanted, weight), validation_batch_size=3
    )
    plain = twin.fit(x, y, 4, 1, verbose=0).history
    for epoch in range(3):
        if epoch:
            plain = twin.fit(x, y, 4, 1, verbose=0).history
        expected = twin.evaluate(other, wanted, sample_weight=weight, return_dict=True)
        for name, value in expected.items():
            assert history.history[f"val_{name}"][epoch] == pytest.approx(value, rel=1e-6)
            assert history.history[name][epoch] == pytest.approx(plain[name][0], rel=1e-6)
    assert list(history.history) == ["loss", "mse", "val_loss", "val_mse"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_part_is_held_out(engine: str) -> None:
    x, y = small_data(10)
    weight = np.arange(10.0) + 1
    model, twin = small_model(engine=engine), small_model(engine=engine)
    # 10 (1 - 0.25) = 7.5: 7 rows are for training, as in Keras
    split = model.fit(x, y, 4, 2, verbose=0, validation_split=0.25, sample_weight=weight)
    given = twin.fit(
        x[:7],
        y[:7],
        4,
        2,
        verbose=0,
        validation_data=(x[7:], y[7:], weight[7:]),
        sample_weight=weight[:7],
        validation_split=0.9,
    )
    assert split.history == given.history


def test_when_and_how_much_is_measured() -> None:
    x, y = small_data(10)
    frequencies: tuple[tuple[dict[str, Any], list[int]], ...] = (
        ({"validation_freq": 2}, [2, 4]),
        ({"validation_freq": [1, 5]}, [1, 5]),
        ({"validation_freq": (3,)}, [3]),
        ({"validation_freq": 9}, []),
    )
    for options, epochs in frequencies:
        told: list[int] = []
        watch = LambdaCallback(
            on_epoch_end=lambda at, logs, told=told: told.append(at + 1) if "val_loss" in logs else 0
        )
        history = small_model().fit(
            x, y, epochs=5, verbose=0, validation_data=(x, y), callbacks=[watch], **options
        )
        assert told == epochs
        assert len(history.history.get("val_loss", [])) == len(epochs)
        assert len(history.history["loss"]) == 5
    parts: tuple[tuple[dict[str, Any], int], ...] = (
        ({}, 10),
        ({"validation_steps": 2}, 8),
        ({"validation_steps": 2, "validation_batch_size": 3}, 6),
        ({"validation_steps": 9, "validation_batch_size": 3}, 10),
    )
    for options, rows in parts:
        model = small_model()
        found = model.fit(x, y, 4, verbose=0, validation_data=(x, y), **options).history["val_loss"]
        assert found == [pytest.approx(model.evaluate(x[:rows], y[:rows])[0], rel=1e-6)]
    assert model.evaluate(x, y, 3, steps=2) == pytest.approx(model.evaluate(x[:6], y[:6]), rel=1e-6)


def test_validation_compiles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = small_data(10)
    model = small_model()
    options: dict[str, Any] = {"verbose": 0, "shuffle": False, "validation_data": (x, y)}
    model.fit(x, y, 4, **options)

    def refused(*arguments: Any, **options: Any) -> None:
        raise AssertionError("something was compiled")

    monkeypatch.setattr(ReferenceEngine, "compile", refused)
    model.fit(x, y, 4, 3, **options)


WRONG = [
    ({"validation_data": 3}, r"validation_data: got int, expected \(x, y\)"),
    ({"validation_data": (np.ones((2, 3)),)}, "validation_data: got"),
    ({"validation_data": (np.ones((2, 4)), np.ones((2, 2)))}, r"validation_data: x: got shape \(2, 4\)"),
    ({"validation_data": (np.ones((2, 3)), np.ones((2, 5)))}, r"validation_data: y: got shape \(2, 5\)"),
    ({"validation_data": (np.ones((2, 3)), np.ones((3, 2)))}, "validation_data: .*x 2, y 3"),
    (
        {"validation_data": (np.full((2, 3), np.nan), np.ones((2, 2)))},
        r"validation_data: x: got nan at \(0, 0\)",
    ),
    ({"validation_data": (np.ones((2, 3)), np.ones((2, 2)), [1.0])}, "validation_data: sample_weight"),
    ({"validation_split": 1.0}, "validation_split: got 1.0"),
    ({"validation_split": -0.1}, "validation_split: got -0.1"),
    ({"validation_split": "half"}, "validation_split: got 'half'"),
    ({"validation_split": 0.95}, "leaves 0 for training"),
    ({"validation_freq": 0}, "validation_freq"),
    ({"validation_freq": [0]}, "validation_freq"),
    ({"validation_freq": []}, r"validation_freq: got \[\], expected the numbers of some epochs"),
    ({"validation_freq": "2"}, "validation_freq"),
    ({"validation_steps": 0}, "validation_steps"),
    ({"validation_batch_size": 0}, "validation_batch_size"),
    ({"initial_epoch": -1}, "initial_epoch"),
    ({"steps_per_epoch": 0}, "steps_per_epoch"),
    ({"class_weight": [1.0, 2.0]}, r"class_weight: got \[1.0, 2.0\]"),
    ({"class_weight": {0: -1.0}}, "class_weight: got {0: weight}=-1.0"),
    ({"class_weight": {"0": 1.0}}, "class_weight: class: got '0'"),
    ({"class_weight": {2: 1.0}}, "class_weight: class: got 2, expected a whole number from 0 to 1"),
    ({"class_weight": "equal"}, "'balanced'"),
    ({"initial_epoch": 5}, "epochs: got 2, expected at least initial_epoch=5.*epochs=7"),
    ({"shuffle": "no"}, "fit: got shuffle='no', expected True or False"),
    ({"class_weight": {0: 1.0}, "sample_weight": np.ones(10)}, "expected one of them"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
@pytest.mark.parametrize("built", [True, False])
def test_what_does_not_fit_changes_nothing(options: dict[str, Any], words: str, built: bool) -> None:
    x, y = small_data(10)
    model = small_model()
    if not built:
        model = tz.Sequential(list(model.layers))
        model.compile("sgd", "mse", ["mse"], engine="reference")
    state, history = model.state, model.history
    with pytest.raises((DataError, ModelError), match=words):
        model.fit(x, y, verbose=0, epochs=2, **options)
    assert model.history is history
    assert model.state.keys() == state.keys()
    for path, value in model.state.items():
        np.testing.assert_array_equal(value, state[path])


def test_a_gap_in_the_part_that_is_held_out_is_found() -> None:
    x, y = small_data(10)
    x[9, 1] = np.nan
    for values in (x, x.astype("float32")):
        with pytest.raises(DataError, match="nan"):
            small_model().fit(values, y, verbose=0, validation_split=0.2)


@pytest.mark.parametrize("engine", ENGINES)
def test_classes_count_as_told(engine: str) -> None:
    x, y = labelled()
    for weights, expected in (
        ({0: 2.0, 2: 0.5}, np.select([y == 0, y == 2], [2.0, 0.5], 1.0)),
        ("balanced", 12 / (3 * np.bincount(y)[y])),
        ({}, np.ones(12)),
    ):
        model, twin = (classifier(engine, dtype="float64") for _ in range(2))
        found = model.fit(x, y, 5, 2, verbose=0, class_weight=weights).history
        assert found == twin.fit(x, y, 5, 2, verbose=0, sample_weight=expected).history
        assert model.train_on_batch(x, y, class_weight=weights) == twin.train_on_batch(x, y, expected)
        for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_weights_of_classes_are_those_of_the_training_part() -> None:
    x, y = labelled()
    model, twin = classifier("reference"), classifier("reference")
    model.fit(x, y, verbose=0, class_weight="balanced", validation_split=0.25)
    weight = [balanced(y[:9])[one] for one in y[:9].tolist()]
    twin.fit(x[:9], y[:9], verbose=0, sample_weight=weight)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_classes_of_targets() -> None:
    for targets, expected in (
        (np.array([0, 2, 1]), [0, 2, 1]),
        (np.array([[0.0], [1.0]]), [0, 1]),
        (np.array([[0.1, 0.9], [0.6, 0.4]]), [1, 0]),
        (np.array([0.9, 0.2]), [1, 0]),
    ):
        assert classes_of(targets).tolist() == expected
    with pytest.raises(DataError, match=r"got target -2.0 at \(1,\)"):
        classes_of(np.array([1.0, -2.0]))
    with pytest.raises(DataError, match="one class a sample"):
        classes_of(np.zeros((2, 3, 3)))


@pytest.mark.parametrize("engine", ENGINES)
def test_epochs_that_are_parts_of_a_pass(engine: str) -> None:
    x, y = small_data(20)
    whole, parts = small_model(engine=engine), small_model(engine=engine)
    whole.fit(x, y, 2, 2, verbose=0)
    history = parts.fit(x, y, 2, 4, verbose=0, steps_per_epoch=5)
    assert len(history.history["loss"]) == 4
    for ours, expected in zip(parts.state.values(), whole.state.values(), strict=True):
        np.testing.assert_array_equal(ours, expected)
    # passes of 10 steps as epochs of 4, 4 and 2
    parts = small_model(engine=engine)
    steps: list[int] = []
    watch = LambdaCallback(on_epoch_end=lambda *_: steps.append(int(parts.state["optimizer.iterations"])))
    with pytest.warns(UserWarning, match="the last epoch of each pass has 2"):
        parts.fit(x, y, 2, 6, verbose=0, steps_per_epoch=4, callbacks=[watch])
    assert steps == [4, 8, 10, 14, 18, 20]
    for ours, expected in zip(parts.state.values(), whole.state.values(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_batch_size_that_follows_from_the_steps() -> None:
    x, y = small_data(20)
    seen: list[int] = []
    for options, expected in (({"steps_per_epoch": 5}, 5), ({}, 1), ({"batch_size": None}, 1)):
        seen.clear()
        watch = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
        small_model().fit(x, y, verbose=0, callbacks=[watch], **options)
        assert seen == list(range(expected))


def test_a_training_that_is_continued() -> None:
    x, y = small_data(10)
    once, twice = small_model(), small_model()
    whole = once.fit(x, y, 3, 5, verbose=0)
    first = twice.fit(x, y, 3, 2, verbose=0)
    rest = twice.fit(x, y, 3, 5, verbose=0, initial_epoch=2)
    assert rest.epoch == [2, 3, 4]
    assert first.history["loss"] + rest.history["loss"] == whole.history["loss"]
    assert twice.fit(x, y, 3, 5, verbose=0, initial_epoch=5).epoch == []


@pytest.mark.parametrize("engine", ENGINES)
def test_one_batch_at_a_time(engine: str) -> None:
    x, y = small_data(10)
    model, twin = small_model(engine=engine), small_model(engine=engine)
    weight = np.arange(10.0)
    before = model.evaluate(x, y, sample_weight=weight)
    assert model.test_on_batch(x, y, weight) == pytest.approx(before, rel=1e-6)
    assert model.test_on_batch(x, y, return_dict=True).keys() == {"loss", "mse"}
    history = model.history
    assert model.train_on_batch(x, y, weight) == pytest.approx(before, rel=1e-6)
    twin.fit(x, y, 10, shuffle=False, verbose=0, sample_weight=weight)
    assert model.history is history
    for ours, expected in zip(model.state.values(), twin.state.values(), strict=True):
        np.testing.assert_array_equal(ours, expected)
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, 10))
    state = model.state
    x[3, 1] = np.nan
    for values in (x, x.astype("float32")):
        with pytest.raises(DataError, match=r"nan at \(3, 1\)"):
            model.train_on_batch(values, y)
    assert all((state[path] == value).all() for path, value in model.state.items())


def test_the_order_of_arguments_is_that_of_keras() -> None:
    """The names that Keras 3 documents, in its order; those at the end of ours are ours."""
    import inspect

    for method, names in (
        (
            "fit",
            "x y batch_size epochs verbose callbacks validation_split validation_data shuffle class_weight "
            "sample_weight initial_epoch steps_per_epoch validation_steps validation_batch_size "
            "validation_freq",
        ),
        ("evaluate", "x y batch_size verbose sample_weight steps callbacks return_dict"),
        ("train_on_batch", "x y sample_weight class_weight return_dict"),
        ("test_on_batch", "x y sample_weight return_dict"),
        ("predict_on_batch", "x"),
    ):
        found = list(inspect.signature(getattr(tz.Sequential, method)).parameters)
        assert found[1:] == names.split()


def test_what_the_display_shows(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every epoch once, with its validation, on a terminal too, whatever its height."""
    x, y = small_data(10)
    small_model().fit(x, y, epochs=3, verbose=2, validation_split=0.5)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("val" in line for line in lines)
    small_model().evaluate(x, y, verbose=1)
    assert len(capsys.readouterr().out.splitlines()) == 1
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LINES", "5")
    small_model().fit(x, y, epochs=20, verbose=1, callbacks=[Callback()])
    shown = capsys.readouterr().out
    for epoch in range(1, 21):
        assert shown.count(f"Epoch {epoch}/20  ") == 1
