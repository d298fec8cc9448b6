"""A training step of 784-128-10 (batch 128, Adam, float32): the reference engine against plain NumPy.

Both take the same steps from the same weights, in turn and in blocks, so that a change of the machine's speed
meets both; the ratio is that of the medians.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import tiza as tz
from tiza.engines.reference.engine import ReferenceEngine
from tiza.models.model import Model
from tiza.training.state import values_in_order
from tiza.training.trainer import Data

Floats = NDArray[np.float32]

BATCH = 128
FEATURES, HIDDEN, CLASSES = 784, 128, 10
RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


@dataclass(frozen=True)
class Comparison:
    """Median seconds a step, and their ratio."""

    reference: float
    plain: float

    @property
    def ratio(self) -> float:
        """How many times as long the reference engine takes."""
        return self.reference / self.plain


class PlainStep:
    """The step as one writes it in NumPy, without a library."""

    def __init__(self, weights: list[Floats]) -> None:
        self.weights = [one.copy() for one in weights]
        self.means = [np.zeros_like(one) for one in weights]
        self.squares = [np.zeros_like(one) for one in weights]
        self.steps = 0

    def __call__(self, x: Floats, labels: NDArray[np.int32]) -> float:
        """Take a step; return the loss before it."""
        w1, b1, w2, b2 = self.weights
        hidden = np.maximum(x @ w1 + b1, 0)
        scores = hidden @ w2 + b2
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        rows = np.arange(len(x))
        loss = -np.log(probabilities[rows, labels]).mean()
        d_scores = probabilities
        d_scores[rows, labels] -= 1
        d_scores /= len(x)
        d_hidden = (d_scores @ w2.T) * (hidden > 0)
        self._adam([x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_scores, d_scores.sum(axis=0)])
        return float(loss)

    def _adam(self, gradients: list[Floats]) -> None:
        self.steps += 1
        rate = RATE * math.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        for at, gradient in enumerate(gradients):
            self.means[at] = BETA_1 * self.means[at] + (1 - BETA_1) * gradient
            self.squares[at] = BETA_2 * self.squares[at] + (1 - BETA_2) * gradient**2
            self.weights[at] -= rate * self.means[at] / (np.sqrt(self.squares[at]) + EPSILON)


def make_model() -> Model:
    """Return the network, compiled."""
    model = tz.Sequential(
        [
            tz.Input((FEATURES,)),
            tz.layers.Dense(HIDDEN, activation="relu"),
            tz.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(tz.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    return model


def make_batch() -> tuple[Floats, NDArray[np.int32]]:
    """Return made-up images and labels; the time does not depend on what they show."""
    generator = np.random.default_rng(0)
    images = generator.random((BATCH, FEATURES), dtype=np.float32)
    return images, generator.integers(0, CLASSES, BATCH).astype(np.int32)


def reference_step(model: Model, x: Floats, y: NDArray[np.int32]) -> Callable[[], float]:
    """Return a function that takes one step on the reference engine and returns the loss before it."""
    engine, trainer = ReferenceEngine(), model.trainer
    program = trainer.program(Data(x, y).batch(len(x)))
    state = values_in_order(trainer.entries, model.state)
    rate = np.asarray(RATE, dtype=np.float32)

    def step() -> float:
        nonlocal state
        outputs = engine.run(program, [*state, x, y, rate])
        state = outputs[: len(state)]
        return float(outputs[len(state)])

    return step


def compare(blocks: int = 60, steps: int = 5) -> Comparison:
    """Time both, in turn, and return the medians over blocks of steps."""
    x, y = make_batch()
    model = make_model()
    plain = PlainStep(model.get_weights())
    sides = (reference_step(model, x, y), lambda: plain(x, y))
    for _ in range(steps):
        ours, theirs = (side() for side in sides)
        if abs(ours - theirs) > 1e-4 * abs(theirs):
            raise ValueError(f"the two do not compute the same: got losses {ours} and {theirs}")
    times: tuple[list[float], list[float]] = ([], [])
    for block in range(blocks):
        order = (0, 1) if block % 2 == 0 else (1, 0)
        for side in order:
            start = time.perf_counter()
            for _ in range(steps):
                sides[side]()
            times[side].append((time.perf_counter() - start) / steps)
    return Comparison(*map(statistics.median, times))


if __name__ == "__main__":
    found = compare()
    print(f"reference {found.reference * 1e3:.3f} ms, plain NumPy {found.plain * 1e3:.3f} ms")
    print(f"ratio {found.ratio:.2f}")
