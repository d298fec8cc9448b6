"""The losses and update rules again, in plain NumPy and float64, and checks that compare Tiza with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tiza as tz
from tiza.models.model import Model
from tiza.nn.losses import Loss
from tiza.optimizers.optimizer import Optimizer, Progress

Array = np.ndarray[Any, Any]


def _mean_over_outputs(values: Array) -> Array:
    return values.reshape(len(values), -1).mean(axis=1)


def _quadratic(y: Array, a: Array) -> Array:
    return 0.5 * ((y - a) ** 2).reshape(len(y), -1).sum(axis=1)


def _mean_squared_error(y: Array, a: Array) -> Array:
    return _mean_over_outputs((y - a) ** 2)


def _binary(y: Array, a: Array) -> Array:
    return _mean_over_outputs(-(y * np.log(a) + (1 - y) * np.log(1 - a)))


def _categorical(y: Array, a: Array) -> Array:
    return np.asarray(-(y * np.log(a)).sum(axis=-1))


def _sparse(y: Array, a: Array) -> Array:
    return np.asarray(-np.log(a[np.arange(len(a)), y]))


LOSS_ORACLES: dict[str, Callable[[Array, Array], Array]] = {
    "quadratic": _quadratic,
    "mean_squared_error": _mean_squared_error,
    "binary_crossentropy": _binary,
    "categorical_crossentropy": _categorical,
    "sparse_categorical_crossentropy": _sparse,
}


def example_outputs(name: str, rows: int = 4, units: int = 3, seed: int = 0) -> tuple[Array, Array]:
    """Return targets and outputs that a loss accepts, in float64."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(rows, units))
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    if name == "sparse_categorical_crossentropy":
        return generator.integers(0, units, rows).astype("int32"), softmax
    if name == "categorical_crossentropy":
        return np.eye(units)[generator.integers(0, units, rows)], softmax
    if name == "binary_crossentropy":
        return generator.random((rows, units)), 1 / (1 + np.exp(-scores))
    return generator.normal(size=(rows, units)), scores


def check_loss(loss: Loss) -> None:
    """Check the loss of every sample, and its mean as a model reports it."""
    targets, outputs = example_outputs(loss.name)
    expected = LOSS_ORACLES[loss.name](targets, outputs)
    graph = tz.trace(loss.call, targets, outputs)
    np.testing.assert_allclose(tz.evaluate(graph, targets, outputs), expected, rtol=1e-12)
    as_it_is = tz.Sequential([tz.Input(outputs.shape[1:]), lambda x: x * 1.0], dtype="float64")
    as_it_is.compile("sgd", loss)
    assert abs(as_it_is.evaluate(outputs, targets) - expected.mean()) < 1e-12


def sgd_steps(w: Array, gradients: list[Array], rule: Any) -> list[Array]:
    steps = []
    for gradient in gradients:
        w = w - rule.learning_rate * gradient
        steps.append(w)
    return steps


def adam_steps(w: Array, gradients: list[Array], rule: Any) -> list[Array]:
    """Return the weights after each step, by algorithm 1 with the corrections written out (section 2)."""
    m = v = np.zeros_like(w)
    steps = []
    for t, gradient in enumerate(gradients, 1):
        m = rule.beta_1 * m + (1 - rule.beta_1) * gradient
        v = rule.beta_2 * v + (1 - rule.beta_2) * gradient**2
        m_hat, v_hat = m / (1 - rule.beta_1**t), v / (1 - rule.beta_2**t)
        epsilon_hat = rule.epsilon / np.sqrt(1 - rule.beta_2**t)
        w = w - rule.learning_rate * m_hat / (np.sqrt(v_hat) + epsilon_hat)
        steps.append(w)
    return steps


RULE_ORACLES: dict[str, Callable[[Array, list[Array], Any], list[Array]]] = {
    "sgd": sgd_steps,
    "adam": adam_steps,
}


def run_rule(rule: Optimizer, w: Array, gradients: list[Array]) -> list[Array]:
    """Return the weights after each update that the rule's ops compute."""
    slots = {name: np.zeros_like(w) for name in rule.slots}
    steps = []
    for step, gradient in enumerate(gradients, 1):

        def update(w: Any, g: Any, held: Any, rate: Any, step: Any) -> Any:
            return rule.update(w, g, held, Progress(rate, step))

        arguments = (w, gradient, slots, rule.learning_rate, float(step))
        graph = tz.trace(update, *arguments)
        found = tz.evaluate(graph, w, gradient, *slots.values(), rule.learning_rate, float(step))
        w, *new = found if isinstance(found, tuple) else (found,)
        slots = dict(zip(slots, new, strict=True))
        steps.append(w)
    return steps


def check_rule(rule: Optimizer, name: str) -> None:
    """Check five updates against the published rule."""
    generator = np.random.default_rng(1)
    w = generator.normal(size=(3, 2))
    gradients = [generator.normal(size=(3, 2)) * 10.0**exponent for exponent in (0, -3, 2, -6, 0)]
    for ours, expected in zip(
        run_rule(rule, w, gradients), RULE_ORACLES[name](w, gradients, rule), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-13)


def small_model(seed: int = 0, units: int = 2, engine: str = "reference", **options: Any) -> tz.Sequential:
    """Return a compiled 3-4-2 network and nothing trained yet."""
    model = tz.Sequential(
        [tz.Input((3,)), tz.layers.Dense(4, activation="tanh"), tz.layers.Dense(units)], seed=seed, **options
    )
    model.compile(tz.optimizers.Adam(0.05), "mse", metrics=["mse"], engine=engine)
    return model


def small_data(rows: int = 10, units: int = 2, seed: int = 0) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, 3)), generator.normal(size=(rows, units))


def check_batches_are_weighted(model: Model) -> None:
    """Check that a last partial batch counts as its samples do: loss and metrics as over one batch."""
    x, y = small_data(10)
    weights = np.array([0.0, 1, 2, 0.5, 3, 0, 1, 1, 4, 2])
    for sample_weight in (None, weights):
        whole = model.evaluate(x, y, sample_weight=sample_weight)
        for batch_size in (1, 3, 4, 9):
            parts = model.evaluate(x, y, batch_size=batch_size, sample_weight=sample_weight)
            np.testing.assert_allclose(parts, whole, rtol=2e-6)
