"""Callbacks: what is told and when, what they may change, and what stays when one of them raises."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from network_oracles import small_data, small_model
from tiza.engines.native.engine import NativeEngine
from tiza.engines.reference.engine import ReferenceEngine, ReferenceSession
from tiza.errors import DataError, ModelError, NameNotFoundError, NonFiniteError
from tiza.language import use_language
from tiza.models.model import Model
from tiza.nn.metrics import METRICS
from tiza.ops.elementwise import sqrt
from tiza.training import callbacks as cb
from tiza.training.callbacks.callback import HOOKS, TRAIN_BATCH_HOOKS, Callback
from tiza.training.callbacks.monitor import Monitor

ENGINES = ("reference", "native")
TRAIN_HOOKS = [name for name in HOOKS if "train" in name or "epoch" in name]


def recorder(told: list[Any], *hooks: str) -> cb.LambdaCallback:
    """Return a callback that notes the hooks it is told of, with their numbers."""

    def note(name: str, *arguments: Any) -> None:
        numbers = [one for one in arguments if isinstance(one, int)]
        told.append((name, *numbers))

    return cb.LambdaCallback(**{name: partial(note, name) for name in hooks or HOOKS})


def same_state(left: Model, right: Model) -> None:
    assert left.state.keys() == right.state.keys()
    for ours, other in zip(left.state.values(), right.state.values(), strict=True):
        np.testing.assert_array_equal(ours, other)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_told_in_which_order(engine: str) -> None:
    x, y = small_data()
    told: list[Any] = []
    small_model(engine=engine).fit(
        x, y, batch_size=5, epochs=2, verbose=0, validation_data=(x, y), callbacks=[recorder(told)]
    )
    epoch = [
        ("on_train_batch_begin", 0),
        ("on_train_batch_end", 0),
        ("on_train_batch_begin", 1),
        ("on_train_batch_end", 1),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0),
        ("on_test_end",),
    ]
    expected: list[Any] = [("on_train_begin",)]
    for number in range(2):
        expected += [("on_epoch_begin", number), *epoch, ("on_epoch_end", number)]
    assert told == [*expected, ("on_train_end",)]


def test_every_hook_is_told_sometime() -> None:
    x, y = small_data()
    told: list[Any] = []
    model = small_model()
    watch = recorder(told)
    model.fit(x, y, verbose=0, validation_split=0.5, callbacks=[watch])
    model.predict(x, callbacks=[watch])
    model.evaluate(x, y, callbacks=watch)
    stop = cb.TerminateOnNaN()
    model.learning_rate = 1e38
    with pytest.warns(tz.data.UnscaledFeaturesWarning):
        model.fit(x * 1e30, y, epochs=9, verbose=0, callbacks=[stop, watch])
    # the older names are told by the newer ones, which are replaced here
    assert {name for name, *_ in told} == set(HOOKS) - {"on_batch_begin", "on_batch_end"}
    told.clear()
    model = small_model()
    model.fit(x, y, verbose=0, callbacks=[recorder(told, "on_batch_begin", "on_batch_end")])
    assert told == [("on_batch_begin", 0), ("on_batch_end", 0)]


def returns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of steps of each return of the reference engine."""
    seen: list[int] = []
    run = ReferenceSession.run

    def counted(self: ReferenceSession, *arguments: Any) -> Any:
        done = run(self, *arguments)
        seen.append(len(done.results))
        return done

    monkeypatch.setattr(ReferenceSession, "run", counted)
    monkeypatch.setattr("tiza.training.trainer.SECONDS_A_RETURN", math.inf)
    return seen


def test_training_returns_only_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = small_data()
    seen = returns(monkeypatch)

    class Batches(Callback):
        def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            pass

    cases: tuple[tuple[Any, dict[str, Any], list[int]], ...] = (
        (None, {}, [12]),
        (cb.EarlyStopping("loss", patience=9), {}, [3] * 4),
        (None, {"validation_split": 0.2}, [2] * 4),
        (Batches(), {}, [1] * 12),
        (cb.LambdaCallback(on_train_batch_begin=lambda batch, logs: None), {}, [1] * 12),
        (cb.LambdaCallback(on_epoch_end=lambda epoch, logs: None), {}, [3] * 4),
    )
    for callbacks, options, expected in cases:
        seen.clear()
        small_model().fit(x, y, batch_size=4, epochs=4, verbose=0, callbacks=callbacks, **options)
        assert seen == expected
    assert [cb.ModelCheckpoint("path", save_freq=one).follows_steps() for one in ("epoch", 3)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_looking_changes_nothing(engine: str) -> None:
    """Training that returns after every epoch or step leaves the bits of training that does not."""
    x, y = small_data(137)
    plain = small_model(engine=engine, dtype="float64")
    history = plain.fit(x, y, batch_size=2, epochs=3, verbose=0).history
    for watch in (Callback(), recorder([])):
        model = small_model(engine=engine, dtype="float64")
        assert model.fit(x, y, batch_size=2, epochs=3, verbose=0, callbacks=[watch]).history == history
        same_state(plain, model)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    source = np.random.default_rng(0)
    x, y = source.normal(size=(400, 60)).astype("float32"), source.integers(0, 5, 400)
    states = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        layers: list[Any] = [tz.Input((60,)), tz.layers.Dense(200, "relu"), tz.layers.Dense(5, "softmax")]
        model = tz.Sequential(layers)
        model.compile("adam", "sparse_categorical_crossentropy")
        fitted = model.fit(
            x, y, 128, 3, verbose=0, callbacks=[recorder([])], validation_split=0.25, class_weight="balanced"
        )
        states.append((model.state, fitted.history))
    for state, history in states[1:]:
        assert history == states[0][1]
        for path, value in state.items():
            np.testing.assert_array_equal(value, states[0][0][path])


@pytest.mark.parametrize("engine", ENGINES)
def test_logs_of_batches_are_means_so_far(engine: str) -> None:
    x, y = small_data(10)
    seen: list[dict[str, float]] = []
    model, twin = small_model(engine=engine), small_model(engine=engine)
    watch = cb.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs))
    history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[watch])
    total = 0.0
    for at, start in enumerate((0, 4, 8)):
        rows = slice(start, start + 4)
        total += twin.train_on_batch(x[rows], y[rows])[0] * len(x[rows])
        assert seen[at]["loss"] == pytest.approx(total / min(start + 4, 10), rel=1e-6)
    assert {name: values[-1] for name, values in history.history.items()} == seen[-1]


@pytest.mark.parametrize("engine", ENGINES)
def test_training_stops_where_it_is_told(engine: str) -> None:
    x, y = small_data(12)
    for hook, number, epochs, steps in (
        ("on_epoch_end", 1, 2, 6),
        ("on_train_batch_end", 1, 1, 2),
        ("on_epoch_begin", 2, 3, 9),
    ):
        model = small_model(engine=engine)

        def stop(at: int, logs: Any, model: Model = model, number: int = number) -> None:
            model.stop_training = model.stop_training or at == number

        ended: list[Any] = []
        hooks: dict[str, Any] = {hook: stop, "on_train_end": ended.append}
        history = model.fit(x, y, 4, 9, verbose=0, callbacks=[cb.LambdaCallback(**hooks)])
        assert len(history.epoch) == len(history.history["loss"]) == epochs
        assert model.state["optimizer.iterations"] == steps
        assert len(ended) == 1
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        assert model.state["optimizer.iterations"] == steps + 6


def rising(engine: str = "reference") -> tz.Sequential:
    """Return a model whose weight grows by rate * y in each step."""
    layer = tz.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = tz.Sequential([tz.Input((1,)), layer], dtype="float64")
    model.compile(tz.optimizers.SGD(1.0), lambda y, a: -y * a, engine=engine)
    return model


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_rate_counts_from_the_next_step_on_and_compiles_nothing(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = rising(engine)
    x, y = [[1.0]] * 3, [1.0, 10.0, 100.0]
    model.fit(x, y, batch_size=1, verbose=0, callbacks=[Callback()])
    kind = {"reference": ReferenceEngine, "native": NativeEngine}[engine]

    def refused(*arguments: Any) -> None:
        raise AssertionError("something was compiled")

    monkeypatch.setattr(kind, "compile", refused)

    def at_batch(batch: int, logs: Any) -> None:
        model.learning_rate = float(batch + 2)

    before = model.get_weights()[0][0, 0]
    watch = cb.LambdaCallback(on_train_batch_begin=at_batch)
    model.fit(x, y, batch_size=1, shuffle=False, verbose=0, callbacks=[watch])
    assert model.get_weights()[0][0, 0] - before == pytest.approx(2 + 30 + 400)
    halved = cb.LearningRateScheduler(lambda epoch, rate: 8.0 if epoch == 0 else rate / 2)
    before = model.get_weights()[0][0, 0]
    history = model.fit(x, y, batch_size=1, epochs=3, shuffle=False, verbose=0, callbacks=[halved])
    assert history.history["learning_rate"] == [8.0, 4.0, 2.0]
    assert model.get_weights()[0][0, 0] - before == pytest.approx(111 * 14)
    assert model.learning_rate == 2.0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_begin"])
def test_weights_that_a_callback_sets_are_trained_on(engine: str, hook: str) -> None:
    model = rising(engine)

    def replace(*arguments: Any) -> None:
        if arguments[0] in (0, {}):
            model.set_weights([[[1000.0]]])

    watch = cb.LambdaCallback(**{hook: replace})
    model.fit([[1.0]] * 2, [1.0, 10.0], batch_size=1, epochs=2, verbose=0, shuffle=False, callbacks=[watch])
    steps = {"on_epoch_begin": 22, "on_epoch_end": 11, "on_train_batch_begin": 11, "on_train_begin": 22}
    assert model.get_weights()[0][0, 0] == pytest.approx(1000 + steps[hook])


class FailureError(Exception):
    """Raised by callbacks of these tests."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hook", TRAIN_HOOKS)
def test_a_callback_that_raises_loses_nothing(engine: str, hook: str) -> None:
    """Weights are those after the last step, the history has the epochs that are done."""
    x, y = small_data(8)
    model, twin = small_model(engine=engine), small_model(engine=engine)
    calls = 0

    def fail(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2 or hook in ("on_train_begin", "on_train_end"):
            raise FailureError(hook)

    known = model.history
    with pytest.raises(FailureError, match=hook):
        model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[cb.LambdaCallback(**{hook: fail})])
    steps, epochs = {
        "on_train_begin": (0, 0),
        "on_train_end": (4, 2),
        "on_epoch_begin": (2, 1),
        "on_epoch_end": (4, 2),
        "on_train_batch_begin": (1, 0),
        "on_train_batch_end": (2, 1),
    }[hook]
    order = twin.trainer.orders(twin.state, 8, 4, True, 2)
    for step in range(steps):
        rows = order[step // 2, step % 2 * 4 : step % 2 * 4 + 4]
        twin.train_on_batch(x[rows], y[rows])
    same_state(model, twin)
    if steps == 0:
        assert model.history is known
    else:
        assert model.history is not None
        assert len(model.history.epoch) == epochs
    model.fit(x, y, verbose=0)


def test_an_error_of_data_in_a_callback_is_no_error_of_the_training_data() -> None:
    x, y = small_data(8)
    model = tz.Sequential([tz.layers.Dense(2)])
    model.compile("sgd", "mse", engine="reference")

    def measure(epoch: int, logs: Any) -> None:
        model.evaluate(x[:, :2], y)

    with pytest.raises(DataError, match="x: got shape"):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[cb.LambdaCallback(on_epoch_end=measure)])
    assert model.state["optimizer.iterations"] == 1
    assert model.history is not None
    assert len(model.history.epoch) == 1


def test_a_model_is_not_compiled_while_it_trains() -> None:
    x, y = small_data(8)
    model = small_model()
    again = cb.LambdaCallback(on_epoch_end=lambda epoch, logs: model.compile("sgd", "mse"))
    with pytest.raises(ModelError, match="callback compiled"):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[again])


def test_what_a_callback_adds_stands_in_the_history() -> None:
    x, y = small_data(8)

    def add(epoch: int, logs: dict[str, float]) -> None:
        logs["twice"] = 2 * logs["loss"]

    stop = cb.EarlyStopping("twice", mode="max", patience=1)
    history = small_model().fit(
        x, y, epochs=9, verbose=0, callbacks=[cb.LambdaCallback(on_epoch_end=add), stop]
    )
    assert history.history["twice"] == [2 * one for one in history.history["loss"]]
    assert len(history.epoch) == 2


# --- EarlyStopping ---


def expected_stop(
    values: list[float],
    patience: int,
    min_delta: float,
    baseline: float | None,
    start: int,
    sign: int,
) -> tuple[int, int]:
    """Return the epoch after which training stops (or the last) and the best one: the rule written again."""
    best, best_epoch, since = None, 0, 0
    for epoch, value in enumerate(values):
        if epoch < start:
            continue
        since += 1
        if best is None or sign * (value - best) > min_delta:
            best, best_epoch = value, epoch
            if baseline is None or sign * (value - baseline) > min_delta:
                since = 0
        elif since >= patience and epoch > 0:
            return epoch, best_epoch
    return len(values) - 1, best_epoch


class Scripted:
    """What callbacks see of a model whose weights are the number of the epoch."""

    def __init__(self) -> None:
        self.stop_training = False
        self.learning_rate = 1.0
        self.weights = -1

    def get_weights(self) -> list[int]:
        return [self.weights]

    def set_weights(self, weights: list[int]) -> None:
        (self.weights,) = weights


def play(callback: Callback, name: str, values: list[float]) -> tuple[Scripted, int]:
    """Tell a callback of epochs with these numbers; return the model and the last epoch."""
    model, epoch = Scripted(), -1
    callback.set_model(model)
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        model.weights = epoch
        callback.on_epoch_end(epoch, {name: value})
        if model.stop_training:
            break
    callback.on_train_end({})
    return model, epoch


STOPS = st.fixed_dictionaries(
    {
        "patience": st.integers(0, 4),
        "min_delta": st.sampled_from([0.0, 0.5, 1.0]),
        "baseline": st.sampled_from([None, 0.0, 3.0]),
        "start_from_epoch": st.integers(0, 3),
    }
)
SERIES = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=12)


def check_early_stopping(values: list[float], arguments: dict[str, Any], mode: str) -> None:
    callback = cb.EarlyStopping("number", mode=mode, restore_best_weights=True, **arguments)
    model, last = play(callback, "number", values)
    sign = 1 if mode == "max" else -1
    expected, best = expected_stop(
        values,
        arguments["patience"],
        arguments["min_delta"],
        arguments["baseline"],
        arguments["start_from_epoch"],
        sign,
    )
    assert last == expected
    if len(values) > arguments["start_from_epoch"]:
        assert (callback.best_epoch, model.weights) == (best, best)


@given(SERIES, STOPS, st.sampled_from(["min", "max"]))
def test_early_stopping(values: list[float], arguments: dict[str, Any], mode: str) -> None:
    check_early_stopping(values, arguments, mode)


def test_an_improvement_that_is_none_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(self: Monitor, value: float, on: float | None) -> bool:
        return on is None or self._sign * (value - on) >= self.min_delta

    monkeypatch.setattr(Monitor, "improves", lenient)
    still = {"patience": 1, "min_delta": 0.0, "baseline": None, "start_from_epoch": 0}
    with pytest.raises(AssertionError):
        check_early_stopping([1.0] * 5, still, "min")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_best_weights_come_back(engine: str) -> None:
    """The validation data ask for another thing than the training data: the first epoch is the best."""
    x, y = small_data(8)
    model, twin = small_model(engine=engine), small_model(engine=engine)
    stop = cb.EarlyStopping(patience=3, restore_best_weights=True)
    start = model.predict(x)
    history = model.fit(x, y, epochs=20, verbose=0, callbacks=[stop], validation_data=(x, 2 * start - y))
    assert len(history.epoch) == 4
    assert stop.best_epoch == 0
    twin.fit(x, y, verbose=0)
    for ours, expected in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


# --- the others ---


def test_reduce_on_plateau() -> None:
    callback = cb.ReduceLROnPlateau("loss", factor=0.5, patience=2, cooldown=1, min_lr=0.2)
    rates: list[float] = []
    model = Scripted()
    callback.set_model(model)
    callback.on_train_begin({})
    for epoch in range(10):
        logs = {"loss": 1.0}
        callback.on_epoch_end(epoch, logs)
        assert logs["learning_rate"] == (rates[-1] if rates else 1.0)
        rates.append(model.learning_rate)
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]


def test_schedules_of_one_and_of_two_arguments() -> None:
    x, y = small_data()
    for schedule in (lambda epoch: 0.5**epoch, lambda epoch, rate: 0.5**epoch):
        history = small_model().fit(x, y, epochs=3, verbose=0, callbacks=[cb.LearningRateScheduler(schedule)])
        assert history.history["learning_rate"] == [1.0, 0.5, 0.25]
    with pytest.raises(ModelError, match="schedule"):
        small_model().fit(x, y, verbose=0, callbacks=[cb.LearningRateScheduler(lambda epoch: "0.1")])  # type: ignore[arg-type,return-value]
    with pytest.raises(ModelError, match="learning_rate"):
        small_model().fit(x, y, verbose=0, callbacks=[cb.LearningRateScheduler(lambda epoch: -1.0)])


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """Replace saving by a list of what was saved: method, path, iterations."""
    made: list[tuple[str, str, int]] = []

    def saver(method: str) -> Callable[..., None]:
        def save(self: Model, path: str) -> None:
            made.append((method, path, int(self.state["optimizer.iterations"])))

        return save

    for method in ("save", "save_weights"):
        monkeypatch.setattr(Model, method, saver(method), raising=False)
    return made


def test_checkpoints(saved: list[tuple[str, str, int]], tmp_path: Path) -> None:
    x, y = small_data(8)
    path = str(tmp_path / "models" / "{epoch:02d}")
    check = cb.ModelCheckpoint(path)
    small_model().fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[check])
    assert saved == [("save", str(tmp_path / "models" / f"0{one}"), 2 * one) for one in (1, 2)]
    assert (tmp_path / "models").is_dir()
    saved.clear()
    check = cb.ModelCheckpoint(path + "-{batch}", save_freq=3, save_weights_only=True)
    small_model().fit(x, y, batch_size=2, epochs=2, verbose=0, callbacks=[check])
    assert [(method, Path(at).name, steps) for method, at, steps in saved] == [
        ("save_weights", "01-3", 3),
        ("save_weights", "02-2", 6),
    ]
    bad = cb.ModelCheckpoint(str(tmp_path / "{val_loss}"))
    with pytest.raises(ModelError, match="'val_loss' is not known; known are loss"):
        small_model().fit(x, y, verbose=0, callbacks=[bad])


def test_only_better_checkpoints(saved: list[tuple[str, str, int]], tmp_path: Path) -> None:
    class Savable(Scripted):
        state = {"optimizer.iterations": 0}  # noqa: RUF012

        def save(self, path: str) -> None:
            saved.append(("save", path, 0))

    check = cb.ModelCheckpoint(
        str(tmp_path / "{epoch}"), "accuracy", save_best_only=True, initial_value_threshold=0.2
    )
    model = Savable()
    check.set_model(model)
    check.on_train_begin({})
    for epoch, value in enumerate([0.1, 0.3, 0.25, 0.3, 0.4]):
        check.on_epoch_end(epoch, {"accuracy": value})
    assert [Path(at).name for _, at, _ in saved] == ["2", "5"]
    check.on_train_begin({})
    check.on_epoch_end(0, {"accuracy": 0.35})
    assert len(saved) == 2


def test_csv(tmp_path: Path) -> None:
    x, y = small_data(8)
    path = tmp_path / "log.csv"
    model = small_model()
    options: dict[str, Any] = {"validation_split": 0.25, "validation_freq": 2}
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[cb.CSVLogger(path)], **options).history
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["epoch", "loss", "mse", "val_loss", "val_mse"]
    assert [float(row["loss"]) for row in rows] == history["loss"]
    assert [row["val_loss"] for row in rows] == ["NA", str(history["val_loss"][0]), "NA"]
    again = cb.CSVLogger(path, separator=",", append=True)
    model.fit(x, y, epochs=4, initial_epoch=3, verbose=0, callbacks=[again], **options)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    state = model.state
    with pytest.raises(OSError, match="nowhere"):
        model.fit(x, y, verbose=0, callbacks=[cb.CSVLogger(tmp_path / "nowhere" / "log.csv")])
    assert all((state[one] == value).all() for one, value in model.state.items())


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_finite_ends_training_quietly(engine: str) -> None:
    layer = tz.layers.Dense(1, kernel_initializer="ones", use_bias=False)

    def bounded(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return sqrt(a - 0.45) * 0.0 + a

    ended: list[Any] = []
    for callback, error in (
        (cb.TerminateOnNaN(), None),
        (cb.TerminateOnNaN(raise_error=True), NonFiniteError),
        (Callback(), NonFiniteError),
    ):
        model = tz.Sequential([tz.Input((1,)), layer])
        model.compile(tz.optimizers.SGD(0.1), bounded, engine=engine)
        fit = partial(model.fit, [[1.0]] * 2, [0.0] * 2, 1, 9, 0)
        both = [callback, cb.LambdaCallback(on_train_end=ended.append)]
        if error is None:
            fit(callbacks=both)
        else:
            with pytest.raises(error):
                fit(callbacks=both)
        # w: 1, 0.9, ... 0.4 after 6 steps, where the root breaks: the first step of epoch 4
        assert model.state["optimizer.iterations"] == 6
        assert model.history is not None
        assert model.history.epoch == [0, 1, 2]
    assert len(ended) == 1


@pytest.mark.parametrize(("language", "words"), [("en", "not become better"), ("es", "dejó de mejorar")])
def test_what_callbacks_tell(language: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = small_data()
    callbacks = [
        cb.EarlyStopping("loss", mode="max", patience=2, verbose=1, restore_best_weights=True),
        cb.LearningRateScheduler(lambda epoch: 0.001, verbose=1),
    ]
    with use_language(language):
        small_model().fit(x, y, epochs=9, verbose=0, callbacks=callbacks)
    lines = capsys.readouterr().out.splitlines()
    assert sum("0.001" in line for line in lines) == 3
    assert words in lines[3]
    assert len(lines) == 5


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_has_a_better_side(name: str) -> None:
    grows = ("accuracy", "precision", "recall", "score", "similarity", "true_")
    for monitor in (name, f"val_{name}"):
        watched = Monitor("test", monitor)
        watched.begin()
        assert watched.improves(1.0, 0.0) == any(one in name or name == "acc" for one in grows)


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: cb.EarlyStopping(patience=-1), "EarlyStopping: patience"),
    (lambda: cb.EarlyStopping(patience=1.5), "EarlyStopping: patience"),  # type: ignore[arg-type]
    (lambda: cb.EarlyStopping(min_delta=math.nan), "min_delta"),
    (lambda: cb.EarlyStopping(mode="least"), "EarlyStopping: mode: unknown name 'least'"),
    (lambda: cb.EarlyStopping(baseline="low"), "baseline"),  # type: ignore[arg-type]
    (lambda: cb.ReduceLROnPlateau(factor=1.0), "factor=1.0"),
    (lambda: cb.ReduceLROnPlateau(cooldown=-1), "cooldown"),
    (lambda: cb.LearningRateScheduler(0.1), "schedule=0.1"),  # type: ignore[arg-type]
    (lambda: cb.ModelCheckpoint("path", save_freq="epochs"), "save_freq"),
    (lambda: cb.LambdaCallback(on_epoch_ends=print), "did you mean 'on_epoch_end'"),
    (lambda: cb.LambdaCallback(on_epoch_end=3), "on_epoch_end=3"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_arguments(make: Callable[[], Any], words: str) -> None:
    with pytest.raises((ModelError, NameNotFoundError), match=words):
        make()


def test_what_is_no_callback_is_refused() -> None:
    x, y = small_data()
    model = small_model()
    state = model.state
    for wrong, words in (
        (print, r"make one: LambdaCallback\(on_epoch_end=...\)"),
        (3, "derive it"),
        ([cb.EarlyStopping], r"make one: EarlyStopping\(...\)"),
        (["early_stopping"], "got 'early_stopping'"),
    ):
        with pytest.raises(ModelError, match=words):
            model.fit(x, y, verbose=0, callbacks=wrong)
    with pytest.raises(ModelError, match="mode='min' or mode='max'"):
        model.fit(x, y, verbose=0, callbacks=[cb.EarlyStopping("riddle")])
    assert all((state[one] == value).all() for one, value in model.state.items())


def test_a_number_that_is_not_measured_is_told_once() -> None:
    x, y = small_data()
    for callback in (cb.EarlyStopping(), cb.ReduceLROnPlateau()):
        with pytest.warns(UserWarning, match="'val_loss' is not measured") as caught:
            small_model().fit(x, y, epochs=3, verbose=0, callbacks=callback)
        assert len(caught) == 1
    # measured every other epoch: nothing to warn of
    stop = cb.EarlyStopping(patience=9)
    small_model().fit(x, y, epochs=3, verbose=0, callbacks=[stop], validation_split=0.5, validation_freq=2)


def test_hooks_of_batches_are_hooks() -> None:
    assert set(TRAIN_BATCH_HOOKS) < set(HOOKS)
