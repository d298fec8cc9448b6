"""Course 003, backpropagation and activation functions: the bound that makes gradients vanish."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tiza as tz
from courses.worked_example import Example, Row

Numbers = Mapping[str, float]


def vanishing(engine: str) -> Numbers:
    slopes = np.asarray(tz.evaluate(tz.activations.record("sigmoid").derivative(np.linspace(-8, 8, 1601))))
    steepest = float(slopes.max())
    return {"largest derivative of the sigmoid": steepest, "bound on three layers": steepest**3}


def relu_slopes(engine: str) -> Numbers:
    slope = tz.activations.record("relu").derivative
    return {f"slope at {at}": float(tz.evaluate(slope(float(at)))) for at in (-1, 0, 1)}


EXAMPLES = (
    Example(
        "003",
        "Three layers of sigmoid units",
        vanishing,
        (
            Row("largest derivative of the sigmoid", "0.25", "0.25", within=1e-12),
            Row("bound on three layers", "1/64", "0.015625", within=1e-12, note="it leaves the weights out"),
        ),
    ),
    Example(
        "003",
        "ReLU",
        relu_slopes,
        (
            Row("slope at -1", "0", "0"),
            Row("slope at 0", "0", "0"),
            Row("slope at 1", "1", "1"),
        ),
    ),
)
