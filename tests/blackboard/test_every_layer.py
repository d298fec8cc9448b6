"""Every layer there is, as its examples have it: each line of its pages closes."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader
from layer_checks import features_of, known_layers
from tiza.models.model import Model
from tiza.nn.layer import Layer, LayerExample

ROWS = 2


def cases() -> list[Any]:
    """Return every example of every layer."""
    return [
        pytest.param(kind, example, id=f"{name}-{at}")
        for name, kind in known_layers().items()
        for at, example in enumerate(kind.examples)
    ]


def network_of(kind: type[Layer], example: LayerExample) -> tuple[Model, Any]:
    """Return a network of all that the layer gives and a dense one, with drawn weights, and a batch."""
    numbers = np.random.default_rng(1)
    inputs = [tz.Input(shape) for shape in example.sample_shapes]
    layer = kind(**example.arguments)
    given = layer(inputs[0] if len(inputs) == 1 else inputs)
    model = tz.Model(inputs, tz.layers.Dense(1)(features_of(given)), seed=1)
    with warnings.catch_warnings():  # a penalty on what is frozen
        warnings.simplefilter("ignore", UserWarning)
        model.compile("sgd", "quadratic")
    # above 0, because a variance is; and at 0 an activation has a kink
    model.set_weights([0.1 + np.abs(numbers.normal(size=one.shape)) for one in model.get_weights()])
    x = [_samples(layer, (ROWS, *shape), numbers) for shape in example.sample_shapes]
    return model, x[0] if len(x) == 1 else x


def _samples(layer: Layer, shape: tuple[int, ...], numbers: np.random.Generator) -> Any:
    if hasattr(layer, "input_dim"):
        return numbers.integers(0, layer.input_dim, size=shape)
    return numbers.normal(size=shape).round(2)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "example"), cases())
def test_every_line_closes(kind: type[Layer], example: LayerExample) -> None:
    model, x = network_of(kind, example)
    draw = random.Random(2)
    asked = ["loss"]
    for path, weight in model.network.weights().items():
        if weight.trainable:
            asked.append(f"{path}[{','.join(str(draw.randrange(size)) for size in weight.shape)}]")
    for target in asked:
        page = str(model.explain(x, np.ones((ROWS, 1)), target, language="en"))
        assert "✗" not in page, page
        reader = Reader()
        reader.read(page)
        assert reader.lines
