"""Networks that are ill in one way each, and healthy ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tiza as tz
from tiza.errors import NonFiniteError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Patient:
    """A compiled network and its data.

    Attributes:
        model: the network.
        x: features.
        y: targets.
        epochs: passes over the data.
    """

    model: tz.Model
    x: Array
    y: Array
    epochs: int = 30


ILL: dict[str, Callable[[str], Patient]] = {}
"""What makes a network that is ill, on an engine, by the kind of the finding."""

HEALTHY: dict[str, Callable[[str], Patient]] = {}
"""What makes a network that learns, on an engine."""


def ill(kind: str) -> Callable[[Callable[[str], Patient]], Callable[[str], Patient]]:
    def registered(make: Callable[[str], Patient]) -> Callable[[str], Patient]:
        ILL[f"{make.__name__}: {kind}"] = make
        return make

    return registered


def healthy(make: Callable[[str], Patient]) -> Callable[[str], Patient]:
    HEALTHY[make.__name__] = make
    return make


def trained(make: Callable[[str], Patient], engine: str) -> Patient:
    """Return a patient after its training, which may have ended where a number was not finite."""
    patient = make(engine)
    with contextlib.suppress(NonFiniteError):
        patient.model.fit(patient.x, patient.y, epochs=patient.epochs, verbose=0)
    return patient


def network(*parts: Any, features: int = 4, seed: int = 0) -> tz.Sequential:
    return tz.Sequential([tz.Input((features,)), *parts], seed=seed)


def dense(units: int, activation: str | None = None, **options: Any) -> Any:
    return tz.layers.Dense(units, activation, **options)


def quadrants(seed: int = 0, samples: int = 240) -> tuple[Array, Array]:
    """Return points, and whether the first two coordinates have the same sign."""
    x = np.random.default_rng(seed).normal(size=(samples, 4))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def sides(seed: int = 0, samples: int = 240) -> tuple[Array, Array]:
    """Return points, and on which side of a plane they lie."""
    x = np.random.default_rng(seed).normal(size=(samples, 4))
    return x, (x @ [1.0, -1.0, 0.5, 0.0] > 0).astype(int)


def waves(seed: int = 0, samples: int = 240) -> tuple[Array, Array]:
    """Return points, and a smooth quantity."""
    x = np.random.default_rng(seed).normal(size=(samples, 4))
    return x, np.sin(x[:, 0]) + 0.5 * x[:, 1]


def three_classes(seed: int = 0, samples: int = 240) -> tuple[Array, Array]:
    """Return points around three centres, and their centre."""
    source = np.random.default_rng(seed)
    labels = np.arange(samples) % 3
    centres = 2.0 * source.normal(size=(3, 4))
    return centres[labels] + source.normal(size=(samples, 4)), labels


def one_hot(labels: Array) -> Array:
    return np.eye(int(labels.max()) + 1)[labels]


@ill("vanishing_gradients")
def deep_sigmoid(engine: str) -> Patient:
    x, y = quadrants()
    model = network(*(dense(8, "sigmoid") for _ in range(7)), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(0.5), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 40)


@ill("vanishing_gradients")
def deep_tanh_of_small_weights(engine: str) -> Patient:
    x, y = sides()
    small = tz.initializers.RandomNormal(stddev=0.05)
    hidden = [dense(8, "tanh", kernel_initializer=small) for _ in range(5)]
    model = network(*hidden, dense(1, "sigmoid", kernel_initializer=small))
    model.compile(tz.optimizers.SGD(0.3), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 40)


@ill("exploding_gradients")
def deep_relu_of_large_weights(engine: str) -> Patient:
    x, y = sides()
    large = tz.initializers.RandomNormal(stddev=2.5)
    hidden = [dense(16, "relu", kernel_initializer=large) for _ in range(5)]
    model = network(*hidden, dense(1, "sigmoid"))
    model.compile(tz.optimizers.Adam(0.001), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 20)


@ill("dead_units")
def relu_with_a_bias_far_below(engine: str) -> Patient:
    x, y = quadrants()
    low = tz.initializers.Constant(-10.0)
    model = network(dense(16, "relu", bias_initializer=low), dense(1, "sigmoid"))
    model.compile(tz.optimizers.Adam(0.01), "binary_crossentropy", engine=engine)
    return Patient(model, x, y)


@ill("dead_units")
def second_relu_layer_dead(engine: str) -> Patient:
    x, y = waves()
    low = tz.initializers.Constant(-10.0)
    model = network(dense(16, "relu"), dense(16, "relu", bias_initializer=low), dense(1))
    model.compile(tz.optimizers.SGD(0.05), "mse", engine=engine)
    return Patient(model, x, y)


@ill("rate_too_high")
def a_rate_a_hundred_times_too_high(engine: str) -> Patient:
    x, y = waves()
    model = network(dense(16, "tanh"), dense(1))
    model.compile(tz.optimizers.SGD(10.0), "mse", engine=engine)
    return Patient(model, x, y)


@ill("rate_too_high")
def adam_a_thousand_times_too_fast(engine: str) -> Patient:
    x, y = quadrants()
    model = network(dense(16, "relu"), dense(2, "softmax"))
    model.compile(tz.optimizers.Adam(5.0), "sparse_categorical_crossentropy", engine=engine)
    return Patient(model, x, y)


@ill("rate_too_high")
def relu_driven_away_by_its_first_steps(engine: str) -> Patient:
    x, y = waves()
    model = network(dense(16, "relu"), dense(16, "relu"), dense(1))
    model.compile(tz.optimizers.SGD(5.0), "mse", engine=engine)
    return Patient(model, x, y)


@ill("rate_too_low")
def a_rate_a_millionth(engine: str) -> Patient:
    x, y = quadrants()
    model = network(dense(16, "tanh"), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(1e-6), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 60)


@ill("rate_too_low")
def adam_a_ten_thousandth(engine: str) -> Patient:
    x, y = waves()
    model = network(dense(16, "relu"), dense(1))
    model.compile(tz.optimizers.Adam(1e-7), "mse", engine=engine)
    return Patient(model, x, y)


@ill("large_inputs")
def inputs_to_a_thousand(engine: str) -> Patient:
    x = np.random.default_rng(0).uniform(0.0, 1000.0, (240, 4))
    y = (x[:, 0] > x[:, 1]).astype(int)
    model = network(dense(16, "tanh"), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(0.1), "binary_crossentropy", engine=engine)
    return Patient(model, x, y)


@ill("large_inputs")
def one_input_in_millions(engine: str) -> Patient:
    x, y = sides()
    x[:, 3] = 2e6 + 1e6 * x[:, 3]
    model = network(dense(16, "relu"), dense(1, "sigmoid"))
    model.compile(tz.optimizers.Adam(0.01), "binary_crossentropy", engine=engine)
    return Patient(model, x, y)


@ill("loss_not_for_softmax")
def softmax_with_the_mean_squared_error(engine: str) -> Patient:
    x, y = quadrants()
    model = network(dense(16, "tanh"), dense(2, "softmax"))
    model.compile(tz.optimizers.SGD(0.1), "mse", engine=engine)
    return Patient(model, x, one_hot(y))


@ill("softmax_of_one")
def a_softmax_of_one_unit(engine: str) -> Patient:
    x, y = sides()
    model = network(dense(16, "tanh"), dense(1, "softmax"))
    model.compile(tz.optimizers.SGD(0.1), "mse", engine=engine)
    return Patient(model, x, y)


@ill("same_units")
def all_weights_zero(engine: str) -> Patient:
    x, y = quadrants()
    zeros = {"kernel_initializer": "zeros"}
    model = network(dense(16, "tanh", **zeros), dense(1, "sigmoid", **zeros))
    model.compile(tz.optimizers.SGD(0.5), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 60)


@ill("same_units")
def all_weights_one(engine: str) -> Patient:
    x, y = quadrants()
    ones = {"kernel_initializer": "ones"}
    model = network(dense(8, "relu", **ones), dense(1, "sigmoid", **ones))
    model.compile(tz.optimizers.Adam(0.01), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 60)


@ill("unreachable_targets")
def sigmoid_for_targets_of_minus_one(engine: str) -> Patient:
    x, y = sides()
    model = network(dense(16, "tanh"), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(0.1), "mse", engine=engine)
    return Patient(model, x, 2 * y - 1)


@ill("unreachable_targets")
def tanh_for_prices(engine: str) -> Patient:
    x, y = waves()
    model = network(dense(16, "relu"), dense(1, "tanh"))
    model.compile(tz.optimizers.Adam(0.01), "mse", engine=engine)
    return Patient(model, x, 20.0 + 5.0 * y)


@ill("rare_class")
def one_in_a_hundred(engine: str) -> Patient:
    x, _ = sides(samples=1000)
    score = x @ [1.0, -1.0, 0.5, 0.0] + np.random.default_rng(1).normal(size=1000)
    y = (score > np.sort(score)[-10]).astype(int)
    model = network(dense(8, "tanh"), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(0.05), "binary_crossentropy", engine=engine)
    return Patient(model, x, y, 20)


@ill("flat_and_wrong")
def quadratic_cost_on_saturated_sigmoids(engine: str) -> Patient:
    x, y = sides()
    far = {"bias_initializer": tz.initializers.Constant(8.0)}
    model = network(dense(8, "tanh"), dense(1, "sigmoid", **far))
    model.compile(tz.optimizers.SGD(0.15), "quadratic", engine=engine)
    return Patient(model, x, y)


@ill("saturated_units")
def tanh_of_large_weights(engine: str) -> Patient:
    x, y = quadrants()
    large = tz.initializers.RandomNormal(stddev=40.0)
    model = network(dense(16, "tanh", kernel_initializer=large), dense(1, "sigmoid"))
    model.compile(tz.optimizers.SGD(0.1), "binary_crossentropy", engine=engine)
    return Patient(model, x, y)


def _healthy(
    name: str,
    data: Callable[..., tuple[Array, Array]],
    hidden: tuple[Any, ...],
    last: Any,
    optimizer: Any,
    loss: str,
    epochs: int = 60,
    codes: bool = False,
) -> None:
    def make(engine: str) -> Patient:
        x, y = data()
        model = network(*(part() for part in hidden), last())
        model.compile(optimizer, loss, engine=engine)
        return Patient(model, x, one_hot(y) if codes else y, epochs)

    make.__name__ = name
    HEALTHY[name] = make


def layer(units: int, activation: str | None = None, **options: Any) -> Callable[[], Any]:
    return lambda: dense(units, activation, **options)


SIGMOID, LINEAR, SOFTMAX = layer(1, "sigmoid"), layer(1), layer(3, "softmax")
BINARY, LABELS = "binary_crossentropy", "sparse_categorical_crossentropy"
SGD, ADAM = tz.optimizers.SGD, tz.optimizers.Adam

_healthy("a_line", waves, (), LINEAR, SGD(0.05), "mse")
_healthy("a_plane", sides, (), SIGMOID, SGD(0.5), BINARY)
_healthy("three_groups", three_classes, (), SOFTMAX, SGD(0.1), LABELS)
_healthy("tanh_and_sgd", waves, (layer(16, "tanh"),), LINEAR, SGD(0.05), "mse")
_healthy("relu_and_adam", quadrants, (layer(32, "relu"),), SIGMOID, ADAM(0.01), BINARY)
_healthy("two_relu_layers", waves, (layer(32, "relu"), layer(16, "relu")), LINEAR, ADAM(), "mse")
_healthy("two_tanh_layers", quadrants, (layer(16, "tanh"), layer(8, "tanh")), SIGMOID, SGD(0.5), BINARY)
_healthy("one_sigmoid_layer", sides, (layer(10, "sigmoid"),), SIGMOID, SGD(3.0), "quadratic")
_healthy(
    "codes", three_classes, (layer(12, "relu"),), SOFTMAX, ADAM(0.01), "categorical_crossentropy", 40, True
)
_healthy("momentum", three_classes, (layer(12, "tanh"),), SOFTMAX, SGD(0.02, momentum=0.9), LABELS)
_healthy("rmsprop", waves, (layer(16, "elu"),), LINEAR, tz.optimizers.RMSprop(0.005), "huber")
_healthy(
    "gelu_and_adamw",
    quadrants,
    (layer(24, "gelu"), layer(24, "gelu")),
    SIGMOID,
    tz.optimizers.AdamW(0.005),
    BINARY,
)
_healthy(
    "deep_relu",
    quadrants,
    tuple(layer(24, "relu", kernel_initializer="he_normal") for _ in range(6)),
    SIGMOID,
    ADAM(0.002),
    BINARY,
)
_healthy("absolute_error", waves, (layer(24, "leaky_relu"),), LINEAR, ADAM(0.01), "mae")
_healthy("nadam", three_classes, (layer(8, "silu"),), SOFTMAX, tz.optimizers.Nadam(0.01), LABELS)


@healthy
def normalized_with_dropout(engine: str) -> Patient:
    x, y = quadrants()
    parts = (dense(32), tz.layers.BatchNormalization(), tz.layers.ReLU(), tz.layers.Dropout(0.2))
    model = network(*parts, dense(1, "sigmoid"))
    model.compile(ADAM(0.01), BINARY, engine=engine)
    return Patient(model, x, y, 60)


@healthy
def residual(engine: str) -> Patient:
    x, y = quadrants()
    entry = tz.Input((4,))
    signal = dense(16, "relu")(entry)
    for _ in range(3):
        signal = tz.layers.Add()([signal, dense(16, "relu")(signal)])
    model = tz.Model(entry, dense(1, "sigmoid")(signal))
    model.compile(ADAM(0.005), BINARY, engine=engine)
    return Patient(model, x, y, 60)


@healthy
def noisy_labels(engine: str) -> Patient:
    x, y = sides()
    flipped = np.random.default_rng(2).random(len(y)) < 0.25
    model = network(dense(8, "tanh"), dense(1, "sigmoid"))
    model.compile(SGD(0.1), BINARY, engine=engine)
    return Patient(model, x, np.where(flipped, 1 - y, y), 40)


@healthy
def a_noisy_quantity(engine: str) -> Patient:
    x, y = waves()
    noise = np.random.default_rng(3).normal(size=len(y))
    model = network(dense(8, "relu"), dense(1))
    model.compile(ADAM(0.005), "mse", engine=engine)
    return Patient(model, x, y + noise, 40)
