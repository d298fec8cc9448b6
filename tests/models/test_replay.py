"""Replaying steps of a training: bitwise the states that a callback saw, or one refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiza as tz
from figures import record_figure
from network_oracles import small_data, small_model
from tiza.errors import DataError, ModelError, NonFiniteError
from tiza.models.model import Model
from tiza.training import callbacks
from tiza.training.replay.replaying import Replay
from tiza.training.replay.sources import Fingerprint
from tiza.training.state import ITERATIONS

Array = np.ndarray[Any, Any]
dense = tz.layers.Dense


class States(callbacks.Callback):
    """Keeps the state before every step."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[int, dict[str, Array]] = {}

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        state = self.model.state
        self.before[int(state[ITERATIONS]) + 1] = state


def check_same(replay: Replay, expected: dict[str, Array]) -> None:
    """Check that a replay has a state, bit for bit."""
    assert list(replay.state) == list(expected)
    for path, value in expected.items():
        assert replay.state[path].dtype == value.dtype
        assert replay.state[path].tobytes() == value.tobytes(), (replay.step, path)


def chain(*layers: Any, optimizer: Any, engine: str) -> Model:
    model = tz.Sequential([tz.Input((20,)), *layers, dense(3, activation="softmax")], seed=3)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], engine=engine)
    return model


def data(rows: int = 90) -> tuple[Array, Array]:
    source = np.random.default_rng(7)
    return source.normal(size=(rows, 20)), source.integers(0, 3, rows)


def sgd(engine: str, told: list[Any]) -> Model:
    model = chain(dense(9, activation="tanh"), optimizer=tz.optimizers.SGD(0.3), engine=engine)
    model.fit(*data(), batch_size=30, epochs=30, verbose=0, callbacks=told, shuffle=False)
    return model


def adam_with_a_remainder(engine: str, told: list[Any]) -> Model:
    model = chain(dense(128, activation="relu"), optimizer="adam", engine=engine)
    model.fit(*data(), batch_size=32, epochs=12, verbose=0, callbacks=told, validation_split=0.1)
    model.fit(*data(), epochs=20, initial_epoch=12, steps_per_epoch=2, verbose=0, callbacks=told)
    return model


def dropout(engine: str, told: list[Any]) -> Model:
    layers = (dense(9, activation="relu"), tz.layers.Dropout(0.4))
    model = chain(*layers, optimizer=tz.optimizers.SGD(0.1, momentum=0.9, nesterov=True), engine=engine)
    model.fit(*data(), batch_size=20, epochs=15, verbose=0, callbacks=told)
    return model


def batch_normalization(engine: str, told: list[Any]) -> Model:
    layers = (dense(9, use_bias=False), tz.layers.BatchNormalization(), tz.layers.ReLU())
    model = chain(*layers, optimizer="rmsprop", engine=engine)
    model.fit(*data(), batch_size=30, epochs=20, verbose=0, callbacks=told)
    return model


def schedule_and_plateau(engine: str, told: list[Any]) -> Model:
    rate = tz.optimizers.schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.8)
    model = chain(dense(9, activation="tanh"), optimizer=tz.optimizers.SGD(rate), engine=engine)
    plateau = callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_delta=0.1)
    told = [plateau, *told]
    model.fit(*data(), batch_size=25, epochs=15, verbose=0, callbacks=told, validation_split=0.2)
    assert model.learning_rate < 0.5
    return model


def two_fits_of_a_functional_model(engine: str, told: list[Any]) -> Model:
    x = tz.Input((20,))
    hidden = dense(9, activation="elu")(x)
    model = tz.Model(x, dense(3, activation="softmax")(tz.layers.Add()([hidden, dense(9)(x)])), seed=5)
    model.compile(tz.optimizers.AdamW(0.01), "sparse_categorical_crossentropy", engine=engine)
    weighted = {"class_weight": {0: 3.0, 2: 0.5}, "verbose": 0, "callbacks": told}
    model.fit(*data(), batch_size=16, epochs=4, **weighted)
    model.fit(*data(61), batch_size=10, epochs=5, **weighted)
    return model


CONFIGURATIONS = (
    sgd,
    adam_with_a_remainder,
    dropout,
    batch_normalization,
    schedule_and_plateau,
    two_fits_of_a_functional_model,
)


@pytest.mark.parametrize(("engine", "threads"), [("reference", 1), ("native", 1), ("native", 2)])
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_random_steps_come_out_bitwise(
    configuration: Callable[[str, list[Any]], Model],
    engine: str,
    threads: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also of a training that nobody watched, which returns where it likes."""
    monkeypatch.setenv("TIZA_THREADS", str(threads))
    states = States()
    watched, alone = configuration(engine, [states]), configuration(engine, [])
    steps = len(states.before)
    if threads > 1 and configuration is adam_with_a_remainder:
        assert all(one.schedule.shared for one in alone.trainer._programs.values())
    chosen = np.random.default_rng(CONFIGURATIONS.index(configuration)).choice(steps, 9, replace=False) + 1
    for step in map(int, chosen):
        for model in (watched, alone):
            check_same(model.replay(step), states.before[step])


@pytest.mark.slow
def test_fifty_steps_of_every_configuration_come_out_bitwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The promise in one number: steps of trainings that nobody watched, on both engines."""
    source, replays = np.random.default_rng(50), 0
    for engine, threads in (("reference", 1), ("native", 1), ("native", 2)):
        monkeypatch.setenv("TIZA_THREADS", str(threads))
        for configuration in CONFIGURATIONS:
            states = States()
            configuration(engine, [states])
            alone = configuration(engine, [])
            for step in source.integers(1, len(states.before) + 1, 50).tolist():
                check_same(alone.replay(step), states.before[step])
                replays += 1
    record_figure(
        "replayed steps",
        promised="50 random steps over 6 configurations are bitwise those of the training",
        measured=f"{replays} of {replays}",
        note=f"50 of each of {len(CONFIGURATIONS)}: reference engine, native on 1 and 2 threads",
    )


def test_a_step_tells_its_place_rows_rate_and_loss() -> None:
    x, y = small_data(10)
    model = small_model(engine="native")
    losses: list[float] = []
    told = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]),
        on_epoch_begin=lambda epoch, logs: setattr(model, "learning_rate", 0.1 / (epoch + 1)),
    )
    model.fit(x, y, batch_size=4, epochs=3, verbose=0, callbacks=told, sample_weight=np.arange(10.0))
    replays = [model.replay(step) for step in range(1, 10)]
    assert [one.epoch for one in replays] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [one.learning_rate for one in replays] == [0.1] * 3 + [0.05] * 3 + [0.1 / 3] * 3
    assert [len(one.rows) for one in replays] == [4, 4, 2] * 3
    for epoch in range(3):
        rows = np.concatenate([one.rows for one in replays[3 * epoch : 3 * epoch + 3]])
        assert sorted(rows.tolist()) == list(range(10))
    # the first batch of an epoch is the mean of the epoch so far
    assert [one.loss for one in replays[::3]] == losses[::3]
    np.testing.assert_array_equal(replays[4].batch.weights, replays[4].rows.astype("float32"))


def test_a_schedule_tells_the_rate_of_the_step() -> None:
    rate = tz.optimizers.schedules.ExponentialDecay(0.5, decay_steps=1, decay_rate=0.5)
    model = chain(optimizer=tz.optimizers.SGD(rate), engine="reference")
    model.fit(*data(), batch_size=30, verbose=0)
    assert [model.replay(step).learning_rate for step in (1, 2, 3)] == [0.5, 0.25, 0.125]
    assert model.replay(3).initial_learning_rate == 0.5


class NewWeights(callbacks.Callback):
    """Replaces the weights after each epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.set_weights([0.5 * one for one in self.model.get_weights()])


def test_weights_that_somebody_replaced_are_those_of_the_next_step() -> None:
    model, states = small_model(engine="native"), States()
    told = [NewWeights(), states]
    model.fit(*small_data(), batch_size=3, epochs=3, verbose=0, callbacks=told)
    model.set_weights([one + 1 for one in model.get_weights()])
    model.fit(*small_data(), batch_size=3, epochs=3, verbose=0, callbacks=told)
    model.fit_lbfgs(*small_data(), max_iterations=2)
    model.fit(*small_data(), batch_size=3, epochs=3, verbose=0, callbacks=told)
    for step, expected in states.before.items():
        check_same(model.replay(step), expected)


def test_steps_taken_one_by_one_are_replayed() -> None:
    model, states = small_model(engine="reference"), States()
    x, y = small_data(40)
    for start in range(0, 40, 5):
        states.before[int(model.state[ITERATIONS]) + 1] = model.state
        model.train_on_batch(x[start : start + 5].copy(), y[start : start + 5].copy())
    model.fit(x, y, verbose=0, callbacks=states)
    for step, expected in states.before.items():
        check_same(model.replay(step), expected)
    np.testing.assert_array_equal(model.replay(3).batch.features[0], x[10:15].astype("float32"))


@pytest.mark.parametrize("raised", [KeyboardInterrupt, ZeroDivisionError])
def test_what_an_interrupted_training_left_is_replayed(raised: type[BaseException]) -> None:
    model, states = small_model(engine="native"), States()

    def end(batch: int, logs: Any) -> None:
        if len(states.before) == 9:
            raise raised

    told = [states, callbacks.LambdaCallback(on_train_batch_end=end)]
    with pytest.raises(raised):
        model.fit(*small_data(), batch_size=3, epochs=9, verbose=0, callbacks=told)
    with pytest.raises(ModelError, match=r"step: got 10, expected 1 to 9"):
        model.replay(10)
    model.fit(*small_data(), batch_size=3, epochs=2, verbose=0, callbacks=states)
    assert len(states.before) == 17
    for step, expected in states.before.items():
        check_same(model.replay(step), expected)


def test_steps_before_one_that_is_not_finite_are_replayed() -> None:
    model, states = small_model(engine="native"), States()
    x, y = small_data()
    model.learning_rate = 1e30
    with pytest.raises(NonFiniteError):
        model.fit(x, y, batch_size=3, epochs=90, verbose=0, callbacks=states)
    taken = int(model.state[ITERATIONS])
    assert taken == len(states.before) - 1
    for step in range(1, taken + 1):
        check_same(model.replay(step), states.before[step])


def test_steps_that_were_taken_back_are_forgotten() -> None:
    model, states = small_model(engine="native"), States()
    x, y = small_data()
    model.fit(x, y, batch_size=3, epochs=2, verbose=0, callbacks=states)
    wrong = x.astype("float32")
    wrong[-1] = np.nan
    with pytest.raises(DataError):
        model.fit(wrong, y, batch_size=1, epochs=2, verbose=0, callbacks=callbacks.Callback(), shuffle=False)
    with pytest.raises(ModelError, match="step: got 9, expected 1 to 8"):
        model.replay(9)
    model.fit(x, y, batch_size=3, epochs=2, verbose=0, callbacks=states)
    for step, expected in states.before.items():
        check_same(model.replay(step), expected)


def test_steps_within_a_callback_end_what_is_known_of_that_fit() -> None:
    model, states = small_model(engine="reference"), States()
    x, y = small_data()
    inner = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.train_on_batch(x, y))
    model.fit(x, y, batch_size=5, epochs=3, verbose=0, callbacks=[states, inner])
    # two steps of the fit, one of the callback, and so on
    for step in (1, 2):
        check_same(model.replay(step), states.before[step])
    assert model.replay(3).rows.tolist() == list(range(10))
    for step in (4, 5, 7):
        with pytest.raises(ModelError, match=f"step {step} cannot be replayed: a callback trained the model"):
            model.replay(step)
    first = int(model.state[ITERATIONS]) + 1
    model.fit(x, y, batch_size=5, verbose=0, callbacks=states)
    check_same(model.replay(first), states.before[first])


def test_few_data_are_copied() -> None:
    x, y = small_data()
    given = x.astype("float32")
    model, states = small_model(), States()
    model.fit(given, y, batch_size=3, epochs=2, verbose=0, callbacks=states)
    given += 1
    check_same(model.replay(7), states.before[7])
    check_same(model.replay(7, x, y), states.before[7])
    changed = x.copy()
    changed[4, 1] = -5.0
    with pytest.raises(DataError, match=r"step 7 cannot be replayed: x: got -5.0 at \(4, 1\), but the step"):
        model.replay(7, changed, y)
    with pytest.raises(DataError, match=r"x: got shape \(9, 3\), but the step was .* \(10, 3\)"):
        model.replay(7, x[:9], y[:9])
    with pytest.raises(ModelError, match="replay: got x alone, expected x and y, or neither"):
        model.replay(7, x)


ROWS = 90_000


def large_fit(states: States, shuffle: bool = True) -> tuple[Model, Array, Array]:
    x, y = small_data(ROWS)
    x = x.astype("float32")
    model = small_model(engine="native")
    model.fit(x, y, batch_size=9000, epochs=3, verbose=0, callbacks=states, shuffle=shuffle)
    return model, x, y


def test_many_data_are_found_again_where_they_are() -> None:
    states = States()
    model, x, y = large_fit(states)
    check_same(model.replay(25), states.before[25])
    same = x.copy()
    del x
    with pytest.raises(ModelError, match="step 25 cannot be replayed: the x that it was trained on"):
        model.replay(25)
    check_same(model.replay(25, same, y), states.before[25])
    with pytest.raises(DataError, match="step 25 cannot be replayed: x: its contents are others"):
        model.replay(25, same[::-1], y)
    with pytest.raises(DataError, match=r"x: got shape \(70000, 3\), but the step was .* \(90000, 3\)"):
        model.replay(25, same[:70_000], y[:70_000])
    changed = y.copy()
    changed[0] += 1
    with pytest.raises(DataError, match="step 25 cannot be replayed: y: its contents are others"):
        model.replay(25, same, changed)


def test_many_data_that_changed_in_place_are_refused() -> None:
    model, x, _ = large_fit(States())
    x *= 2
    with pytest.raises(DataError, match="step 25 cannot be replayed: x: its contents are others"):
        model.replay(25)


def test_a_change_that_a_fingerprint_does_not_see_does_not_come_out() -> None:
    """Large arrays are not read as a whole: the states that follow tell."""
    model, x, _ = large_fit(States(), shuffle=False)
    before = model.replay(1).rows
    assert before[-1] == 8999
    seen = Fingerprint.of(x)
    x[1] += 1
    assert Fingerprint.of(x) == seen
    with pytest.raises(DataError, match=r"step 1 cannot .* leads to another .* changed in place"):
        model.replay(1)


def test_held_out_rows_and_lists_of_arrays_are_found_again() -> None:
    left, right = tz.Input((30,)), tz.Input((2,))
    joined = tz.layers.Concatenate()([left, right])
    model = tz.Model([left, right], dense(1)(joined))
    model.compile("adam", "mse", engine="native")
    source, states = np.random.default_rng(1), States()
    x = [source.normal(size=(12_000, 30)), source.normal(size=(12_000, 2))]
    y = source.normal(size=12_000)
    weight = source.uniform(size=12_000)
    told = {"validation_split": 0.3, "sample_weight": weight, "verbose": 0, "callbacks": states}
    model.fit(x, y, batch_size=1000, epochs=2, **told)
    assert len(states.before) == 18
    check_same(model.replay(18), states.before[18])
    x[1][0] += 1
    with pytest.raises(DataError, match=r"step 18 cannot be replayed: x\[1\]: its contents are others"):
        model.replay(18)


def test_a_step_outside_the_training_is_refused() -> None:
    model = small_model()
    with pytest.raises(ModelError, match=r"step: got 1, expected a model that has taken one; call fit first"):
        model.replay(1)
    model.fit(*small_data(), batch_size=5, epochs=2, verbose=0)
    with pytest.raises(ModelError, match=r"step: got 5, expected 1 to 4: so many were taken"):
        model.replay(5)
    for wrong in (0, -1, 1.5, "1", True):
        with pytest.raises(ModelError, match=r"step: got .*, expected a whole number of at least 1"):
            model.replay(wrong)
    model.compile("sgd", "mse")
    with pytest.raises(ModelError, match="call fit first"):
        model.replay(1)


def test_without_memory_nothing_is_kept_and_that_is_said() -> None:
    model, states = small_model(), States()
    model.replay_memory = 0
    model.fit(*small_data(), batch_size=5, epochs=2, verbose=0)
    model.train_on_batch(*small_data())
    for step in (1, 5):
        with pytest.raises(ModelError, match=f"step {step} cannot be .* while model.replay_memory was 0"):
            model.replay(step)
    model.replay_memory = 10_000
    model.fit(*small_data(), batch_size=5, epochs=2, verbose=0, callbacks=states)
    check_same(model.replay(9), states.before[9])
    with pytest.raises(ModelError, match="step 2 cannot be replayed"):
        model.replay(2)
    model.replay_memory = 1.5
    with pytest.raises(ModelError, match=r"replay_memory: got 1.5, expected a whole number of at least 0"):
        model.fit(*small_data(), verbose=0)


def test_too_little_memory_is_named() -> None:
    model = small_model()
    model.replay_memory = 1200
    model.fit(*small_data(), verbose=0)
    with pytest.raises(ModelError, match=r"no state that leads to it .*model.replay_memory was 1200 bytes"):
        model.replay(1)


def test_a_long_training_step_by_step_keeps_its_last_steps() -> None:
    model, states = small_model(engine="reference"), States()
    model.replay_memory = 60_000
    for seed in range(150):
        states.before[seed + 1] = model.state
        model.train_on_batch(*small_data(seed=seed))
    for step in range(145, 151):
        check_same(model.replay(step), states.before[step])
    with pytest.raises(ModelError, match=r"step 1 cannot .* room for what later steps need alone"):
        model.replay(1)


def test_a_loaded_model_says_what_it_cannot_replay(tmp_path: Path) -> None:
    model, states = small_model(), States()
    model.fit(*small_data(), batch_size=5, epochs=2, verbose=0)
    model.save(tmp_path / "model.tiza")
    same = tz.load_model(tmp_path / "model.tiza")
    with pytest.raises(ModelError, match=r"step 3 cannot be replayed: the model was loaded after it"):
        same.replay(3)
    same.fit(*small_data(), batch_size=5, epochs=2, verbose=0, callbacks=states)
    assert sorted(states.before) == [5, 6, 7, 8]
    for step, expected in states.before.items():
        check_same(same.replay(step), expected)


@pytest.mark.parametrize("target", ["dense.kernel[0,1]", "dense_1.bias[0]"])
def test_a_step_is_explained_as_it_was(target: str) -> None:
    """As a model explains it that has stopped there."""
    x, y = small_data()
    model = small_model()
    model.fit(x, y, batch_size=4, epochs=5, verbose=0)
    there = small_model()
    there.fit(x, y, batch_size=4, epochs=2, verbose=0)
    rows = model.replay(7).rows
    expected = str(there.explain(x[rows], y[rows], target, update=True))
    assert str(model.explain(step=7, target=target, update=True)) == expected
    assert str(model.explain(step=model.replay(7), target=target, update=True)) == expected
    assert str(model.explain(target=target, step=8, update=True)) != expected
    one = str(model.explain(x[0], y[0], target, update=True, step=7))
    assert one == str(there.explain(x[0], y[0], target, update=True))


def test_a_dropout_mask_and_a_rate_are_those_of_the_step() -> None:
    model = chain(tz.layers.Dropout(0.5), optimizer=tz.optimizers.SGD(0.5), engine="reference")
    there = chain(tz.layers.Dropout(0.5), optimizer=tz.optimizers.SGD(0.5), engine="reference")
    x, y = data(6)
    model.fit(x, y, batch_size=2, epochs=2, verbose=0)
    model.learning_rate = 0.001
    there.fit(x, y, batch_size=2, verbose=0)
    rows = model.replay(4).rows
    expected = str(there.explain(x[rows], y[rows], "dense.kernel[0,0]", update=True))
    assert str(model.explain(step=4, target="dense.kernel[0,0]", update=True)) == expected


def test_what_is_to_be_explained_must_be_given() -> None:
    model = small_model()
    for given in ({}, {"x": [1.0, 2.0, 3.0]}, {"y": [1.0, 2.0]}):
        with pytest.raises(ModelError, match="explain: expected x and y, one sample and its target"):
            model.explain(**given)
