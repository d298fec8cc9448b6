"""Layers, activations and initializers: values, paths, and what does not fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import ModelError, NameNotFoundError
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.initializers import INITIALIZERS, fans
from tiza.nn.layer import Context, Function, Layer, Weight

ACTIVATION_ORACLES: dict[str, Any] = {
    "identity": lambda x: x,
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "tanh": np.tanh,
}
X = np.random.default_rng(0).normal(size=(5, 3))


def test_every_activation_has_an_oracle() -> None:
    assert set(ACTIVATIONS) == set(ACTIVATION_ORACLES)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations(name: str) -> None:
    expected = ACTIVATION_ORACLES[name](X)
    for layer in (tz.layers.Activation(name), lambda x: ACTIVATIONS[name](x)):
        found = tz.Sequential([tz.Input((3,)), layer], dtype="float64").predict(X)
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("use_bias", [True, False])
def test_dense(use_bias: bool) -> None:
    layers = [tz.Input((3,)), tz.layers.Dense(2, activation="tanh", use_bias=use_bias)]
    model = tz.Sequential(layers, dtype="float64")
    kernel, *bias = model.get_weights()
    assert kernel.shape == (3, 2)
    assert [one.shape for one in bias] == ([(2,)] if use_bias else [])
    np.testing.assert_allclose(model.predict(X), np.tanh(X @ kernel), rtol=1e-14)


def test_dense_keeps_axes_between() -> None:
    x = np.random.default_rng(1).normal(size=(4, 5, 3))
    model = tz.Sequential([tz.Input((5, 3)), tz.layers.Dense(2)], dtype="float64")
    np.testing.assert_allclose(model.predict(x), x @ model.get_weights()[0], rtol=1e-13)


def test_rescaling_flatten_reshape() -> None:
    images = np.arange(2 * 2 * 3, dtype="uint8").reshape(2, 2, 3) * 20
    model = tz.Sequential(
        [
            tz.Input((2, 3)),
            tz.layers.Flatten(),
            tz.layers.Rescaling(1 / 255, offset=-0.5),
            tz.layers.Reshape((3, 2)),
        ]
    )
    np.testing.assert_allclose(model.predict(images), images.reshape(2, 3, 2) / 255 - 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("sizes", "count"), [((6, 1), 7), ((6, 4, 1), 33), ((6, 4, 4, 1), 53), ((6, 4, 4, 4, 1), 73)]
)
def test_parameter_counts(sizes: tuple[int, ...], count: int) -> None:
    model = tz.Sequential([tz.Input((sizes[0],)), *(tz.layers.Dense(size) for size in sizes[1:])])
    assert model.count_params() == count == sum(one.size for one in model.get_weights())


def test_the_summary_writes_products(capsys: pytest.CaptureFixture[str]) -> None:
    tz.Sequential([tz.Input((784,)), tz.layers.Dense(30), tz.layers.Dense(10)]).summary()
    text = capsys.readouterr().out
    for expected in ("784x30 + 30 = 23550", "30x10 + 10 = 310", "23860", "float32", "(30,)"):
        assert expected in text


def paths(*layers: Any) -> list[str]:
    return [one.path for one in tz.Sequential([tz.Input((3,)), *layers]).network.layers]


def test_paths_are_numbered_as_keras_does() -> None:
    dense, activation = tz.layers.Dense, tz.layers.Activation
    assert paths(dense(3), activation("relu"), dense(3), dense(3)) == [
        "dense",
        "activation",
        "dense_1",
        "dense_2",
    ]
    assert paths(dense(3), dense(3), dense(3, name="dense_1")) == ["dense", "dense_2", "dense_1"]
    assert paths(np.tanh, tz.ops.tanh, tz.ops.tanh, lambda x: x * 2.0) == [
        "tanh",
        "tanh_1",
        "tanh_2",
        "function",
    ]
    with pytest.raises(ModelError, match="'same' is given twice"):
        paths(dense(3, name="same"), dense(3, name="same"))
    assert Function(abs, name="size").base_name == "size"


class Affine(Layer):
    """A layer of a user's own, with state beside its parameters."""

    def weights(self, inputs: tz.TensorType) -> tuple[Weight, ...]:
        return (
            Weight("factor", inputs.shape[1:], tz.initializers.Ones()),
            Weight("calls", (), tz.initializers.Zeros(), trainable=False),
        )

    def call(self, inputs: tz.Tensor, context: Context) -> tz.Tensor:
        if context.training:
            context.update("calls", context["calls"] + 1.0)
        return inputs * context["factor"]


def test_a_layer_of_ones_own_with_state() -> None:
    model = tz.Sequential([tz.Input((2,)), Affine()])
    model.compile(tz.optimizers.SGD(0.1), "mse")
    assert model.weight_paths == ["affine.factor", "affine.calls"]
    model.fit(np.ones((6, 2)), np.zeros((6, 2)), batch_size=4, epochs=3, verbose=0)
    factor, calls = model.get_weights()
    assert calls == 6
    assert (factor < 1).all()
    model.evaluate(np.ones((6, 2)), np.zeros((6, 2)))
    model.predict(np.ones((6, 2)))
    assert model.get_weights()[1] == 6
    assert len(model.loss_and_gradients(np.ones((6, 2)), np.zeros((6, 2)))[1]) == 1
    assert "optimizer.iterations" in model.state


def test_what_a_layer_must_return() -> None:
    with pytest.raises(ModelError, match=r"'function'.*expected a traced value"):
        paths(lambda x: 3.0)
    with pytest.raises(ModelError, match="the batch to stay the first axis"):
        paths(lambda x: tz.ops.sum(x))
    with pytest.raises(ModelError, match=r"returns int32.*astype"):
        paths(lambda x: x.astype("int32"))
    with pytest.raises(ModelError, match="unknown name 'gamma'"):
        paths(WithoutGamma())


class WithoutGamma(Layer):
    def call(self, inputs: tz.Tensor, context: Context) -> tz.Tensor:
        return inputs * context["gamma"]


def test_layers_that_do_not_fit_are_both_named() -> None:
    with pytest.raises(ModelError, match=r"'reshape' \(Reshape\).*behind layer 'first' \(Dense\).*\(4,\)"):
        paths(tz.layers.Dense(4, name="first"), tz.layers.Reshape((5,)))
    with pytest.raises(ModelError, match=r"'dense' \(Dense\).*behind the input \(\)"):
        tz.Sequential([tz.Input(()), tz.layers.Dense(2)])


BAD_ARGUMENTS = [
    (lambda: tz.layers.Dense(0), "Dense: units: got 0"),
    (lambda: tz.layers.Dense(2.0), "Dense: units: got 2.0"),
    (lambda: tz.layers.Dense(True), "Dense: units: got True"),
    (lambda: tz.Input((3, 0)), "Input: shape: got 0"),
    (lambda: tz.Input((None,)), "Input: shape: got None"),
    (lambda: tz.layers.Dense(2, kernel_initializer=3), "initializer: got 3"),
    (lambda: tz.layers.Dense(2, activation=3), "activation: got 3"),
    (lambda: tz.Sequential([tz.Input((2,)), tz.Input((2,))]), "Input stands once"),
    (lambda: tz.Sequential([5]), "layers: got 5"),
    (lambda: tz.Sequential([tz.layers.Dense]), "layers: got .*expected a layer such as"),
    (lambda: tz.Sequential(tz.layers.Dense(2)), "expected a list"),
    (lambda: tz.Sequential([], seed=-1), "seed: got -1"),
    (lambda: tz.Sequential([], seed=1.5), "seed: got 1.5"),
    (lambda: tz.Sequential([tz.Input((2,))], dtype="int32"), "dtype"),
]


@pytest.mark.parametrize(("make", "words"), BAD_ARGUMENTS, ids=[words for _, words in BAD_ARGUMENTS])
def test_arguments(make: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make()


def test_numpy_integers_will_do() -> None:
    model = tz.Sequential([tz.Input(np.int64(3)), tz.layers.Dense(np.int32(2))], seed=np.uint8(1))
    assert model.output_shape == (None, 2)


def test_unknown_names() -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'sigmoid'"):
        tz.layers.Dense(2, activation="sigmod")
    with pytest.raises(NameNotFoundError, match="did you mean 'glorot_uniform'"):
        tz.layers.Dense(2, kernel_initializer="glorot_unifrom")


BOUNDS = {"glorot_uniform": math.sqrt(6 / 300), "random_uniform": 0.05, "uniform": 0.05}
DEVIATIONS = {"glorot_normal": math.sqrt(2 / 300), "random_normal": 0.05, "normal": 0.05}


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_initializers(name: str) -> None:
    def kernel(seed: int) -> np.ndarray[Any, Any]:
        layer = tz.layers.Dense(200, kernel_initializer=name)
        return tz.Sequential([tz.Input((100,)), layer], seed=seed).get_weights()[0]

    values = kernel(0)
    assert values.dtype == "float32"
    np.testing.assert_array_equal(values, kernel(0))
    if name in ("zeros", "ones"):
        assert (values == float(name == "ones")).all()
        return
    assert (values != kernel(1)).mean() > 0.99
    deviation = DEVIATIONS.get(name) or BOUNDS[name] / math.sqrt(3)
    # 20 000 draws: mean within 5 standard errors, deviation within 3 %
    assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
    assert abs(values.std() / deviation - 1) < 0.03
    if name in BOUNDS:
        assert 0.99 * BOUNDS[name] < np.abs(values).max() <= BOUNDS[name]


def test_fans_count_the_window() -> None:
    assert [fans(shape) for shape in ((), (7,), (3, 4), (5, 5, 3, 4))] == [(1, 1), (7, 7), (3, 4), (75, 100)]


def test_layers_do_not_shift_each_others_first_weights() -> None:
    short = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3)])
    long = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3), tz.layers.Dense(3)])
    np.testing.assert_array_equal(short.get_weights()[0], long.get_weights()[0])
    assert (long.get_weights()[0] != long.get_weights()[2]).all()
