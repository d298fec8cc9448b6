"""Course 001, design of neural networks: parameters, dropout, penalties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tiza as tz
from courses.worked_example import Example, Row
from tiza.ops import random

Numbers = Mapping[str, float]

WIDTHS = {"6-1": (6, 1), "6-4-1": (6, 4, 1), "6-4-4-1": (6, 4, 4, 1), "6-4-4-4-1": (6, 4, 4, 4, 1)}
DRAWS = 20_000


def parameters(engine: str) -> Numbers:
    found = {}
    for name, (features, *widths) in WIDTHS.items():
        model = tz.Sequential([tz.Input((features,)), *(tz.layers.Dense(width) for width in widths)])
        found[name] = model.count_params()
    return found


def dropped(rate: float) -> float:
    """Return how many of 16 units are left out in a step, on average."""
    context = tz.layers.Context({}, training=True, key=random.key(0))
    ones = tz.ops.constant(np.ones((DRAWS, 16)))
    left = np.asarray(tz.evaluate(tz.layers.Dropout(rate).call(ones, context)))
    return float((left == 0).sum() / DRAWS)


def dropout(engine: str) -> Numbers:
    return {"rate 0.5": dropped(0.5), "rate 0.25": dropped(0.25)}


def penalties(engine: str) -> Numbers:
    """Five samples whose loss is 0: what is left is the penalty on w = (1, -2, 3), lambda = 0.3."""
    found = {}
    of_one = tz.regularizers.PerSample
    for name, kind in (("L1", tz.regularizers.L1), ("L2", tz.regularizers.L2)):
        layer = tz.layers.Dense(1, use_bias=False, kernel_regularizer=of_one(kind(0.3 / 2)))
        model = tz.Sequential([tz.Input((3,)), layer], dtype="float64")
        model.set_weights([[[1.0], [-2.0], [3.0]]])
        model.compile("sgd", "mse", engine=engine)
        x = np.eye(5, 3)
        found[name] = model.evaluate(x, model.predict(x), return_dict=True)["penalty"]
    return found


EXAMPLES = (
    Example(
        "001",
        "Number of parameters",
        parameters,
        (
            Row("6-1", "7", "7"),
            Row("6-4-1", "33", "33"),
            Row("6-4-4-1", "53", "53"),
            Row("6-4-4-4-1", "73", "73"),
        ),
    ),
    Example(
        "001",
        f"Dropout: units left out of 16, mean of {DRAWS} draws",
        dropout,
        (
            Row(
                "rate 0.5",
                "8",
                "8",
                within=0.1,
                note='an expectation; "weights", "per epoch" are meant to be units, a step',
            ),
            Row("rate 0.25", "4", "4", within=0.1, note="an expectation"),
        ),
    ),
    Example(
        "001",
        "Penalties for w = (1, -2, 3), lambda = 0.3, m = 5",
        penalties,
        (
            Row("L1", "w + lambda/2m sum abs(w)", "0.18", note="added to the loss, not to w"),
            Row("L2", "w + lambda/2m sum w^2", "0.42", note="added to the loss, not to w"),
        ),
    ),
)
