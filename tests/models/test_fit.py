"""Training: history, batches, weights of samples, continuing, interrupting, and what stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from network_oracles import check_batches_are_weighted, small_data, small_model
from tiza.engines.reference.engine import ReferenceEngine, ReferenceSession
from tiza.errors import ModelError, NotBuiltError
from tiza.models import model as model_module
from tiza.models.model import Model
from tiza.training import trainer
from tiza.training.means import terms
from tiza.training.trainer import Trainer

Array = np.ndarray[Any, Any]


def same(left: list[Array], right: list[Array]) -> bool:
    return all((a == b).all() for a, b in zip(left, right, strict=True))


def test_a_partial_batch_counts_as_its_samples() -> None:
    check_batches_are_weighted(small_model())


def test_a_partial_batch_counted_as_a_whole_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (trainer, model_module):
        monkeypatch.setattr(
            module,
            "terms",
            lambda results, samples: terms(results, np.ones_like(samples)),
        )
    with pytest.raises(AssertionError):
        check_batches_are_weighted(small_model())


def test_history_is_the_mean_over_samples_while_training() -> None:
    """Keras' semantics: each batch is measured before its step, and counts as its samples."""
    x, y = small_data(10)
    model, twin = small_model(), small_model()
    history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    expected = []
    for _ in range(3):
        costs = []
        for start in (0, 4, 8):
            rows = slice(start, start + 4)
            costs.append((twin.evaluate(x[rows], y[rows])[0], len(x[rows])))
            twin.fit(x[rows], y[rows], shuffle=False, verbose=0)
        expected.append(sum(cost * rows for cost, rows in costs) / 10)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-6)
    np.testing.assert_allclose(history.history["mse"], expected, rtol=1e-6)
    assert history.epoch == [0, 1, 2]
    assert model.history is history
    assert same(model.get_weights(), twin.get_weights())


def test_fit_again_continues() -> None:
    x, y = small_data()
    once, twice = small_model(), small_model()
    once.fit(x, y, batch_size=3, epochs=4, verbose=0)
    twice.fit(x, y, batch_size=3, epochs=1, verbose=0)
    twice.fit(x, y, batch_size=3, epochs=3, verbose=0)
    assert once.state.keys() == twice.state.keys()
    assert same(list(once.state.values()), list(twice.state.values()))
    assert twice.state["optimizer.iterations"] == 16


def test_compiling_again_keeps_weights_and_restarts_the_optimizer() -> None:
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    weights = model.get_weights()
    model.compile(tz.optimizers.SGD(0.1), "mse")
    assert same(weights, model.get_weights())
    assert not any("optimizer.m" in path for path in model.state)
    assert model.state["optimizer.iterations"] == 0


def test_a_compile_that_fails_leaves_the_old_one() -> None:
    x, y = small_data()
    model, twin = small_model(), small_model()
    for one in (model, twin):
        one.fit(x, y, verbose=0)
    for arguments in (
        ("sgdd", "mse"),
        ("sgd", "msee"),
        ("sgd", "categorical_crossentropy"),
        ("sgd", "mse", ["nothing"]),
        ("sgd", "mse", [], "gpu"),
    ):
        with pytest.raises((ModelError, KeyError)):
            model.compile(*arguments)
    for one in (model, twin):
        one.fit(x, y, verbose=0)
    assert same(list(model.state.values()), list(twin.state.values()))


def test_an_add_that_fails_leaves_the_model() -> None:
    model = small_model()
    x, y = small_data()
    model.fit(x, y, verbose=0)
    state, outputs = model.state, model.predict(x)

    class Broken(tz.layers.Layer):
        def call(self, inputs: tz.Tensor, context: tz.layers.Context) -> tz.Tensor:
            raise RuntimeError("a bug of the user's")

    for layer, error in (
        (tz.layers.Reshape((7,)), ModelError),
        (Broken(), RuntimeError),
        (tz.Input((3,)), ModelError),
        (tz.layers.Dense(2, name="dense"), ModelError),
        (3, ModelError),
    ):
        with pytest.raises(error):
            model.add(layer)  # type: ignore[arg-type]
    np.testing.assert_array_equal(outputs, model.predict(x))
    assert len(model.layers) == 2
    assert same(list(state.values()), list(model.state.values()))
    model.fit(x, y, verbose=0)


def test_adding_a_layer_keeps_the_others_weights() -> None:
    model = small_model()
    x, y = small_data()
    model.fit(x, y, verbose=0)
    weights = model.get_weights()
    model.add(tz.layers.Dense(2))
    assert same(weights, model.get_weights()[:4])
    model.fit(x, y, verbose=0)
    by_steps = tz.Sequential()
    by_steps.add(tz.Input((3,)))
    by_steps.add(tz.layers.Dense(4, activation="tanh"))
    by_steps.add(tz.layers.Dense(2))
    assert same(by_steps.get_weights(), small_model().get_weights())


def test_an_added_loss_misfit_changes_nothing() -> None:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ModelError, match="relu"):
        model.add(tz.layers.Activation("relu"))
    assert model.output_shape == (None, 2)
    model.fit(np.ones((2, 3)), np.eye(2), verbose=0)


def test_a_model_built_by_its_first_data() -> None:
    x, y = small_data()
    model = tz.Sequential([tz.layers.Dense(4, activation="tanh"), tz.layers.Dense(2)])
    model.compile(tz.optimizers.Adam(0.05), "mse", metrics=["mse"], engine="reference")
    for use in (lambda: model.predict(x), lambda: model.evaluate(x, y), model.get_weights, model.summary):
        with pytest.raises(NotBuiltError, match="Input"):
            use()
    with pytest.raises(ValueError, match="y: got shape"):
        model.fit(x, y[:, :1], verbose=0)
    with pytest.raises(NotBuiltError):
        model.predict(x)
    model.fit(x, y, verbose=0)
    twin = small_model()
    twin.fit(x, y, verbose=0)
    assert same(model.get_weights(), twin.get_weights())


def test_not_compiled() -> None:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(2)])
    x, y = small_data()
    for use in (model.fit, model.evaluate, model.loss_and_gradients):
        with pytest.raises(ModelError, match="not compiled"):
            use(x, y)  # type: ignore[operator]
    assert model.predict(x).shape == (10, 2)


def test_ctrl_c_keeps_usable_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = small_data()
    model, twin = small_model(), small_model()
    run = ReferenceSession._run_step
    steps = 0

    def interrupted(self: ReferenceSession, *arguments: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 6:
            raise KeyboardInterrupt
        return run(self, *arguments)

    monkeypatch.setattr("tiza.training.trainer.SECONDS_A_RETURN", 0.0)
    monkeypatch.setattr(ReferenceSession, "_run_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=5, epochs=10, verbose=0)
    monkeypatch.undo()
    assert model.history is not None
    assert len(model.history.history["loss"]) == 2
    assert model.state["optimizer.iterations"] == 5
    twin.fit(x, y, batch_size=5, epochs=2, verbose=0)
    assert not same(model.get_weights(), twin.get_weights())
    assert all(np.isfinite(one).all() for one in model.get_weights())
    model.fit(x, y, verbose=0)


@pytest.mark.parametrize("batch_size", [3, 10])
def test_sample_weights(batch_size: int) -> None:
    """A sample of weight 2 counts as two; one of weight 0 is not there, but in the number of samples."""
    x, y = small_data()
    weights = np.array([0.0, 1, 2, 1, 0, 1, 1, 0, 3, 1])
    repeated = np.repeat(np.arange(10), weights.astype(int))
    model = small_model(dtype="float64")
    weighted, metric = model.evaluate(x, y, batch_size=batch_size, sample_weight=weights)
    plain = model.evaluate(x[repeated], y[repeated])[0]
    assert weighted == pytest.approx(plain * len(repeated) / 10, rel=1e-12)
    assert metric == pytest.approx(plain, rel=1e-12)
    value, gradients = model.loss_and_gradients(x, y, sample_weight=weights)
    expected_value, expected = model.loss_and_gradients(x[repeated], y[repeated])
    assert value == pytest.approx(expected_value * len(repeated) / 10, rel=1e-12)
    for ours, one in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(ours, one * len(repeated) / 10, rtol=1e-9, atol=1e-14)


def test_weights_of_one_change_nothing() -> None:
    x, y = small_data()
    model, twin = small_model(), small_model()
    model.fit(x, y, batch_size=4, verbose=0, sample_weight=np.ones(10))
    twin.fit(x, y, batch_size=4, verbose=0)
    for ours, other in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-6)
    assert model.evaluate(x, y, sample_weight=np.zeros(10)) == [0.0, 0.0]


def test_only_fit_changes_the_state() -> None:
    x, y = small_data()
    model = small_model()
    state = model.state
    first = model.predict(x)
    for _ in range(2):
        model.evaluate(x, y)
        model.loss_and_gradients(x, y)
        np.testing.assert_array_equal(model.predict(x), first)
        np.testing.assert_array_equal(model(x), first)
    assert same(list(state.values()), list(model.state.values()))
    model.get_weights()[0][:] = 0
    model.state["dense.kernel"][:] = 0
    model.loss_and_gradients(x, y)[1][0][:] = 0
    np.testing.assert_array_equal(model.predict(x), first)


def test_data_are_not_written_to() -> None:
    x, y = (one.astype("float32") for one in small_data())
    copies = x.copy(), y.copy()
    for one in (x, y):
        one.flags.writeable = False
    model = small_model()
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    model.evaluate(x, y)
    model.predict(x)
    assert same([x, y], list(copies))


def test_predictions_do_not_depend_on_batches() -> None:
    x = np.random.default_rng(0).normal(size=(33, 3))
    model = small_model()
    whole = model.predict(x)
    for batch_size in (1, 2, 7, 32, 33, 100):
        np.testing.assert_allclose(model.predict(x, batch_size=batch_size), whole, atol=1e-6)


def test_gradients_are_those_of_the_loss() -> None:
    """Against central differences, in the order of the weights."""
    x, y = small_data(6)
    model = small_model(dtype="float64")
    value, gradients = model.loss_and_gradients(x, y)
    assert value == pytest.approx(model.evaluate(x, y)[0], rel=1e-12)
    weights = model.get_weights()
    assert [one.shape for one in gradients] == [one.shape for one in weights]
    for at, gradient in enumerate(gradients):
        for place in np.ndindex(*gradient.shape):
            costs = []
            for step in (1e-5, -1e-5):
                moved = [one.copy() for one in weights]
                moved[at][place] += step
                model.set_weights(moved)
                costs.append(model.evaluate(x, y)[0])
            assert gradient[place] == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-6, abs=1e-9)


def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []
    compile_ = ReferenceEngine.compile
    monkeypatch.setattr(
        ReferenceEngine, "compile", lambda self, graph, *_, **__: made.append(graph) or compile_(self, graph)
    )
    return made


def of_networks(graphs: list[Any]) -> list[Any]:
    """Return the graphs that read weights; the one that draws the order of rows does not."""
    return [graph for graph in graphs if any("kernel" in str(node) for node in graph.inputs)]


def test_programs_are_made_once_a_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = small_data()
    made = compiled(monkeypatch)
    model = small_model()
    for batch_size, programs in ((4, 2), (4, 2), (2, 3), (5, 4), (4, 4)):
        model.fit(x, y, batch_size=batch_size, epochs=3, verbose=0)
        assert len(of_networks(made)) == programs
    for _ in range(3):
        model.predict(x, batch_size=4)
        model.evaluate(x, y, batch_size=5)
        model.loss_and_gradients(x, y)
    assert len(of_networks(made)) == 8


def test_weights_are_exchanged_whole_or_not_at_all() -> None:
    model, other = small_model(), small_model(seed=1)
    weights = other.get_weights()
    model.set_weights([one.tolist() for one in weights])
    assert same(model.get_weights(), weights)
    kernel, *rest = small_model().get_weights()
    for wrong, words in (
        ([kernel], "got 1 arrays, expected 4: dense.kernel, dense.bias"),
        ([kernel, rest[0], rest[1], np.zeros(3)], r"dense_1.bias got shape \(3,\), expected \(2,\)"),
        ([kernel.T, *rest], r"dense.kernel got shape \(4, 3\)"),
        ([kernel * np.nan, *rest], r"dense.kernel: got nan at \(0, 0\)"),
        ([kernel, *rest[:2], ["a", "b"]], "dense_1.bias got dtype"),
        ([kernel.astype("float64") * 1e300, *rest], "too large for float32"),
    ):
        with pytest.raises(ValueError, match=words):
            model.set_weights(wrong)
        assert same(model.get_weights(), weights)


def test_nothing_to_train() -> None:
    model = tz.Sequential([tz.Input((2,)), tz.layers.Activation("relu")])
    model.compile("sgd", "mse")
    assert model.fit([[-1.0, 2.0]], [[0.0, 0.0]], verbose=0).history == {"loss": [2.0]}
    assert model.loss_and_gradients([[1.0, 1.0]], [[0.0, 0.0]]) == (1.0, [])


def test_shuffling_reads_every_sample_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = small_data()
    orders = []
    take = Trainer.orders

    def taken(self: Trainer, *arguments: Any) -> Array:
        made = take(self, *arguments)
        orders.extend(made)
        return made

    monkeypatch.setattr(Trainer, "orders", taken)
    for seed in (0, 0, 1):
        small_model(seed).fit(x, y, epochs=2, verbose=0)
    small_model().fit(x, y, shuffle=False, verbose=0)
    assert all(sorted(one) == list(range(10)) for one in orders)
    first, second, again, _, other, *_ = (one.tolist() for one in orders)
    assert first == again
    assert first != second
    assert first != other
    assert orders[-1].tolist() == list(range(10))


def test_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = small_data()
    small_model().fit(x, y, epochs=2, verbose=0)
    assert capsys.readouterr().out == ""
    small_model().fit(x, y, epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert "loss" in lines[0]
    with pytest.raises(ModelError, match="verbose: got 3"):
        small_model().fit(x, y, verbose=3)


def test_the_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    x, y = small_data()
    small_model().fit(x, y, epochs=2, verbose=1)
    out = capsys.readouterr().out
    assert "Epoch 2/2" in out
    assert "loss" in out


def test_the_model_is_the_base_of_sequential() -> None:
    x = tz.Input((3,))
    model = Model(x, tz.layers.Dense(2)(x), name="plain")
    assert isinstance(tz.Sequential(), Model)
    assert model.predict(np.ones((1, 3))).shape == (1, 2)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_lbfgs_finds_the_minimum_and_leaves_frozen_weights(engine: str) -> None:
    source = np.random.default_rng(0)
    x = source.normal(size=(40, 3))
    y = x @ [[1.0], [-2.0], [0.5]] + 1.0
    layers = [tz.Input((3,)), tz.layers.Dense(1, trainable=("kernel",), bias_initializer="ones")]
    model = tz.Sequential(layers, dtype="float64")
    model.compile("sgd", "mse", engine=engine)
    history = model.fit_lbfgs(x, y, tolerance=1e-9)
    np.testing.assert_allclose(model.get_weights()[0].ravel(), [1.0, -2.0, 0.5], atol=1e-6)
    assert model.get_weights()[1] == [1.0]
    assert history.history["loss"] == sorted(history.history["loss"], reverse=True)
