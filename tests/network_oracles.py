"""The update rules again, in plain NumPy and float64, and checks that compare Tiza with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tiza as tz
from tiza.models.model import Model
from tiza.optimizers.optimizer import Optimizer, Progress

Array = np.ndarray[Any, Any]


Held = dict[str, Any]


def _sgd(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    velocity = held.get("velocity", 0.0) * rule.momentum - rule.learning_rate * g
    held["velocity"] = velocity
    return w + (rule.momentum * velocity - rule.learning_rate * g if rule.nesterov else velocity)


def _adagrad(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    held["sum"] = held.get("sum", rule.initial_accumulator_value) + g**2
    return w - rule.learning_rate * g / np.sqrt(held["sum"] + rule.epsilon)


def _adadelta(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    """By the paper's algorithm 1, with the rate that Keras multiplies the change by."""
    held["g2"] = rule.rho * held.get("g2", 0.0) + (1 - rule.rho) * g**2
    change = -np.sqrt(held.get("x2", 0.0) + rule.epsilon) / np.sqrt(held["g2"] + rule.epsilon) * g
    held["x2"] = rule.rho * held.get("x2", 0.0) + (1 - rule.rho) * change**2
    return np.asarray(w + rule.learning_rate * change)


def _rmsprop(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    held["g2"] = rule.rho * held.get("g2", 0.0) + (1 - rule.rho) * g**2
    held["g"] = rule.rho * held.get("g", 0.0) + (1 - rule.rho) * g
    variance = held["g2"] - (held["g"] ** 2 if rule.centered else 0.0)
    step = rule.learning_rate * g / np.sqrt(variance + rule.epsilon)
    held["velocity"] = rule.momentum * held.get("velocity", 0.0) + step
    return np.asarray(w - held["velocity"])


def _adam(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    """By algorithm 1 with the corrections written out (section 2)."""
    held["m"] = rule.beta_1 * held.get("m", 0.0) + (1 - rule.beta_1) * g
    held["v"] = rule.beta_2 * held.get("v", 0.0) + (1 - rule.beta_2) * g**2
    held["largest"] = np.maximum(held.get("largest", 0.0), held["v"])
    size = held["largest"] if rule.amsgrad else held["v"]
    m_hat, v_hat = held["m"] / (1 - rule.beta_1**t), size / (1 - rule.beta_2**t)
    epsilon_hat = rule.epsilon / np.sqrt(1 - rule.beta_2**t)
    return np.asarray(w - rule.learning_rate * m_hat / (np.sqrt(v_hat) + epsilon_hat))


def _adamax(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    """By algorithm 2."""
    held["m"] = rule.beta_1 * held.get("m", 0.0) + (1 - rule.beta_1) * g
    held["u"] = np.maximum(rule.beta_2 * held.get("u", 0.0), abs(g))
    return np.asarray(w - rule.learning_rate / (1 - rule.beta_1**t) * held["m"] / (held["u"] + rule.epsilon))


def _nadam(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    """By algorithm 2 of the paper, the product of momentums made anew each time."""
    mu = [rule.beta_1 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    held["m"] = rule.beta_1 * held.get("m", 0.0) + (1 - rule.beta_1) * g
    held["v"] = rule.beta_2 * held.get("v", 0.0) + (1 - rule.beta_2) * g**2
    m_hat = mu[t] * held["m"] / (1 - np.prod(mu)) + (1 - mu[t - 1]) * g / (1 - np.prod(mu[:t]))
    v_hat = held["v"] / (1 - rule.beta_2**t)
    return np.asarray(w - rule.learning_rate * m_hat / (np.sqrt(v_hat) + rule.epsilon))


def _lion(rule: Any, w: Array, g: Array, t: int, held: Held) -> Array:
    """By algorithm 2."""
    m = held.get("m", 0.0)
    held["m"] = rule.beta_2 * m + (1 - rule.beta_2) * g
    return np.asarray(w - rule.learning_rate * np.sign(rule.beta_1 * m + (1 - rule.beta_1) * g))


RULE_ORACLES: dict[str, Callable[[Any, Array, Array, int, Held], Array]] = {
    "sgd": _sgd,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "adamax": _adamax,
    "nadam": _nadam,
    "lion": _lion,
}


def clipped_and_decayed(rule: Any, w: Array, g: Array, norm: float) -> tuple[Array, Array]:
    """Return the weight and the gradient that an update sees, by Keras' description."""
    if rule.clipvalue is not None:
        g = np.clip(g, -rule.clipvalue, rule.clipvalue)
    if rule.clipnorm is not None:
        g = g * min(1.0, rule.clipnorm / np.linalg.norm(g))
    if rule.global_clipnorm is not None:
        g = g * min(1.0, rule.global_clipnorm / norm)
    return w * (1.0 - (rule.weight_decay or 0.0) * rule.initial_learning_rate), g


def oracle_steps(rule: Optimizer, name: str, w: Array, gradients: list[Array]) -> list[Array]:
    """Return the weights after each step of the published rule."""
    held: Held = {}
    steps = []
    for t, gradient in enumerate(gradients, 1):
        w, g = clipped_and_decayed(rule, w, gradient, float(np.linalg.norm(gradient)))
        w = RULE_ORACLES[name](rule, w, g, t, held)
        steps.append(w)
    return steps


def run_rule(rule: Optimizer, w: Array, gradients: list[Array]) -> list[Array]:
    """Return the weights after each step that the rule's ops compute."""
    kept = rule.kept_slots()
    slots = {one.name: np.full(() if one.scalar else w.shape, one.initial) for one in kept}
    steps = []
    for t, gradient in enumerate(gradients, 1):

        def update(w: Any, g: Any, held: Any, rate: Any, step: Any, norm: Any) -> Any:
            new, new_slots = rule.step(w, g, held, Progress(rate, step, norm))
            return new, [new_slots[one.name] for one in kept]

        norm = float(np.linalg.norm(gradient))
        arguments = (w, gradient, slots, rule.initial_learning_rate, float(t), norm)
        graph = tz.trace(update, *arguments)
        found = tz.evaluate(graph, w, gradient, *slots.values(), *arguments[3:])
        w, *new = found if isinstance(found, tuple) else (found,)
        slots = dict(zip(slots, (np.asarray(one) for one in new), strict=True))
        steps.append(w)
    return steps


def check_rule(rule: Optimizer, name: str) -> None:
    """Check ten updates against the published rule."""
    generator = np.random.default_rng(1)
    w = generator.normal(size=(3, 2))
    gradients = [generator.normal(size=(3, 2)) * 10.0**exponent for exponent in (0, -3, 2, -6, 0, 1, -1) * 2]
    ours, published = run_rule(rule, w, gradients[:10]), oracle_steps(rule, name, w, gradients[:10])
    for one, expected in zip(ours, published, strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-10, atol=1e-13)


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
