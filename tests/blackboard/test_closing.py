"""Arithmetic closes: a program that knows nothing of Tiza works every printed line out again."""

from __future__ import annotations

import random

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader
from tiza.language import use_language
from tiza.models.model import Model

ACTIVATIONS = ["tanh", "sigmoid", "relu", "softmax", None]
LOSSES = {
    "quadratic": (None, "tanh", "sigmoid", "relu"),
    "mse": (None, "tanh", "softmax"),
    "binary_crossentropy": ("sigmoid",),
    "sparse_categorical_crossentropy": ("softmax",),
    "categorical_crossentropy": ("softmax",),
}


def random_case(seed: int) -> tuple[Model, np.ndarray, np.ndarray, random.Random]:
    """Return a network with 0 to 3 steps of training behind it, and the next batch."""
    draw = random.Random(seed)
    loss = list(LOSSES)[seed % len(LOSSES)]
    classes = loss.endswith("categorical_crossentropy")
    features, rows = draw.randint(1, 12), draw.randint(1, 3)
    outputs = draw.randint(2 if classes else 1, 12)
    layers: list[object] = [
        tz.layers.Dense(draw.randint(1, 12), draw.choice(ACTIVATIONS), use_bias=draw.random() < 0.7)
        for _ in range(draw.randint(0, 2))
    ]
    layers.append(tz.layers.Dense(outputs, draw.choice(LOSSES[loss])))
    model = tz.Sequential([tz.Input((features,)), *layers], seed=seed)
    optimizer = [tz.optimizers.SGD(0.3), tz.optimizers.Adam(0.05)][(seed // len(LOSSES)) % 2]
    model.compile(optimizer, loss)
    numbers = np.random.default_rng(seed)
    x = numbers.normal(size=(rows, features)).round(2).astype("float32")
    y = numbers.integers(0, 2, size=(rows, outputs)).astype("float32")
    if loss == "sparse_categorical_crossentropy":
        y = numbers.integers(0, outputs, size=rows)
    if loss == "categorical_crossentropy":
        y = np.eye(outputs)[numbers.integers(0, outputs, size=rows)]
    for _ in range(draw.randint(0, 3)):
        model.fit(x, y, batch_size=rows, verbose=0)
    return model, x, y, draw


def random_index(draw: random.Random, shape: tuple[int, ...]) -> str:
    return f"[{','.join(str(draw.randrange(size)) for size in shape)}]"


def targets_of(model: Model, rows: int, draw: random.Random) -> list[tuple[str, bool]]:
    """Return one target of every kind, with whether its update is asked for."""
    weights = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    path = draw.choice(list(weights))
    last = model.weight_paths[-1].rpartition(".")[0]
    layer = draw.choice(list(weights)).rpartition(".")[0]
    units = weights[f"{layer}.kernel"].shape[1]
    index = random_index(draw, weights[path].shape)
    unit = random_index(draw, (rows, units))
    found = [
        (f"{path}{index}", True),
        (f"{path}{index}", False),
        (f"grad {path}{index}", False),
        (f"new {path}{index}", True),
        (f"{layer}.z{unit}", False),
        (f"{layer}.delta{unit}", False),
        ("loss", False),
        (f"x{random_index(draw, (rows, model.network.sample_shape[0]))}", False),
        ("learning_rate", False),
    ]
    if (
        dict(zip((one.path for one in model.network.layers), model.layers, strict=True))[
            last
        ].activation.__name__
        != "identity"
    ):
        outputs = model.output_shape[-1]
        found.append((f"{last}.a{random_index(draw, (rows, outputs))}", False))
    return found


@pytest.mark.parametrize("seed", range(30))
def test_every_printed_line_closes(seed: int) -> None:
    model, x, y, draw = random_case(seed)
    before = model.state
    for language in ("en", "es"):
        for target, update in targets_of(model, len(x), draw):
            with use_language(language):
                page = str(model.explain(x, y, target, update=update))
            assert "nan" not in page.lower()
            assert "✗" not in page, page
            reader = Reader()
            reader.read(page)
            if target != "learning_rate" and not target.startswith("x"):
                assert reader.lines, page
    assert all((value == model.state[path]).all() for path, value in before.items())


@pytest.mark.parametrize("seed", range(30))
def test_the_answer_is_what_training_does(seed: int) -> None:
    model, x, y, draw = random_case(seed)
    _, gradients = model.loss_and_gradients(x, y)
    old = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    asked = []
    for path, gradient in zip(model.weight_paths, gradients, strict=True):
        index = tuple(draw.randrange(size) for size in gradient.shape)
        name = f"[{','.join(map(str, index))}]"
        with use_language("en"):
            reader = Reader()
            reader.read(str(model.explain(x, y, f"{path}{name}", update=True)))
        asked.append((path, index, reader.numbers[f"{path}′{name}"]))
        printed = reader.numbers[f"∂L/∂{path}{name}"]
        assert float(printed) == pytest.approx(float(gradient[index]), rel=1e-3, abs=1e-6)
        if abs(gradient[index]) > 1e-4:
            assert float(printed) == pytest.approx(float(gradient[index]), rel=5e-4)
    model.fit(x, y, batch_size=len(x), verbose=0, shuffle=False)
    new = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    for path, index, printed in asked:
        change = float(abs(new[path][index] - old[path][index]))
        assert float(printed) == pytest.approx(float(new[path][index]), rel=1e-4, abs=1e-5 + 0.02 * change)
