"""Agreement with Keras on JAX in float64: layers, activations, losses, metrics and five optimizer steps.

What Tiza has is found by inspection; what Keras lacks is written again in Keras' own operations.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tiza as tz
from figures import record_figure
from network_oracles import example_outputs
from tiza.nn import layers as layers_module
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.initializers import INITIALIZERS
from tiza.nn.layer import Layer
from tiza.nn.losses import LOSSES
from tiza.nn.metrics import METRICS
from tiza.optimizers.rules import OPTIMIZERS

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
TOLERANCE = 1e-6
WORST: dict[str, float] = {}


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    jax.config.update("jax_enable_x64", True)
    import keras
    from keras.src.backend.common import dtypes

    # Keras' promotion table turns float64 into float32 on JAX, whatever floatx says; without this line the
    # differences are float32's, about 1e-7
    dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)
    for what, worst in sorted(WORST.items()):
        record_figure(
            f"Largest difference from Keras on JAX, float64: {what}",
            promised="1e-6",
            measured=f"{worst:.1e}",
            note=f"Keras {keras.__version__}",
        )


def compare(what: str, ours: Any, theirs: Any) -> None:
    """Check that numbers agree to 1e-6, relative to 1 or to their size."""
    expected = np.asarray(theirs, "float64")
    difference = np.abs(np.asarray(ours, "float64") - expected) / np.maximum(1.0, np.abs(expected))
    WORST[what] = max(WORST.get(what, 0.0), float(difference.max(initial=0.0)))
    assert difference.max(initial=0.0) <= TOLERANCE


X = np.random.default_rng(0).normal(size=(7, 2, 3))

LAYERS: dict[str, list[tuple[dict[str, Any], tuple[int, ...]]]] = {
    "Dense": [
        ({"units": 4}, (2, 3)),
        ({"units": 4, "activation": "tanh"}, (6,)),
        ({"units": 1, "use_bias": False}, (6,)),
    ],
    "Activation": [({"activation": name}, (2, 3)) for name in ACTIVATIONS if name != "identity"],
    "Rescaling": [({"scale": 1 / 255}, (6,)), ({"scale": 2.0, "offset": -1.0}, (2, 3))],
    "Reshape": [({"target_shape": (3, 2)}, (2, 3)), ({"target_shape": (6,)}, (2, 3))],
    "Flatten": [({}, (2, 3)), ({}, (6,))],
}


def own_layers() -> dict[str, type[Layer]]:
    found = inspect.getmembers(layers_module, lambda one: inspect.isclass(one) and issubclass(one, Layer))
    return {name: one for name, one in found if not inspect.isabstract(one)}


def test_every_layer_is_compared() -> None:
    assert set(own_layers()) == set(LAYERS)


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_layers(name: str, keras: Any) -> None:
    for arguments, shape in LAYERS[name]:
        x = X.reshape(7, *shape)
        ours = tz.Sequential([tz.Input(shape), own_layers()[name](**arguments)], dtype="float64")
        theirs = keras.Sequential([keras.Input(shape), getattr(keras.layers, name)(**arguments)])
        generator = np.random.default_rng(1)
        weights = [generator.normal(size=one.shape) for one in theirs.get_weights()]
        assert [one.shape for one in ours.get_weights()] == [one.shape for one in weights]
        ours.set_weights(weights)
        theirs.set_weights(weights)
        compare("layers", ours.predict(x), theirs.predict(x, verbose=0))
        assert ours.output_shape == theirs.output_shape
        assert ours.count_params() == theirs.count_params()
        given = inspect.signature(getattr(keras.layers, name).__init__).parameters
        for argument, parameter in inspect.signature(own_layers()[name].__init__).parameters.items():
            if argument in given and given[argument].default is not inspect.Parameter.empty:
                assert parameter.default == given[argument].default
            assert argument in given or "kwargs" in given


def test_layer_paths(keras: Any) -> None:
    keras.backend.clear_session()
    ours = tz.Sequential([tz.Input((3,)), *(tz.layers.Dense(2) for _ in range(3))])
    theirs = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(2) for _ in range(3))])
    assert [one.path for one in ours.network.layers] == [one.name for one in theirs.layers]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations(name: str, keras: Any) -> None:
    x = np.concatenate([X.reshape(7, 6), np.full((1, 6), 0.0), np.linspace(-50, 50, 6)[None]])
    ours = tz.Sequential([tz.Input((6,)), tz.layers.Activation(name)], dtype="float64")
    theirs = keras.activations.get("linear" if name == "identity" else name)
    compare("activations", ours.predict(x), theirs(x))


def keras_loss(keras: Any, name: str, from_logits: bool) -> Any:
    if name == "quadratic":
        return lambda y, a: keras.ops.sum((y - a) ** 2, axis=-1) / 2
    kind = getattr(keras.losses, type(LOSSES[name]()).__name__)
    return kind(from_logits=True) if from_logits else kind()


LOSS_CASES = [
    (name, from_logits)
    for name in sorted(LOSSES)
    for from_logits in ((False, True) if "crossentropy" in name else (False,))
]


@pytest.mark.parametrize(("name", "from_logits"), LOSS_CASES)
def test_losses_and_gradients(name: str, from_logits: bool, keras: Any) -> None:
    import jax

    kind = LOSSES[name]
    targets, _ = example_outputs(kind().name, rows=6, units=3)
    loss = kind(from_logits=True) if from_logits else kind()  # type: ignore[call-arg]
    activation = getattr(kind, "activation", None)
    layer = tz.layers.Dense(3, activation=None if from_logits else activation)
    model = tz.Sequential([tz.Input((4,)), layer], dtype="float64")
    model.compile("sgd", loss)
    x = np.random.default_rng(2).normal(size=(6, 4))
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])

    def cost(kernel: Any, bias: Any, sample_weight: Any) -> Any:
        z = x @ kernel + bias
        outputs = z if from_logits or activation is None else getattr(keras.activations, activation)(z)
        theirs = keras_loss(keras, kind().name, from_logits)
        if kind().name == "quadratic":
            return keras.ops.mean(theirs(targets, outputs) * sample_weight)
        return theirs(targets, outputs, sample_weight=sample_weight)

    for sample_weight in (np.ones(6), weights):
        value, gradients = model.loss_and_gradients(x, targets, sample_weight=sample_weight)
        expected, slopes = jax.value_and_grad(cost, argnums=(0, 1))(*model.get_weights(), sample_weight)
        compare("losses", value, expected)
        for ours, theirs in zip(gradients, slopes, strict=True):
            compare("gradients", ours, theirs)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics(name: str, keras: Any) -> None:
    labels, outputs = example_outputs("sparse_categorical_crossentropy", rows=9, units=3, seed=5)
    targets = labels if "sparse" in name else np.eye(3)[labels]
    model = tz.Sequential([tz.Input((3,)), lambda a: a * 1.0], dtype="float64")
    model.compile("sgd", (lambda y, a: a[:, 0]), metrics=[name])
    twin = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    twin.compile("sgd", "sparse_categorical_crossentropy" if "sparse" in name else "mse", metrics=[name])
    compare(
        "metrics",
        model.evaluate(outputs, targets, batch_size=4)[1],
        twin.evaluate(outputs, targets, batch_size=4, verbose=0)[1],
    )


RULES: dict[str, list[dict[str, Any]]] = {
    "SGD": [{}, {"learning_rate": 0.5}],
    "Adam": [{}, {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}],
}


def test_every_rule_is_compared(keras: Any) -> None:
    kinds = {type(one()).__name__ for one in OPTIMIZERS.values()}
    assert kinds == set(RULES)
    for one in OPTIMIZERS.values():
        ours, theirs = one(), getattr(keras.optimizers, type(one()).__name__)()
        for argument, value in vars(ours).items():
            assert value == pytest.approx(theirs.get_config()[argument])


@pytest.mark.parametrize("name", sorted(RULES))
def test_five_steps_and_the_history(name: str, keras: Any) -> None:
    """Two epochs of a full and a partial batch, then one step: weights, history, what is predicted."""
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(10, 4)), generator.integers(0, 3, 10)
    weights = [generator.normal(size=shape) for shape in ((4, 5), (5,), (5, 3), (3,))]
    for arguments in RULES[name]:
        histories, models = [], []
        for library in (tz, keras):
            hidden = library.layers.Dense(5, activation="tanh")
            last = library.layers.Dense(3, activation="softmax")
            parts = [library.Input((4,)), hidden, last]
            model = library.Sequential(parts, dtype="float64") if library is tz else library.Sequential(parts)
            model.set_weights(weights)
            rule = getattr(library.optimizers, name)(**arguments)
            model.compile(rule, "sparse_categorical_crossentropy", metrics=["accuracy"])
            history = model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
            model.fit(x[:3], y[:3], shuffle=False, verbose=0)
            histories.append(history.history)
            models.append(model)
        for ours, theirs in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
            compare("weights after five steps", ours, theirs)
        assert histories[0].keys() == histories[1].keys()
        for quantity, values in histories[0].items():
            compare("history", values, histories[1][quantity])
        whole = models[1].evaluate(x, y, batch_size=4, verbose=0)
        compare("evaluation", models[0].evaluate(x, y, batch_size=4), whole)
        compare("predictions", models[0].predict(x), models[1].predict(x, verbose=0))


def test_every_initializer_has_keras_spread(keras: Any) -> None:
    for name, ours in INITIALIZERS.items():
        theirs = keras.initializers.get(name)
        if name in ("zeros", "ones"):
            continue
        for argument in ("mean", "stddev", "minval", "maxval"):
            if hasattr(ours, argument):
                assert getattr(ours, argument) == pytest.approx(getattr(theirs, argument))
        layer = tz.layers.Dense(300, kernel_initializer=name)
        values = tz.Sequential([tz.Input((200,)), layer]).get_weights()[0]
        other = np.asarray(theirs((200, 300)))
        assert values.std() == pytest.approx(other.std(), rel=0.03)


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_where_keras_clips_ours_is_the_limit(name: str, keras: Any) -> None:
    """Certain and wrong: infinity here, -log(1e-7) in Keras; certain and right: 0 here, about 1e-7 there."""
    loss, theirs = LOSSES[name](), keras_loss(keras, name, False)
    wrong, right = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    target = np.array([[1.0, 0.0]])
    for outputs, ours, clipped in ((wrong, np.inf, -np.log(1e-7)), (right, 0.0, 0.0)):
        graph = tz.trace(loss.call, target, outputs)
        assert tz.evaluate(graph, target, outputs) == [ours]
        assert float(theirs(target, outputs)) == pytest.approx(clipped, abs=1e-6, rel=0.02)
