"""Functions to be minimised, with their least values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tiza as tz

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Problem:
    """A function with its gradient, where to start, and its least value if that is known."""

    name: str
    function: Callable[[Array], tuple[float, Array]]
    start: Array
    least: float | None = None


def rosenbrock(x: Array) -> tuple[float, Array]:
    """Return the chained Rosenbrock function and its gradient."""
    ahead, behind = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
    gradient = np.zeros_like(x)
    gradient[1:] += 200.0 * ahead
    gradient[:-1] += -400.0 * x[:-1] * ahead - 2.0 * behind
    return float((100.0 * ahead**2 + behind**2).sum()), gradient


def quadratic(size: int, condition: float, seed: int) -> Problem:
    """Return x'Ax/2 - b'x whose curvatures reach from 1 to `condition`."""
    generator = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(generator.normal(size=(size, size)))
    matrix = turn @ np.diag(np.geomspace(1.0, condition, size)) @ turn.T
    b = generator.normal(size=size)

    def function(x: Array) -> tuple[float, Array]:
        return float(0.5 * x @ matrix @ x - b @ x), matrix @ x - b

    least = float(-0.5 * b @ np.linalg.solve(matrix, b))
    return Problem(f"quadratic {size}, {condition:g}", function, generator.normal(size=size), least)


def network(seed: int = 0) -> Problem:
    """Return the loss of a small network that has weights enough to be learned well."""
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(40, 3)), generator.integers(0, 2, (40, 1))
    layers: list[Any] = [tz.Input((3,)), tz.layers.Dense(4, "tanh"), tz.layers.Dense(1, "sigmoid")]
    model = tz.Sequential(layers, seed=seed, dtype="float64")
    model.compile("sgd", "binary_crossentropy", engine="reference")
    shapes = [one.shape for one in model.get_weights()]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])

    def function(flat: Array) -> tuple[float, Array]:
        parts = zip(ends[:-1], ends[1:], shapes, strict=True)
        model.set_weights([flat[start:end].reshape(shape) for start, end, shape in parts])
        loss, gradients = model.loss_and_gradients(x, y)
        gradient = np.concatenate([one.ravel() for one in gradients])
        return float(loss) + 0.005 * float(flat @ flat), gradient + 0.01 * flat

    return Problem("network", function, np.concatenate([one.ravel() for one in model.get_weights()]))


def logistic(seed: int = 1) -> Problem:
    """Return the loss of a logistic regression with a penalty: convex, not quadratic."""
    generator = np.random.default_rng(seed)
    x, sign = generator.normal(size=(60, 8)), generator.choice([-1.0, 1.0], 60)

    def function(w: Array) -> tuple[float, Array]:
        margin = sign * (x @ w)
        value = np.logaddexp(0.0, -margin).mean() + 0.005 * w @ w
        return float(value), -(x.T @ (sign / (1.0 + np.exp(margin)))) / len(x) + 0.01 * w

    return Problem("logistic", function, np.zeros(8))


def problems() -> list[Problem]:
    return [
        Problem("Rosenbrock 2", rosenbrock, np.array([-1.2, 1.0]), 0.0),
        Problem("Rosenbrock 10", rosenbrock, np.tile([-1.2, 1.0], 5), 0.0),
        quadratic(5, 10.0, 0),
        quadratic(30, 1e4, 1),
        logistic(),
        network(),
    ]
