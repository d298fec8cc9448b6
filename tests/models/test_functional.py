"""Functional models: what they train, what stays, and that both engines train them alike."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiza as tz
from functional_networks import CASES, ROWS, TIZA, Case, compiled, merging_layers, only, samples_for
from layer_checks import ENGINE_NAMES
from native_training import check_same_state
from tiza.errors import DataError, ModelError
from tiza.models.model import Model
from tiza.nn.regularizers import REGULARIZERS
from tiza.optimizers.rules import OPTIMIZERS

pytestmark = pytest.mark.filterwarnings("ignore:.*penalt:UserWarning")

Array = np.ndarray[Any, Any]
NAMED = [pytest.param(one, id=name) for name, one in CASES.items()]


def trained(known: Case, engine: str, optimizer: Any = "adam", **fit: Any) -> tuple[Model, dict[str, Any]]:
    model = compiled(known, engine, optimizer)
    samples = samples_for(known, model)
    history = model.fit(only(samples.x), only(samples.y), batch_size=4, epochs=2, verbose=0, **fit)
    return model, history.history


@pytest.mark.parametrize("known", NAMED)
def test_both_engines_train_it_alike(known: Case) -> None:
    (one, first), (other, second) = (trained(known, engine) for engine in ENGINE_NAMES)
    check_same_state(one, other, 1e-9)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("known", NAMED)
def test_its_gradients_are_difference_quotients(known: Case) -> None:
    """Of the loss with its penalties, for every weight that trains."""
    model = compiled(known, "reference", "sgd")
    # statistics of a batch make the loss of training another function than that of evaluation
    if any(isinstance(one.layer, tz.layers.BatchNormalization) for one in model.network.layers):
        pytest.skip("evaluation takes the moving statistics")
    samples = samples_for(known, model)
    x, y = only(samples.x), only(samples.y)
    _, found = model.loss_and_gradients(x, y)
    trains = [weight.trainable for weight in model.network.weights().values()]
    places = [at for at, one in enumerate(trains) if one]
    assert len(found) == len(places)
    source = np.random.default_rng(0)
    for at, gradient in zip(places, found, strict=True):
        index = tuple(int(source.integers(size)) for size in gradient.shape)
        values = []
        for step in (1e-6, -1e-6):
            weights = model.get_weights()
            weights[at][index] += step
            model.set_weights(weights)
            values.append(model.evaluate(x, y, return_dict=True)["loss"])
            weights[at][index] -= step
            model.set_weights(weights)
        quotient = (values[0] - values[1]) / 2e-6
        assert gradient[index] == pytest.approx(quotient, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("known", [one for one in NAMED if CASES[str(one.id)].frozen])
def test_what_is_frozen_stays_and_has_no_slots(known: Case, engine: str) -> None:
    model, _ = trained(known, engine)
    before = compiled(known, engine, "adam").state
    for path, value in model.state.items():
        if path in known.frozen:
            np.testing.assert_array_equal(value, before[path], err_msg=path)
            assert not any(one.startswith("optimizer.") and one.endswith(f".{path}") for one in model.state)
        elif path in model.weight_paths:
            assert (value != before[path]).any(), path


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("kept", ["kernel", "bias"])
def test_one_weight_of_a_layer_is_frozen(kept: str, engine: str) -> None:
    x = tz.Input((3,))
    hidden = tz.layers.Dense(4, "tanh", trainable=({"kernel", "bias"} - {kept}), name="partly")(x)
    model = tz.Model(x, tz.layers.Dense(1)(hidden))
    model.compile("adam", "mse", engine=engine)
    before = model.state
    source = np.random.default_rng(0)
    model.fit(source.normal(size=(12, 3)), source.normal(size=12), batch_size=5, verbose=0)
    after = model.state
    for name in ("kernel", "bias"):
        path = f"partly.{name}"
        assert (after[path] == before[path]).all() == (name == kept)
        assert (f"optimizer.m.{path}" in after) == (name != kept)


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_network_that_is_all_frozen_stays(rule: str) -> None:
    x = tz.Input((2,))
    model = tz.Model(x, tz.layers.Dense(1, trainable=False)(x))
    model.compile(rule, "mse")
    before = model.get_weights()
    model.fit([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0], verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_frozen_batch_normalization_uses_its_moving_values(engine: str) -> None:
    """A step gives the loss that evaluation gives, whatever the batch's own mean is."""
    x = tz.Input((3,))
    still = tz.layers.BatchNormalization(trainable=False, moving_mean_initializer="ones")(x)
    model = tz.Model(x, tz.layers.Dense(1, name="end")(still), dtype="float64")
    model.compile("sgd", "mse", engine=engine)
    source = np.random.default_rng(0)
    features, targets = source.normal(5.0, 2.0, (8, 3)), source.normal(size=8)
    expected = model.evaluate(features, targets)
    assert model.train_on_batch(features, targets) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(model.state["batch_normalization.moving_mean"], np.ones(3))


def penalized(penalty: Any, trainable: bool = True) -> tuple[Model, Array, Array]:
    x = tz.Input((3,))
    hidden = tz.layers.Dense(4, "tanh", kernel_regularizer=penalty, bias_regularizer=penalty, name="one")
    hidden.trainable = trainable
    model = tz.Model(x, tz.layers.Dense(1, name="end")(hidden(x)), dtype="float64")
    model.set_weights([np.full(one.shape, 0.5) for one in model.get_weights()])
    source = np.random.default_rng(0)
    return model, source.normal(size=(6, 3)), source.normal(size=(6, 1))


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("penalty", REGULARIZERS)
def test_the_penalty_is_told_apart(penalty: str, engine: str) -> None:
    """Of a kernel of 12 weights and a bias of 4, all 1/2."""
    model, x, y = penalized(penalty)
    model.compile("sgd", "mse", ["mse"], engine=engine)
    shapes = (3, 4), (4,)
    halves = (tz.ops.constant(np.full(shape, 0.5)) for shape in shapes)
    expected = sum(float(tz.evaluate(REGULARIZERS[penalty].penalty(one, 6))) for one in halves)
    assert expected > 0
    measured = model.evaluate(x, y, return_dict=True)
    assert measured["penalty"] == pytest.approx(expected, rel=1e-12)
    assert measured["loss"] == pytest.approx(measured["mse"] + expected, rel=1e-12)
    history = model.fit(x, y, batch_size=6, verbose=0, validation_data=(x, y)).history
    assert history["penalty"] == [pytest.approx(expected, rel=1e-12)]
    assert history["val_penalty"][0] == pytest.approx(
        history["val_loss"][0] - history["val_mse"][0], rel=1e-9
    )


@pytest.mark.filterwarnings("default:.*penalt:UserWarning")
def test_a_penalty_on_frozen_weights_is_counted_and_said() -> None:
    model, x, y = penalized("l2", trainable=False)
    with pytest.warns(UserWarning, match=r"one\.kernel, one\.bias.*do not train") as told:
        model.compile("sgd", "mse", ["mse"])
    assert len(told) == 1
    assert told[0].filename == __file__
    measured = model.evaluate(x, y, return_dict=True)
    assert measured["penalty"] == pytest.approx(0.01 * 16 * 0.25)
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_whole_model_within_a_model_is_frozen(engine: str, dtype: str) -> None:
    inner = tz.Sequential([tz.Input((3,)), tz.layers.Dense(4, "tanh"), tz.layers.Dense(2)], dtype=dtype)
    x = tz.Input((3,))
    outer = tz.Model(x, tz.layers.Dense(1)(inner(x)), dtype=dtype)
    features, targets = np.random.default_rng(0).normal(size=(9, 3)), np.ones(9)
    assert inner.trainable
    inner.trainable = False
    assert [one.trainable for one in inner.layers] == [False, False]
    assert not inner.trainable
    outer.compile("adam", "mse", engine=engine)
    before = outer.get_weights()
    outer.fit(features, targets, epochs=2, verbose=0)
    same = [bool((one == other).all()) for one, other in zip(before, outer.get_weights(), strict=True)]
    assert same == [True] * 4 + [False] * 2
    assert not [path for path in outer.state if path.startswith("optimizer.m.") and "sequential" in path]
    inner.trainable = True
    outer.compile("adam", "mse", engine=engine)
    outer.fit(features, targets, verbose=0)
    assert not any((one == other).all() for one, other in zip(before, outer.get_weights(), strict=True))
    with pytest.raises(ModelError, match="got trainable='no', expected True or False"):
        inner.trainable = "no"  # type: ignore[assignment]


def test_nothing_is_said_of_penalties_on_weights_that_train() -> None:
    model, _, _ = penalized("l2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.compile("sgd", "mse")
        model.compile("sgd", "mse")


@pytest.mark.filterwarnings("default:.*penalt:UserWarning")
def test_a_model_that_is_built_after_compile_says_it_then() -> None:
    layer = tz.layers.Dense(1, kernel_regularizer="l1", trainable=False)
    model = tz.Sequential([layer])
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match=r"dense\.kernel"):
        model.build((2,))


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_lists_and_dictionaries_are_the_same(engine: str) -> None:
    known = CASES["outputs_by_name"]
    models = [compiled(known, engine, "adam") for _ in range(2)]
    one, other = models
    samples = samples_for(known, one)
    by_name = dict(zip(one.network.input_names, samples.x, strict=True))
    targets = dict(zip(one.network.output_names, samples.y, strict=True))
    assert list(by_name) == ["features", "others"]
    assert list(targets) == ["first", "second"]
    backwards = dict(reversed(by_name.items())), dict(reversed(targets.items()))
    first = one.fit(samples.x, samples.y, 4, 2, verbose=0, validation_data=(samples.x, samples.y)).history
    second = other.fit(*backwards, 4, 2, verbose=0, validation_data=backwards).history
    assert first == second
    check_same_state(one, other, 0.0)
    for a, b in zip(one.predict(samples.x), other.predict(backwards[0]), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_the_loss_is_the_weighted_sum_of_the_outputs(engine: str) -> None:
    known = CASES["several_outputs"]
    model = compiled(known, engine, "sgd")
    samples = samples_for(known, model)
    measured = model.evaluate(only(samples.x), samples.y, sample_weight=samples.weights, return_dict=True)
    assert list(measured) == [
        *("loss", "number_loss", "kind_loss", "flag_loss"),
        *("number_mae", "kind_accuracy", "flag_mse"),
    ]
    expected = measured["number_loss"] + 0.25 * measured["kind_loss"] + 3.0 * measured["flag_loss"]
    assert measured["loss"] == pytest.approx(expected, rel=1e-12)
    squares = (model.predict(only(samples.x))[0] - samples.y[0]) ** 2
    weighted = (squares.mean(axis=1) * samples.weights).sum() / ROWS
    assert measured["number_loss"] == pytest.approx(weighted, rel=1e-12)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_validation_and_weights_of_samples(engine: str) -> None:
    known = CASES["several_outputs"]
    model = compiled(known, engine, "sgd")
    train, held = samples_for(known, model), samples_for(known, model, seed=1, rows=7)
    history = model.fit(
        only(train.x),
        train.y,
        verbose=0,
        sample_weight=train.weights,
        validation_data=(only(held.x), held.y, held.weights),
    ).history
    measured = model.evaluate(only(held.x), held.y, sample_weight=held.weights, return_dict=True)
    for name, value in measured.items():
        assert history[f"val_{name}"] == [pytest.approx(value, rel=1e-12)]


def test_a_nested_model_lends_its_weights_of_that_moment() -> None:
    inner_input = tz.Input((2,))
    inner = tz.Model(inner_input, tz.layers.Dense(2, name="core")(inner_input), seed=5, name="inner")
    inner.set_weights([[[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]])
    x = tz.Input((2,))
    middle = tz.Model(x, tz.layers.Dense(1, name="behind")(inner(x)), name="middle")
    z = tz.Input((2,))
    outer = tz.Model(z, tz.layers.Dense(1)(middle(z)))
    paths = [
        "middle.inner.core.kernel",
        "middle.inner.core.bias",
        "middle.behind.kernel",
        "middle.behind.bias",
    ]
    assert outer.weight_paths[:4] == paths
    np.testing.assert_array_equal(outer.get_weights()[0], [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(outer.get_weights()[2], middle.get_weights()[2])
    outer.compile("sgd", "mse")
    outer.fit([[1.0, 2.0]], [1.0], verbose=0)
    np.testing.assert_array_equal(inner.get_weights()[0], [[1.0, 2.0], [3.0, 4.0]])
    assert (outer.get_weights()[0] != inner.get_weights()[0]).any()


def test_a_sequential_model_stands_in_a_functional_one() -> None:
    inner = tz.Sequential([tz.Input((2,)), tz.layers.Dense(3, "tanh"), tz.layers.Dense(2)], name="inner")
    x = tz.Input((2,))
    model = tz.Model(x, tz.layers.Add()([x, inner(x)]))
    features = np.array([[1.0, -2.0]], "float32")
    np.testing.assert_allclose(model.predict(features), features + inner.predict(features), rtol=1e-6)


def test_two_models_of_one_name_are_numbered() -> None:
    x = tz.Input((2,))
    parts = [tz.Sequential([tz.Input((2,)), tz.layers.Dense(2)], name="part") for _ in range(2)]
    model = tz.Model(x, tz.layers.Add()([one(x) for one in parts]))
    assert {path.split(".")[0] for path in model.weight_paths} == {"part", "part_1"}


def explained(known: Case) -> None:
    """Explain the loss, and one number of every weight that trains and has a place on the page."""
    model = compiled(known, "reference", "sgd")
    samples = samples_for(known, model).rows(slice(0, 1))
    x, y = ([one[0] for one in part] for part in (samples.x, samples.y))
    assert len(str(model.explain(only(x), only(y), "loss")).splitlines()) > 3
    for path, weight in model.network.weights().items():
        if weight.trainable:
            index = ",".join("0" * len(weight.shape))
            page = str(model.explain(only(x), only(y), f"{path}[{index}]", update=True))
            assert path in page.splitlines()[0]


@pytest.mark.filterwarnings("ignore:.*training batch of one sample")
@pytest.mark.parametrize("known", NAMED)
def test_every_weight_of_it_is_explained(known: Case) -> None:
    explained(known)


def drawn_with(*sizes: int) -> list[Any]:
    return [tz.Input((size,)) for size in sizes]


def test_an_input_that_is_missing_is_named() -> None:
    one, other = drawn_with(2, 3)
    joined = tz.layers.Concatenate()([one, other])
    with pytest.raises(ModelError, match=r"inputs: the outputs need tz\.Input\(\(3,\)\), .*; add it"):
        tz.Model(one, joined)
    with pytest.raises(ModelError, match="inputs: the same Input is given twice"):
        tz.Model([one, one, other], joined)
    with pytest.raises(ModelError, match=r"inputs: got \[\], expected a tz.Input"):
        tz.Model([], joined)
    with pytest.raises(ModelError, match=r"outputs: got \[\], expected what a layer gives"):
        tz.Model(one, [])
    with pytest.raises(ModelError, match=r"inputs: got .*Connection"):
        tz.Model(joined, joined)


def test_an_input_that_nothing_reads_is_refused() -> None:
    one, other = drawn_with(2, 3)
    with pytest.raises(ModelError, match=r"inputs: .*tz\.Input\(\(3,\)\)"):
        tz.Model([one, other], tz.layers.Dense(1)(one))


@pytest.mark.parametrize(
    ("given", "got"),
    [
        (np.ones((2, 3)), "ndarray"),
        ([[1.0]], "list"),
        (3.0, "float"),
        ([], "an empty list"),
        (None, "NoneType"),
    ],
)
def test_a_layer_called_on_numbers_is_refused(given: Any, got: str) -> None:
    with pytest.raises(ModelError, match=rf"Dense: got {got}.*model.predict\(x\)"):
        tz.layers.Dense(2)(given)


def test_a_model_called_on_symbols_and_numbers_is_refused() -> None:
    one, other = drawn_with(2, 3)
    model = tz.Model([one, other], tz.layers.Concatenate()([one, other]), name="pair")
    with pytest.raises(ModelError, match="pair: got 1 inputs, expected 2"):
        model(one)
    with pytest.raises(ModelError, match="pair: got 3 inputs, expected 2"):
        model([*drawn_with(2, 3), one])
    for mixed in ([tz.Input((2,)), np.ones((1, 3))], [np.ones((1, 2)), tz.Input((3,))]):
        with pytest.raises(
            ModelError, match="pair: got symbols and ndarray together, expected symbols alone"
        ):
            model(mixed)


@pytest.mark.parametrize("known", [CASES["outputs_by_name"]])
def test_data_of_wrong_names_or_numbers_are_refused(known: Case) -> None:
    model = compiled(known, "reference", "sgd")
    samples = samples_for(known, model)
    (x1, x2), (y1, y2) = samples.x, samples.y
    before = model.state
    for x, y, complaint in (
        ([x1], [y1, y2], r"x: got 1 parts, expected a list of 2, or a dictionary of features, others"),
        (x1, [y1, y2], "x: got ndarray, expected a list of 2"),
        ([x1, x2, x2], [y1, y2], "x: got 3 parts"),
        ({"features": x1, "other": x2}, [y1, y2], r"x: .*'other'.*'others'"),
        ({"features": x1}, [y1, y2], r"x: .*\['features'\].*'others'"),
        ([x1, x2], [y1], "y: got 1 parts, expected a list of 2, or a dictionary of first, second"),
        ([x1, x2], {"first": y1, "third": y2}, r"y: .*'third'"),
        ([x1, x2[:3]], [y1, y2], r"x\[0\] 15, x\[1\] 3"),
        ([x1, x2], [y1, y2[:3]], r"y\[1\] 3"),
        ([x2, x1], [y1, y2], r"x\[0\]: got shape \(15, 2\), expected \(n, 4\)"),
    ):
        with pytest.raises(DataError, match=complaint):
            model.fit(x, y, verbose=0)
    assert all((value == before[path]).all() for path, value in model.state.items())


@pytest.mark.parametrize(
    ("what", "given", "complaint"),
    [
        ("loss", ["mse"], "loss: got 1, expected 2, one an output: 'first', 'second'"),
        ("loss", {"first": "mse"}, "loss: got nothing for 'second'"),
        ("loss", {"first": "mse", "third": "mse"}, "loss: got the name 'third'"),
        ("metrics", {"third": ["mse"]}, "metrics: got the name 'third'"),
        ("metrics", [["mse"], ["mse"], ["mse"]], "metrics: got 3, expected 2"),
        ("loss_weights", [1.0], "loss_weights: got 1, expected 2"),
        ("loss_weights", {"third": 1.0}, "loss_weights: got the name 'third'"),
        ("loss_weights", [1.0, -1.0], "loss_weights"),
        ("loss_weights", 2.0, "loss_weights: got 2.0, expected a list"),
    ],
)
def test_what_does_not_fit_the_outputs_is_refused(what: str, given: Any, complaint: str) -> None:
    model = compiled(CASES["outputs_by_name"], "reference", "sgd")
    settings = model.settings
    with pytest.raises(ModelError, match=complaint):
        model.compile(**{"optimizer": "sgd", "loss": ["mse", "mse"], what: given})
    assert model.settings is settings


def test_two_layers_of_one_name_are_refused() -> None:
    x = tz.Input((2,))
    first = tz.layers.Dense(2, name="twice")(x)
    with pytest.raises(ModelError, match="layers: the name 'twice' is given twice"):
        tz.Model(x, tz.layers.Dense(2, name="twice")(first))
    with pytest.raises(ModelError, match=r"'a\.b'"):
        tz.Model(x, tz.layers.Dense(2, name="a.b")(x))


def test_two_inputs_of_one_name_are_refused() -> None:
    one, other = tz.Input((2,), name="same"), tz.Input((2,), name="same")
    with pytest.raises(ModelError, match="inputs: the name 'same' is given twice"):
        tz.Model([one, other], tz.layers.Add()([one, other]))


def test_an_output_given_twice_is_refused() -> None:
    x = tz.Input((2,))
    y = tz.layers.Dense(2, name="end")(x)
    with pytest.raises(ModelError, match="outputs: what 'end' gives is given twice"):
        tz.Model(x, [y, y])


def test_layers_that_do_not_fit_are_named() -> None:
    one, other = drawn_with(2, 3)
    joined = tz.layers.Add(name="sum")([tz.layers.Dense(2, name="left")(one), other])
    with pytest.raises(
        ModelError, match=r"layer 'sum' \(Add\) does not fit behind layer 'left' \(Dense\) and the input"
    ):
        tz.Model([one, other], joined)
    for name, kind in merging_layers().items():
        with pytest.raises(ModelError, match=name):
            tz.Model(one, kind()(one))


def test_a_layer_called_on_other_shapes_is_refused() -> None:
    one, other = drawn_with(2, 3)
    shared = tz.layers.Dense(2, name="shared")
    with pytest.raises(ModelError, match=r"layer 'shared' \(Dense\) does not fit behind the input \(3,\)"):
        tz.Model([one, other], tz.layers.Add()([shared(one), shared(other)]))


def test_a_planted_fault_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that is used twice, but reads other weights the second time, does not pass."""
    known = CASES["a_shared_layer"]
    model = compiled(known, "reference", "sgd")
    samples = samples_for(known, model)
    one, other = samples.x
    kernel, bias, last, shift = model.get_weights()
    expected = (np.tanh(one @ kernel + bias) - np.tanh(other @ kernel + bias)) @ last + shift
    np.testing.assert_allclose(model.predict(samples.x), expected, rtol=1e-12, atol=1e-12)
    wrong = (np.tanh(one @ kernel + bias) - np.tanh(other @ kernel)) @ last + shift
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(model.predict(samples.x), wrong, rtol=1e-12, atol=1e-12)


def test_the_kit_draws_float64() -> None:
    assert all(one.draw(TIZA).dtype == "float64" for one in CASES.values())


# a model within a Sequential


def base(name: str | None = "base", width: int = 2) -> tz.Sequential:
    parts = [tz.Input((6, 6, 1)), tz.layers.Conv2D(width, 3, activation="relu"), tz.layers.Flatten()]
    return tz.Sequential(parts, seed=5, name=name)


IMAGES = np.random.default_rng(0).normal(size=(5, 6, 6, 1))


@pytest.mark.parametrize("first", [[], [tz.Input((6, 6, 1))]], ids=["its own", "given"])
def test_a_model_stands_first_in_a_sequential(first: list[tz.Input]) -> None:
    inner = base()
    model = tz.Sequential([*first, inner, tz.layers.Dense(1)])
    assert model.weight_paths == ["base.conv2d.kernel", "base.conv2d.bias", "dense.kernel", "dense.bias"]
    for ours, theirs in zip(model.get_weights(), inner.get_weights(), strict=False):
        np.testing.assert_array_equal(ours, theirs)
    kernel, bias = model.get_weights()[2:]
    np.testing.assert_allclose(model.predict(IMAGES), inner.predict(IMAGES) @ kernel + bias, atol=1e-5)


def test_a_model_lends_its_weights_when_fit_builds() -> None:
    inner = tz.Sequential([tz.Input((4,)), tz.layers.Dense(2)], seed=4)
    model = tz.Sequential([tz.layers.Flatten(), inner])
    model.compile(tz.optimizers.SGD(0.0), "mse", engine="reference")
    model.fit(np.ones((3, 2, 2)), np.ones((3, 2)), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], inner.get_weights()[0])


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_lent_weights_have_the_dtype_of_the_model(engine: str) -> None:
    inner, x = base(), tz.Input((6, 6, 1))
    for model in (
        tz.Model(x, tz.layers.Dense(1)(inner(x)), dtype="float64"),
        tz.Sequential([inner, tz.layers.Dense(1)], dtype="float64"),
    ):
        model.compile("sgd", "mse", engine=engine)
        assert {one.dtype for one in model.get_weights()} == {np.dtype("float64")}
        kernel, bias = model.get_weights()[2:]
        np.testing.assert_allclose(model.predict(IMAGES), inner.predict(IMAGES) @ kernel + bias, atol=1e-5)
        np.testing.assert_array_equal(model.get_weights()[0], inner.get_weights()[0])


def test_a_frozen_base_stays() -> None:
    inner = base()
    inner.trainable = False
    model = tz.Sequential([inner, tz.layers.Dense(1)], dtype="float64")
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(IMAGES, np.ones(5), verbose=0)
    same = [bool((one == other).all()) for one, other in zip(before, model.get_weights(), strict=True)]
    assert same == [True, True, False, False]


def test_models_and_layers_are_added_and_their_weights_stay(tmp_path: Path) -> None:
    model = tz.Sequential()
    model.add(base(None))
    model.add(tz.layers.Dense(4))
    model.add(tz.Sequential([tz.Input((4,)), tz.layers.Dense(3)], seed=8))
    trained_kernel = np.ones_like(model.state["dense.kernel"])
    model.set_weights([trained_kernel if one.shape == (32, 4) else one for one in model.get_weights()])
    paths, before = model.weight_paths, model.get_weights()
    assert paths[::2] == ["model.conv2d.kernel", "dense.kernel", "model_1.dense.kernel"]
    expected = model.predict(IMAGES)
    model.save(tmp_path / "nested.tiza")
    loaded = tz.load_model(tmp_path / "nested.tiza")
    np.testing.assert_array_equal(loaded.predict(IMAGES), expected)
    for one in (model, loaded):
        assert isinstance(one, tz.Sequential)
        one.add(tz.layers.Dense(1))
        assert one.weight_paths == [*paths, "dense_1.kernel", "dense_1.bias"]
        for old, new in zip(before, one.get_weights(), strict=False):
            np.testing.assert_array_equal(old, new)


def test_a_sequential_with_a_model_is_built_anew_for_another_shape() -> None:
    model = tz.Sequential([base(), tz.layers.Dense(1)])
    model.build((8, 8, 1))
    assert model.predict(np.zeros((1, 8, 8, 1))).shape == (1, 1)
    np.testing.assert_array_equal(model.get_weights()[0], base().get_weights()[0])


def two_outputs() -> tz.Model:
    x = tz.Input((3,))
    return tz.Model(x, [tz.layers.Dense(1)(x), tz.layers.Dense(2)(x)], name="two")


def two_inputs() -> tz.Model:
    inputs = [tz.Input((1,)), tz.Input((1,))]
    return tz.Model(inputs, tz.layers.Add()(inputs), name="sum")


NOT_IN_A_SEQUENTIAL: list[tuple[Any, str]] = [
    (lambda: tz.Sequential([tz.Sequential([tz.layers.Dense(1)], name="open")]), "'open' is not built; put"),
    (lambda: tz.Sequential([tz.Input((3,)), base()]), r"layer 'base\.conv2d' .* behind the input \(3,\)"),
    (lambda: tz.Sequential([tz.Input((3,)), two_outputs()]), "the model 'two' gives 2 values"),
    (lambda: tz.Sequential([tz.Input((1,)), two_inputs()]), "sum: got 1 inputs, expected 2"),
]


@pytest.mark.parametrize(
    ("make", "words"), NOT_IN_A_SEQUENTIAL, ids=[words for _, words in NOT_IN_A_SEQUENTIAL]
)
def test_models_that_cannot_stand_in_a_sequential(make: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make()


def test_a_shared_layer_says_what_its_weights_were_made_for() -> None:
    x, y, shared = tz.Input((4, 3)), tz.Input((4, 5)), tz.layers.LSTM(2)
    with pytest.raises(ModelError, match=r"second time, .* made for samples of shape \(4, 3\)"):
        tz.Model([x, y], [shared(x), shared(y)])
