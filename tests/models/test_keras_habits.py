"""Habits that a user of Keras brings along: what works as there, and what is refused with its remedy."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import ModelError, NameNotFoundError
from tiza.models.model import Model
from tiza.optimizers.rules import RULES

X = np.random.default_rng(0).normal(size=(7, 3))
Y = X.sum(axis=1, keepdims=True)


def network(metrics: Any = (), **arguments: Any) -> tz.Sequential:
    layers = [tz.Input((3,)), tz.layers.Dense(4, "tanh", **arguments), tz.layers.Dense(1, name="last")]
    model = tz.Sequential(layers, dtype="float64")
    model.compile("sgd", "mse", metrics=list(metrics), engine="reference")
    return model


def two_inputs(*names: str | None) -> Model:
    inputs = [tz.Input((2 + number,), name=name) for number, name in enumerate(names)]
    return tz.Model(inputs, tz.layers.Dense(1)(tz.layers.Concatenate()(inputs)))


@pytest.mark.parametrize("metrics", [(), ("mae",), ("mae", "r2_score")])
@pytest.mark.parametrize("call", ["evaluate", "test_on_batch", "train_on_batch"])
def test_a_penalty_is_no_number_of_its_own_in_the_list(call: str, metrics: tuple[str, ...]) -> None:
    model = network(metrics, kernel_regularizer="l2")
    named = getattr(network(metrics, kernel_regularizer="l2"), call)(X, Y, return_dict=True)
    listed = getattr(model, call)(X, Y)
    assert list(named) == ["loss", *metrics, "penalty"]
    assert np.atleast_1d(listed).tolist() == [named[one] for one in ("loss", *metrics)]
    assert isinstance(listed, list) == bool(metrics)
    assert named["penalty"] > 0.0
    assert "penalty" in model.fit(X, Y, verbose=0).history


@dataclass(frozen=True)
class OwnRule(tz.optimizers.SGD):
    speed: float = 1.0


@pytest.mark.parametrize("rule", [*RULES, OwnRule], ids=lambda rule: rule.__name__)
def test_an_optimizer_that_is_set_says_what_to_do(rule: type[tz.optimizers.Optimizer]) -> None:
    model = network()
    model.compile(rule(), "mse", engine="reference")
    before = repr(model.optimizer)
    with pytest.raises(
        ModelError, match=rf"^{rule.__name__}: learning_rate .* set model\.learning_rate = \.\.\."
    ):
        model.optimizer.learning_rate = 1e-4  # type: ignore[misc]
    for name in ("clipnorm", "anything"):
        with pytest.raises(
            ModelError, match=rf"^{rule.__name__}: {name} .* make a new optimizer and compile"
        ):
            setattr(model.optimizer, name, 1.0)
    assert repr(model.optimizer) == before
    model.learning_rate = 1e-4
    assert model.optimizer.learning_rate == 1e-4


@pytest.mark.parametrize("verbose", [0, 1, 2, "auto"])
def test_predict_has_the_arguments_of_keras(verbose: int | str, capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    whole = model.predict(X)
    np.testing.assert_array_equal(model.predict(X, verbose=verbose), whole)
    np.testing.assert_array_equal(model.predict(X, 2, verbose, 3), whole[:6])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"verbose": 3}, "verbose: got 3, expected 0, 1, 2 or 'auto'"),
        ({"verbose": tz.callbacks.Callback()}, "verbose: got <tiza"),
        ({"steps": 0}, "steps: got 0"),
    ],
)
def test_predict_refuses_what_it_cannot_take(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        network().predict(X, **arguments)


def test_layers_have_the_names_that_summary_prints(capsys: pytest.CaptureFixture[str]) -> None:
    layers = [tz.Input((3,)), *(tz.layers.Dense(2) for _ in range(3)), tz.layers.Dense(1, name="last")]
    assert layers[1].name is None
    model = tz.Sequential(layers)
    model.summary()
    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "Dense" in line]
    assert [layer.name for layer in model.layers] == printed == ["dense", "dense_1", "dense_2", "last"]
    for place, name in enumerate(printed):
        assert model.get_layer(name) is model.get_layer(index=place) is model.layers[place]
    assert model.get_layer(index=-1).name == "last"


def test_a_name_from_one_model_binds_no_other() -> None:
    shared = tz.layers.Dense(2)
    tz.Sequential([tz.Input((2,)), tz.layers.Dense(2), shared])
    assert shared.name == "dense_1"
    again = tz.Sequential([tz.Input((2,)), shared, tz.layers.Dense(2)])
    assert [layer.name for layer in again.layers] == ["dense", "dense_1"]
    assert again.weight_paths[0] == "dense.kernel"


def test_layers_of_a_model_within_a_model_go_by_their_path() -> None:
    inner = tz.Sequential([tz.Input((3,)), tz.layers.Dense(2)], name="encoder")
    x = tz.Input((3,))
    outer = tz.Model(x, tz.layers.Dense(1)(inner(x)))
    assert outer.get_layer("encoder.dense") is inner.layers[0]
    assert inner.get_layer("dense") is inner.layers[0]
    assert [layer.name for layer in outer.layers] == ["encoder.dense", "dense"]


def test_names_of_models_do_not_reach_the_file(tmp_path: Any) -> None:
    model = network()
    model.save(tmp_path / "model.tiza")
    again = tz.load_model(tmp_path / "model.tiza")
    assert [layer.given_name for layer in again.layers] == [None, "last"]
    assert [layer.name for layer in again.layers] == ["dense", "last"]


def test_layers_that_are_not_there() -> None:
    model = network()
    with pytest.raises(NameNotFoundError, match="layer: unknown name 'lost'; did you mean 'last'"):
        model.get_layer("lost")
    for index in (2, -3, 0.0):
        with pytest.raises(ModelError, match=rf"index: got {index}, expected a place among 2 layers"):
            model.get_layer(index=index)  # type: ignore[arg-type]
    for arguments in ({}, {"name": "last", "index": 1}):
        with pytest.raises(ModelError, match="get_layer: expected a name, or index"):
            model.get_layer(**arguments)  # type: ignore[arg-type]


def test_the_state_cannot_be_set_one_array_at_a_time() -> None:
    model = network()
    before = model.predict(X)
    state: Any = model.state
    for path in ("dense.kernel", "new"):
        with pytest.raises(ModelError, match=rf"state: '{path}' .* a copy.* model\.set_weights"):
            state[path] = np.ones((3, 4))
    with pytest.raises(ModelError, match="a copy"):
        del state["dense.kernel"]
    with pytest.raises(NameNotFoundError, match=r"did you mean 'dense\.kernel'"):
        state["dense.kernels"]
    assert "dense.kernels" not in state
    assert {**state}.keys() == dict(model.state).keys() >= set(model.weight_paths)
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("trainable", [False, ["bias"]])
@pytest.mark.parametrize("call", ["fit", "train_on_batch", "fit_lbfgs", "lr_find"])
def test_a_layer_frozen_after_compile_is_told_once(call: str, trainable: Any) -> None:
    model = network()
    first = model.layers[0]
    first.trainable = trainable
    with pytest.warns(UserWarning, match=r"trainable of dense was set after .* compile again") as told:
        getattr(model, call)(X, Y)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(model, call)(X, Y)
        model.compile("sgd", "mse", engine="reference")
        kernel = model.get_weights()[0]
        getattr(model, call)(X, Y)
    np.testing.assert_array_equal(model.get_weights()[0], kernel)


def test_what_is_set_before_compile_or_set_back_is_not_told() -> None:
    model = network()
    model.layers[0].trainable = False
    model.layers[0].trainable = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y, verbose=0)
        model.trainable = False
        model.compile("sgd", "mse", engine="reference")
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("names", "shown"),
    [((None, None), ("input", "input_1")), (("age", "height"), ("age", "height")), (("age",), ("age",))],
)
def test_summary_shows_every_input(
    names: tuple[str | None, ...], shown: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    two_inputs(*names).summary()
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if " Input " in line]
    assert rows == [[name, "Input", f"({2 + number},)", "0"] for number, name in enumerate(shown)]
