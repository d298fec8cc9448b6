"""Networks of every kind for pages: layers, losses, penalties, optimizers and schedules by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import tiza as tz
from rule_examples import rule_examples
from tiza.models.model import Model
from tiza.nn.activations import ACTIVATIONS
from tiza.optimizers.rules import OPTIMIZERS

LOSSES = {
    "quadratic": (None, "tanh", "sigmoid", "relu"),
    "mse": (None, "tanh", "softmax"),
    "mae": (None, "tanh"),
    "huber": (None,),
    "binary_crossentropy": ("sigmoid",),
    "sparse_categorical_crossentropy": ("softmax",),
    "categorical_crossentropy": ("softmax",),
    "poisson": ("softplus",),
}
BETWEEN = {
    "none": lambda draw: None,
    "dropout": lambda draw: tz.layers.Dropout(draw.choice([0.2, 0.5])),
    "batch": lambda draw: tz.layers.BatchNormalization(),
    "layer": lambda draw: tz.layers.LayerNormalization(),
}
PENALTIES = [None, None, tz.regularizers.L1(0.01), tz.regularizers.L2(0.02), tz.regularizers.L1L2(0.01, 0.02)]


@dataclass(frozen=True)
class Case:
    """A network with some steps behind it, and the next batch."""

    model: Model
    x: Any
    y: Any
    draw: random.Random


def random_network(seed: int) -> Case:
    """Return the case of a seed; the same each time."""
    draw = random.Random(seed)
    loss = draw.choice(list(LOSSES))
    classes = loss.endswith("categorical_crossentropy")
    features, rows = draw.randint(1, 10), draw.choice([1, 1, 2, 3])
    outputs = draw.randint(2 if classes else 1, 10)
    layers: list[Any] = []
    for _ in range(draw.randint(0, 2)):
        layers.append(
            tz.layers.Dense(
                draw.randint(1, 10),
                draw.choice([None, *ACTIVATIONS]),
                use_bias=draw.random() < 0.7,
                kernel_regularizer=draw.choice(PENALTIES),
            )
        )
        kind = draw.choice(list(BETWEEN)) if rows > 1 else draw.choice(["none", "dropout"])
        layers += [one for one in [BETWEEN[kind](draw)] if one is not None]
    layers.append(tz.layers.Dense(outputs, draw.choice(LOSSES[loss])))
    model = tz.Sequential([tz.Input((features,)), *layers], seed=seed)
    rule = OPTIMIZERS[draw.choice(list(OPTIMIZERS))]
    arguments = dict(draw.choice(rule_examples(rule)))
    if draw.random() < 0.2:
        arguments["learning_rate"] = tz.optimizers.schedules.CosineDecay(0.05, 20)
    model.compile(rule(**arguments), loss)
    numbers = np.random.default_rng(seed)
    x = numbers.normal(size=(rows, features)).round(2).astype("float32")
    y: Any = numbers.integers(0, 2, size=(rows, outputs)).astype("float32")
    if loss == "sparse_categorical_crossentropy":
        y = numbers.integers(0, outputs, size=rows)
    if loss == "categorical_crossentropy":
        y = np.eye(outputs)[numbers.integers(0, outputs, size=rows)]
    for _ in range(draw.randint(0, 3)):
        model.fit(x, y, batch_size=rows, verbose=0)
    return Case(model, x, y, draw)


def targets(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield one target of every kind that the network has, with whether its update is asked for."""
    model, draw, rows = case.model, case.draw, len(case.x)
    weights = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    path = draw.choice(list(weights))
    index = _index(draw, weights[path].shape)
    yield from ((f"{path}{index}", False), ("loss", False), ("step", False))
    for moving in (one for one in weights if ".moving_" in one):
        yield f"new {moving}{_index(draw, weights[moving].shape)}", False
    kernels = [one for one in weights if one.endswith(".kernel")]
    trained = draw.choice(kernels)
    yield f"{trained}{_index(draw, weights[trained].shape)}", True
    layer, units = trained.rpartition(".")[0], weights[trained].shape[1]
    unit = _index(draw, (rows, units))
    yield f"{layer}.z{unit}", False
    last = kernels[-1].rpartition(".")[0]
    yield f"{last}.delta{_index(draw, (rows, weights[kernels[-1]].shape[1]))}", False
    yield f"grad x{_index(draw, case.x.shape)}", False
    if any(getattr(one, "kernel_regularizer", None) is not None for one in model.layers):
        yield "penalty", False


def _index(draw: random.Random, shape: tuple[int, ...]) -> str:
    return f"[{','.join(str(draw.randrange(size)) for size in shape)}]"
