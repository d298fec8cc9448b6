"""Course 003's contrast: a deep network of sigmoid units does not learn what one of ReLU units learns.

The slides do not give their points in the plane. A circle within a circle is taken, which no straight line
separates. As there: SGD, batches of 20, 1000 epochs, eta = 0.01, a sigmoid unit at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import tiza as tz
from figures import record_figure

SEEDS = (0, 1, 2)
SAMPLES = 500
WIDTHS = (10,) * 5


@dataclass(frozen=True)
class Accuracies:
    """Shares of points on the right side after training, in percent."""

    train: float
    test: float


def share_right(model: tz.Sequential, x: object, y: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    found = np.asarray(model.predict(x))[:, 0] > 0.5
    return float(100.0 * (found == y).mean())


def trained(activation: str, seed: int) -> Accuracies:
    x, y = tz.datasets.circles(samples=2 * SAMPLES, noise=0.1, seed=seed)
    hidden = [tz.layers.Dense(width, activation) for width in WIDTHS]
    model = tz.Sequential([tz.Input((2,)), *hidden, tz.layers.Dense(1, "sigmoid")], seed=seed)
    model.compile(tz.optimizers.SGD(0.01), "binary_crossentropy")
    model.fit(x[:SAMPLES], y[:SAMPLES], batch_size=20, epochs=1000, verbose=0)
    return Accuracies(
        share_right(model, x[:SAMPLES], y[:SAMPLES]), share_right(model, x[SAMPLES:], y[SAMPLES:])
    )


@pytest.mark.slow
def test_sigmoid_units_do_not_learn_what_relu_units_learn() -> None:
    found = {kind: [trained(kind, seed) for seed in SEEDS] for kind in ("sigmoid", "relu")}
    for kind, promised in (
        ("sigmoid", "below 80 % on both"),
        ("relu", "at least 94 % in training, 90 % in test"),
    ):
        record_figure(
            f"Five hidden layers of {kind} on circles, as course 003: training / test accuracy",
            promised=promised,
            measured="; ".join(f"{one.train:.1f} / {one.test:.1f} %" for one in found[kind]),
            note=f"seeds {', '.join(map(str, SEEDS))}; {SAMPLES} points each; course: ReLU 94 / 90.4 %",
        )
    assert all(one.train < 80.0 and one.test < 80.0 for one in found["sigmoid"])
    assert all(one.train >= 94.0 and one.test >= 90.0 for one in found["relu"])


def gradient_norms(activation: str) -> list[float]:
    """Return the size of the gradient of each layer's kernel, first layer first, before training."""
    x, y = tz.datasets.circles(samples=100, noise=0.1)
    hidden = [tz.layers.Dense(width, activation) for width in WIDTHS]
    model = tz.Sequential([tz.Input((2,)), *hidden, tz.layers.Dense(1, "sigmoid")], dtype="float64")
    model.compile("sgd", "binary_crossentropy", engine="reference")
    _, found = model.loss_and_gradients(x, y)
    return [float(np.linalg.norm(one)) for one in found if one.ndim == 2]


def test_the_gradient_of_sigmoid_units_vanishes() -> None:
    """In the first of six layers it is less than a thousandth of that in the last."""
    sigmoid, relu = gradient_norms("sigmoid"), gradient_norms("relu")
    assert sigmoid == sorted(sigmoid)
    assert sigmoid[0] < 1e-3 * sigmoid[-1]
    assert relu[0] > 1e-2 * relu[-1]
