"""A training step of 784-128-10 (batch 128, Adam, float32): the reference engine against plain NumPy.

Both take the same steps from the same weights, on one thread, in turn and in blocks, so that a change of the
machine's speed meets both; the ratio is that of the medians.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import tiza as tz
from tiza.engines.engine import Rows
from tiza.engines.reference.engine import ReferenceEngine
from tiza.models.model import Model
from tiza.training.state import values_in_order
from tiza.training.trainer import Data

Floats = NDArray[np.float32]
Labels = NDArray[np.int32]

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

    def __call__(self, x: Floats, labels: Labels) -> float:
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
    model.compile(tz.optimizers.Adam(RATE), "sparse_categorical_crossentropy", engine="reference")
    return model


def make_data(steps: int) -> tuple[Floats, Labels]:
    """Return made-up images and labels; the time does not depend on what they show."""
    generator = np.random.default_rng(0)
    images = generator.random((BATCH * steps, FEATURES), dtype=np.float32)
    return images, generator.integers(0, CLASSES, BATCH * steps).astype(np.int32)


def reference_epoch(model: Model, rows: Rows, blocks: tuple[Floats, Labels]) -> Callable[[], list[float]]:
    """Return a function that takes an epoch of steps on the reference engine and returns their losses."""
    engine, trainer = ReferenceEngine(), model.trainer
    programs = {BATCH: trainer.program(Data(blocks[:1], blocks[1:]).batch(BATCH), BATCH)}
    state = values_in_order(trainer.entries, model.state)
    rate = np.asarray(RATE, dtype=np.float32)
    session = engine.session(programs, state, blocks, (rate,))

    def epoch() -> list[float]:
        losses: list[float] = session.run(rows, 0, math.inf).results[:, 0].tolist()
        return losses

    return epoch


def plain_epoch(step: PlainStep, rows: Rows, blocks: tuple[Floats, Labels]) -> Callable[[], list[float]]:
    """Return a function that takes the same epoch in plain NumPy."""

    def epoch() -> list[float]:
        chosen = map(rows.of_step, range(rows.steps))
        return [step(*(block[one] for block in blocks)) for one in chosen]

    return epoch


def compare(repeats: int = 60, steps: int = 5) -> Comparison:
    """Time both, in turn, and return the medians.

    Raises:
        ValueError: the two do not compute the same losses.
    """
    x, y = make_data(steps)
    rows = Rows(np.random.default_rng(1).permutation(len(x))[None], BATCH)
    model = make_model()
    epochs = (
        reference_epoch(model, rows, (x, y)),
        plain_epoch(PlainStep(model.get_weights()), rows, (x, y)),
    )
    times: tuple[list[float], list[float]] = ([], [])
    with threadpool_limits(1, user_api="blas"):
        ours, theirs = (epoch() for epoch in epochs)
        if not np.allclose(ours, theirs, rtol=1e-4):
            raise ValueError(f"the two do not compute the same: got losses {ours} and {theirs}")
        for repeat in range(repeats):
            for side in (0, 1) if repeat % 2 == 0 else (1, 0):
                start = time.perf_counter()
                epochs[side]()
                times[side].append((time.perf_counter() - start) / steps)
    return Comparison(*map(statistics.median, times))


if __name__ == "__main__":
    found = compare()
    print(f"reference {found.reference * 1e3:.3f} ms, plain NumPy {found.plain * 1e3:.3f} ms")
    print(f"ratio {found.ratio:.2f}")
