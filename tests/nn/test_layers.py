"""Layers: values, paths, state, and what does not fit."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from layer_checks import ENGINE_NAMES, Probe, course_rows, features_of, known_layers, layer_cases, samples
from native_training import check_same_state
from tiza.errors import DataError, ModelError, NameNotFoundError, ShapeError
from tiza.graph.graph import Graph
from tiza.graph.provenance import Role
from tiza.nn.initializers import INITIALIZERS
from tiza.nn.layer import Context, Function, Layer, LayerExample, Weight
from tiza.ops import random

X = np.random.default_rng(0).normal(size=(5, 3))
DOCUMENT = Path(__file__).parents[2] / "docs" / "layers.md"


def test_every_layer_states_examples() -> None:
    assert len(known_layers()) > 20
    for name, kind in known_layers().items():
        assert kind.examples, name
        assert isinstance(kind.__init__, FunctionType)
        parameters = inspect.signature(kind).parameters
        assert list(parameters)[-2:] == ["name", "trainable"], name
        made: Any = kind
        layer = made(**kind.examples[0].arguments, name="own", trainable=False)
        assert (layer.name, layer.trainable) == ("own", False)


@pytest.mark.parametrize("engine", [name for name in ENGINE_NAMES if name != "reference"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_engines_agree(
    kind: type[Layer], example: LayerExample, dtype: str, training: bool, engine: str
) -> None:
    """Values, gradients and new state: the random bits are the same, too."""
    probe = Probe.of(kind, example, dtype)
    expected = probe.run("reference", training).arrays()
    for name, one in probe.run(engine, training).arrays().items():
        assert (one.dtype, one.shape) == (dtype, expected[name].shape), name
        tolerance = (1e-12 if dtype == "float64" else 2e-5) * np.abs(expected[name]).max(initial=1.0)
        np.testing.assert_allclose(one, expected[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("engine", [name for name in ENGINE_NAMES if name != "reference"])
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_training_agrees(kind: type[Layer], example: LayerExample, dtype: str, engine: str) -> None:
    """Two epochs, between dense layers."""
    layer = kind(**example.arguments)
    source = np.random.default_rng(1)
    x = [samples(layer, shape, dtype, source)[:4].repeat(2, 0) for shape in example.sample_shapes]
    y = source.normal(size=(8, 2))
    one, other = (between_dense_layers(layer, example, dtype) for _ in range(2))
    for model, name in ((one, engine), (other, "reference")):
        model.compile(tz.optimizers.SGD(0.01), "mse", engine=name)
        model.fit(x if len(x) > 1 else x[0], y, batch_size=4, epochs=2, verbose=0)
    check_same_state(one, other, 1e-11 if dtype == "float64" else 1e-4)


def between_dense_layers(layer: Layer, example: LayerExample, dtype: str) -> tz.Model:
    """Return a network with a dense layer before each input that has features, and one behind all results."""
    batch = 4 if layer.keeps_state else None
    inputs = [tz.Input(shape, batch_size=batch) for shape in example.sample_shapes]
    entering = [
        tz.layers.Dense(shape[-1])(one) if shape and layer.vocabulary is None else one
        for one, shape in zip(inputs, example.sample_shapes, strict=True)
    ]
    given_ = layer(entering if len(entering) > 1 else entering[0])
    return tz.Model(inputs, tz.layers.Dense(2)(features_of(given_)), seed=3, dtype=dtype)


@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_gradients_are_difference_quotients(kind: type[Layer], example: LayerExample) -> None:
    """Along one direction through all weights and inputs at once."""
    probe = Probe.of(kind, example)
    cotangents = probe.cotangents()
    source = np.random.default_rng(3)
    training, step = not probe.draws(), 1e-6
    found = probe.run("reference", training)
    moves = {name: source.normal(size=probe.values[name].shape) for name in probe.trained}
    turns = [source.normal(size=one.shape) for one in probe.inputs if one.dtype.kind == "f"]
    slope = sum(float((found.weight_gradients[name] * one).sum()) for name, one in moves.items())
    slope += sum(float((one * turn).sum()) for one, turn in zip(found.input_gradients, turns, strict=True))

    def value(sign: int) -> float:
        moved = {name: probe.values[name] + sign * step * one for name, one in moves.items()}
        inputs = [one + sign * step * turn for one, turn in zip(probe.inputs, turns, strict=False)]
        other = Probe(
            probe.layer, probe.weights, {**probe.values, **moved}, inputs or probe.inputs, probe.mask
        )
        return other.run("reference", training).number(cotangents)

    assert (value(1) - value(-1)) / (2 * step) == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("use_bias", [True, False])
def test_dense(use_bias: bool) -> None:
    layers: list[Any] = [tz.Input((3,)), tz.layers.Dense(2, activation="tanh", use_bias=use_bias)]
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
    (lambda: tz.Input((None,)), r"Input: shape: got \(None,\)"),
    (lambda: tz.layers.Dense(2, kernel_initializer=3), "initializer: got 3"),
    (lambda: tz.layers.Dense(2, activation=3), "activation: got 3"),
    (lambda: tz.Sequential([tz.Input((2,)), tz.Input((2,))]), "Input stands once"),
    (lambda: tz.layers.Dropout(1.0), "Dropout: got rate=1.0"),
    (lambda: tz.layers.Dropout(-0.1), "Dropout: got rate=-0.1"),
    (lambda: tz.layers.Dropout("0.5"), "Dropout: got rate='0.5'"),
    (lambda: tz.layers.Dropout(0.5, seed=-1), "Dropout: seed: got -1"),
    (lambda: tz.layers.GaussianNoise(-1), "GaussianNoise: got stddev=-1"),
    (lambda: tz.layers.LeakyReLU(-0.1), "LeakyReLU: got negative_slope=-0.1"),
    (lambda: tz.layers.ReLU(max_value=-1.0), "ReLU: got max_value=-1.0"),
    (lambda: tz.layers.BatchNormalization(momentum=1.5), "BatchNormalization: got momentum=1.5"),
    (lambda: tz.layers.LayerNormalization(epsilon=-1.0), "LayerNormalization: got epsilon=-1.0"),
    (lambda: tz.layers.Normalization(mean=1.0), "Normalization: got mean=1.0 and variance=None"),
    (lambda: tz.layers.Normalization(mean=[1.0], variance=[1.0, 2.0]), "both in one shape"),
    (lambda: tz.layers.Reshape((-1, -1)), "Reshape: got target_shape=.*one -1 at most"),
    (lambda: tz.layers.Reshape((2, 0)), "Reshape: target_shape: got 0"),
    (lambda: paths(tz.layers.Reshape((-1, 2))), "does not fit behind"),
    (lambda: paths(tz.layers.Softmax(axis=0)), "axis 0 is the batch"),
    (lambda: paths(tz.layers.Softmax(axis=2)), "Softmax: axis: got 2"),
    (lambda: paths(tz.layers.BatchNormalization(axis=0)), "axis 0 is the batch"),
    (lambda: paths(tz.layers.LayerNormalization(axis=(1, -1))), "different axes"),
    (lambda: paths(tz.layers.PReLU(shared_axes=2)), r"shared_axes=\(2,\), expected axes from 1 to 1"),
    (lambda: paths(tz.layers.Dropout(0.5, noise_shape=(None, 2))), r"noise_shape=\(None, 2\) for inputs"),
    (lambda: paths(tz.layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])), r"have shape \(2,\)"),
    (lambda: paths(tz.layers.Add()), r"Add: got one input, expected a list.*Add\(\)\(\[a, b\]\)"),
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


def test_layers_do_not_shift_each_others_first_weights() -> None:
    short = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3)])
    long = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3), tz.layers.Dense(3)])
    np.testing.assert_array_equal(short.get_weights()[0], long.get_weights()[0])
    assert (long.get_weights()[0] != long.get_weights()[2]).all()


# noise


def seeds_differ(make: Any, shape: tuple[int, ...]) -> bool:
    """Return whether another seed of the layer draws other numbers, and the same one the same."""
    x = np.random.default_rng(0).normal(size=(7, *shape))

    def draw(seed: int | None) -> np.ndarray[Any, Any]:
        return np.asarray(tz.evaluate(make(seed).call(tz.ops.constant(x), Context({}, True, random.key(1)))))

    np.testing.assert_array_equal(draw(3), draw(3))
    return bool((draw(3) != draw(4)).any() and (draw(3) != draw(None)).any())


def test_what_draws() -> None:
    """Layers that draw do so in training alone, with a key, on average without moving the input."""
    drawing = {name for name, kind in known_layers().items() if any_draws(kind) and is_noise(kind)}
    assert drawing >= {"Dropout", "GaussianNoise"}
    for name in drawing:
        kind = known_layers()[name]
        probe = Probe.of(kind, kind.examples[0])
        np.testing.assert_array_equal(probe.run("reference").output, probe.inputs[0])
        without = Context({}, True, None)
        assert probe.layer.call(x := tz.ops.constant(probe.inputs[0]), without) is x
        arguments = {key: one for key, one in kind.examples[0].arguments.items() if key != "seed"}
        shape = kind.examples[0].sample_shapes[0]
        assert seeds_differ(lambda seed, kind=kind, arguments=arguments: kind(**arguments, seed=seed), shape)
        many = np.full((4000, *shape), 2.0)
        layer = kind(**kind.examples[0].arguments)
        found = np.asarray(tz.evaluate(layer.call(tz.ops.constant(many), Context({}, True, random.key(5)))))
        # what is drawn for a whole sample counts once
        assert abs(found.mean() - 2.0) <= 5 * found.std() / np.sqrt(len(found)) + 1e-9


def is_noise(kind: type[Layer]) -> bool:
    """Return whether a layer does nothing but draw: it has no weights."""
    return not Probe.of(kind, kind.examples[0]).weights


def any_draws(kind: type[Layer]) -> bool:
    return any(Probe.of(kind, example).draws() for example in kind.examples)


@settings(max_examples=20, deadline=None)
@given(rate=st.integers(0, 99).map(lambda one: one / 100))
def test_dropout(rate: float) -> None:
    x = np.random.default_rng(0).normal(size=(400, 50)) + 3.0
    layer = tz.layers.Dropout(rate)
    found = np.asarray(tz.evaluate(layer.call(tz.ops.constant(x), Context({}, True, random.key(2)))))
    kept = found != 0
    np.testing.assert_allclose(found[kept], x[kept] / (1 - rate), rtol=1e-14)
    assert abs((~kept).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / x.size)


def test_a_mask_is_shared_along_axes_of_size_1() -> None:
    layer = tz.layers.Dropout(0.5, noise_shape=(None, 1, 3))
    x = tz.ops.constant(np.ones((50, 4, 3)))
    found = np.asarray(tz.evaluate(layer.call(x, Context({}, True, random.key(2)))))
    assert (found == found[:, :1]).all()
    assert 0 < found.mean() < 2
    assert (found != found[:1]).any()


def test_masks_change_with_each_step_and_layer() -> None:
    """Two dropouts in a row leave out different units, and so does each step."""

    class Watched(Layer):
        def weights(self, inputs: tz.TensorType) -> tuple[Weight, ...]:
            zeros = tz.initializers.Zeros()
            return (Weight("seen", (8, *inputs.shape[1:]), zeros, Role.STATE, trainable=False),)

        def call(self, inputs: tz.Tensor, context: Context) -> tz.Tensor:
            if context.training:
                context.update("seen", inputs)
            return inputs

    dropout = tz.layers.Dropout
    layers: list[Any] = [
        tz.Input((40,)),
        dropout(0.5),
        Watched(),
        dropout(0.5),
        Watched(),
        tz.layers.Dense(1),
    ]
    seen = []
    for engine in ENGINE_NAMES:
        model = tz.Sequential(layers, seed=3)
        model.compile(tz.optimizers.SGD(0.0), "mse", engine=engine)
        x, y = np.ones((8, 40)), np.zeros((8, 1))
        model.fit(x, y, batch_size=8, verbose=0)
        first = model.get_weights()[:2]
        model.fit(x, y, batch_size=8, verbose=0)
        second = model.get_weights()[:2]
        assert (first[0] != second[0]).any()
        assert ((first[1] != 0) != (first[0] != 0)).any()
        seen.append(second)
    for one in seen[1:]:
        np.testing.assert_array_equal(one[1], seen[0][1])


# normalization


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_batch_normalization_in_training(engine: str) -> None:
    """The moving values follow the batches; used, the network reads them."""
    source = np.random.default_rng(0)
    x = source.normal(size=(32, 3)) * [1.0, 2.0, 0.5] + [0.0, 5.0, -1.0]
    layer = tz.layers.BatchNormalization(momentum=0.9)
    model = tz.Sequential([tz.Input((3,)), layer, tz.layers.Dense(1)], dtype="float64")
    model.compile(tz.optimizers.SGD(0.0), "mse", engine=engine)
    model.fit(x, np.zeros((32, 1)), batch_size=32, epochs=2, verbose=0)
    mean, variance = model.get_weights()[2:4]
    np.testing.assert_allclose(mean, x.mean(axis=0) * (1 - 0.9**2), rtol=1e-12)
    np.testing.assert_allclose(variance, 0.9**2 + x.var(axis=0) * (1 - 0.9**2), rtol=1e-12)
    before = model.get_weights()
    expected = (x - mean) / np.sqrt(variance + 1e-3) @ model.get_weights()[4]
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-10)
    model.evaluate(x, np.zeros((32, 1)))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_batch_normalization_that_does_not_train_uses_its_moving_values() -> None:
    layer = tz.layers.BatchNormalization(trainable=False)
    model = tz.Sequential([tz.Input((3,)), layer, tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[:4]
    model.fit(X, np.zeros((5, 1)), epochs=3, verbose=0)
    for one, other in zip(before, model.get_weights()[:4], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_of_one_sample_is_warned_of() -> None:
    def trained_with(batch_size: int, shape: tuple[int, ...], layer: Layer) -> None:
        model = tz.Sequential([tz.Input(shape), layer, tz.layers.Flatten(), tz.layers.Dense(1)])
        model.compile("sgd", "mse", engine="reference")
        model.fit(np.ones((5, *shape)), np.zeros((5, 1)), batch_size=batch_size, verbose=0)

    with pytest.warns(UserWarning, match=r"batch_normalization: a training batch of one.*beta whatever"):
        trained_with(1, (3,), tz.layers.BatchNormalization())
    with pytest.warns(UserWarning, match="leaves no batch of one"):
        trained_with(4, (3,), tz.layers.BatchNormalization())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained_with(5, (3,), tz.layers.BatchNormalization())
        trained_with(1, (2, 3), tz.layers.BatchNormalization())
        trained_with(1, (3,), tz.layers.LayerNormalization())
        trained_with(1, (3,), tz.layers.BatchNormalization(trainable=False))


def test_quantities_of_a_normalization_have_names() -> None:
    model = tz.Sequential([tz.Input((3,)), tz.layers.BatchNormalization(), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    graph: Graph = model.trainer.graph(model._checked_data(X, np.zeros((5, 1)), None).batch(5))
    labels = {node.provenance.label for node in graph.nodes}
    names = ("mean", "variance", "z", "gamma", "moving_mean")
    assert {f"batch_normalization.{name}" for name in names} <= labels
    assert "new batch_normalization.moving_mean" in labels
    noisy = tz.Sequential([tz.Input((3,)), tz.layers.Dropout(0.5), tz.layers.Dense(1)])
    noisy.compile("sgd", "mse")
    graph = noisy.trainer.graph(noisy._checked_data(X, np.zeros((5, 1)), None).batch(5))
    assert {"dropout.mask", "dropout.a"} <= {node.provenance.label for node in graph.nodes}


def test_adapt() -> None:
    source = np.random.default_rng(0)
    data = source.normal(size=(50, 4, 3)) * 3.0 + 1.0
    layer = tz.layers.Normalization()
    layer.adapt(data)
    model = tz.Sequential([tz.Input((4, 3)), layer], dtype="float64")
    mean, variance = model.get_weights()
    np.testing.assert_allclose(mean, data.mean(axis=(0, 1)))
    np.testing.assert_allclose(variance, data.var(axis=(0, 1)))
    found = model.predict(data)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), 0.0, atol=1e-13)
    np.testing.assert_allclose(found.std(axis=(0, 1)), 1.0)
    assert model.weight_paths == ["normalization.mean", "normalization.variance"]
    with pytest.raises(ModelError, match=r"in a model already.*set_weights"):
        layer.adapt(data)
    back = tz.layers.Normalization(axis=None, invert=True)
    back.adapt(data)
    inverse = tz.Sequential([tz.Input((4, 3)), back], dtype="float64")
    np.testing.assert_allclose(inverse.predict(data), data.mean() + data * data.std())
    with pytest.raises(ModelError, match="were given"):
        tz.layers.Normalization(mean=0.0, variance=1.0).adapt(data)
    for bad in (np.zeros((0, 3)), [[np.nan]], 3.0, [["a"]]):
        with pytest.raises(DataError):
            tz.layers.Normalization().adapt(bad)


def test_adapted_state_stays_in_training() -> None:
    layer = tz.layers.Normalization()
    layer.adapt([[1.0, 2.0], [3.0, 8.0]])
    model = tz.Sequential([layer, tz.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((6, 2)), np.ones(6), epochs=2, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], [2.0, 5.0])


# joining


def joined(layer: Layer, *inputs: Any) -> np.ndarray[Any, Any]:
    arrays = [np.asarray(one, "float64") for one in inputs]
    graph = tz.trace(lambda *x: layer.call(x, Context({})), *arrays)  # type: ignore[arg-type]  # layers that join take several
    return np.asarray(tz.evaluate(graph, *arrays))


def test_joining() -> None:
    one, other = np.array([[1.0, -2.0]]), np.array([[3.0, 5.0]])
    ours = tz.layers
    for layer, expected in (
        (ours.Add(), [[4, 3]]),
        (ours.Subtract(), [[-2, -7]]),
        (ours.Multiply(), [[3, -10]]),
        (ours.Average(), [[2, 1.5]]),
        (ours.Maximum(), [[3, 5]]),
        (ours.Minimum(), [[1, -2]]),
        (ours.Concatenate(), [[1, -2, 3, 5]]),
    ):
        np.testing.assert_array_equal(joined(layer, one, other), expected)
    wide = joined(ours.Add(), np.ones((2, 3, 4)), np.ones((2, 4)))
    assert wide.shape == (2, 3, 4)


def test_what_cannot_be_joined() -> None:
    ours = tz.layers
    with pytest.raises(ShapeError, match="one batch"):
        joined(ours.Add(), np.ones((2, 3)), np.ones((1, 3)))
    with pytest.raises(ShapeError, match="the same sizes but for axis 1"):
        joined(ours.Concatenate(axis=1), np.ones((2, 3, 4)), np.ones((2, 3, 5)))
    with pytest.raises(ModelError, match="axis 0 is the batch"):
        joined(ours.Concatenate(axis=0), np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ShapeError, match="expected 2"):
        joined(ours.Subtract(), *(np.ones((2, 3)),) * 3)
    with pytest.raises(ShapeError, match="Subtract: got 1"):
        joined(ours.Subtract(), np.ones((2, 3)))


# the document


def layer_cells(name: str, kind: type[Layer]) -> list[str]:
    probe = Probe.of(kind, kind.examples[0])
    state = {one.name: " (state)" if one.role is Role.STATE else "" for one in probe.weights}
    weights = ", ".join(f"`{one}`{kept}" for one, kept in state.items()) or "none"
    assert kind.__doc__
    return [f"`{name}`", kind.__doc__.splitlines()[0].rstrip("."), weights]


def initializer_cells(name: str) -> list[str]:
    one = INITIALIZERS[name]
    assert type(one).__doc__
    return [f"`{name}`", f"`{type(one).__name__}`", str(type(one).__doc__).splitlines()[0].rstrip(".")]


def test_the_document_has_every_row() -> None:
    expected = {name: layer_cells(name, kind) for name, kind in known_layers().items()}
    expected |= {name: initializer_cells(name) for name in INITIALIZERS}
    rows = course_rows(DOCUMENT.read_text(encoding="utf-8"))
    assert set(rows) == set(expected)
    for name, cells in expected.items():
        found = [one.strip("| ") for one in rows[name]]
        assert found[:3] == cells, f"expected | {' | '.join(cells)} |"
        assert len(found) == 4
