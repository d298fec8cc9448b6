"""Losses and their gradients against Keras on JAX in float64, and against their equations in JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from loss_oracles import arguments_of, evaluate_equation, every_case, example_outputs
from tiza.nn.losses import LOSSES, Loss
from tiza.nn.losses.registry import ALIASES

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
WEIGHTS = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])


def keras_loss(keras: Any, loss: Loss) -> Any:
    """Return Keras' loss with the same arguments."""
    return getattr(keras.losses, loss.statement.keras)(**arguments_of(loss))


def jax_names() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what equations are made of, and activations, in JAX."""
    import jax
    from jax import numpy as jnp

    names = {name: getattr(jnp, name) for name in
             ("abs", "cosh", "log", "max", "maximum", "mean", "sum", "where")}  # fmt: skip
    names |= {"norm": jnp.linalg.norm, "xlogy": jax.scipy.special.xlogy}
    return names, {"linear": lambda z: z, "sigmoid": jax.nn.sigmoid, "softmax": jax.nn.softmax}


def reduced_in_jax(loss: Loss, targets: Any, outputs: Any, weights: Any) -> Any:
    from jax import numpy as jnp

    losses = jnp.stack(evaluate_equation(loss, targets, outputs, *jax_names()))
    summed = jnp.sum(losses * weights)
    divisor = {"sum": 1.0, "mean_with_sample_weight": weights.sum()}
    return summed / divisor.get(arguments_of(loss)["reduction"], len(weights))


@pytest.mark.parametrize("engine", ["reference", "native"])
@every_case
def test_losses_and_gradients(loss: Loss, engine: str, keras: Any) -> None:
    import jax

    targets, _ = example_outputs(loss, rows=6, units=3)
    activation = "linear" if arguments_of(loss).get("from_logits") else loss.statement.outputs
    model = tz.Sequential([tz.Input((4,)), tz.layers.Dense(3, activation=activation)], dtype="float64")
    model.compile("sgd", loss, engine=engine)
    x = np.random.default_rng(2).normal(size=(6, 4))

    def outputs(kernel: Any, bias: Any) -> Any:
        return getattr(keras.activations, activation)(x @ kernel + bias)

    def stated(kernel: Any, bias: Any, weights: Any) -> Any:
        return reduced_in_jax(loss, targets, outputs(kernel, bias), weights)

    def theirs(kernel: Any, bias: Any, weights: Any) -> Any:
        return keras_loss(keras, loss)(targets, outputs(kernel, bias), sample_weight=weights)

    for cost in (stated, theirs) if loss.statement.keras else (stated,):
        for weights in (np.ones(6), WEIGHTS):
            value, gradients = model.loss_and_gradients(x, targets, sample_weight=weights)
            expected, slopes = jax.value_and_grad(cost, argnums=(0, 1))(*model.get_weights(), weights)
            compare("losses", value, expected)
            for ours, other in zip(gradients, slopes, strict=True):
                compare("gradients", ours, other)


@pytest.mark.parametrize("engine", ["reference", "native"])
@every_case
def test_losses_of_partial_batches(loss: Loss, engine: str, keras: Any) -> None:
    """What evaluate and fit tell of batches of 4 and 2, with weights; the rate is 0: nothing moves."""
    if not loss.statement.keras:
        pytest.skip("Keras has no such loss")
    targets, outputs = example_outputs(loss, rows=6, units=3)
    model = tz.Sequential([tz.Input((3,)), lambda a: a * 1.0, Gain()], dtype="float64")
    model.compile(tz.optimizers.SGD(0.0), loss, engine=engine)
    twin = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    twin.compile("sgd", keras_loss(keras, loss))
    for weights in (None, WEIGHTS):
        expected = twin.evaluate(outputs, targets, batch_size=4, sample_weight=weights, verbose=0)
        compare("losses", model.evaluate(outputs, targets, batch_size=4, sample_weight=weights), expected)
        history = model.fit(
            outputs, targets, batch_size=4, sample_weight=weights, shuffle=False, verbose=0
        ).history
        compare("losses", history["loss"][0], expected)


class Gain(tz.layers.Layer):
    """The input times 1: a weight, so that there is something to train."""

    def weights(self, inputs: Any) -> tuple[Any, ...]:
        return (tz.layers.Weight("gain", (), tz.initializers.Ones()),)

    def call(self, inputs: Any, context: Any) -> Any:
        return inputs * context["gain"]


def test_keras_knows_the_same_names(keras: Any) -> None:
    for name, kind in LOSSES.items():
        if kind.statement.keras:
            own = keras.losses.get(name)
            assert own.__name__ == name
            assert keras.losses.get(kind.__name__) is not None
            assert kind.__name__ == kind.statement.keras
    for alias, name in ALIASES.items():
        if LOSSES[name].statement.keras and len(alias) <= 4:
            assert keras.losses.get(alias).__name__ == name


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_zeros_and_ones_are_signs_as_in_keras(name: str, keras: Any) -> None:
    _, outputs = example_outputs(name, rows=6, units=3)
    targets = np.random.default_rng(1).integers(0, 2, (6, 3)).astype("float64")
    model = tz.Sequential([tz.Input((3,)), lambda a: a * 1.0], dtype="float64")
    model.compile("sgd", name)
    compare("losses", model.evaluate(outputs, targets), keras_loss(keras, LOSSES[name]())(targets, outputs))


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_where_keras_clips_ours_is_the_limit(name: str, keras: Any) -> None:
    """Certain and wrong: infinity here, -log(1e-7) in Keras; certain and right: 0 here, about 1e-7 there."""
    loss = LOSSES[name]()
    theirs = keras_loss(keras, loss)
    wrong, right = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    target = np.array([[1.0, 0.0]])
    for outputs, ours, clipped in ((wrong, np.inf, -np.log(1e-7)), (right, 0.0, 0.0)):
        graph = tz.trace(loss.call, target, outputs)
        assert tz.evaluate(graph, target, outputs) == [ours]
        assert float(theirs(target, outputs)) == pytest.approx(clipped, abs=1e-6, rel=0.02)
