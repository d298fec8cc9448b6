"""Networks for images and sequences, by chance: convolution, pooling, recurrence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

import tiza as tz
from blackboard.random_networks import Case
from rule_examples import rule_examples
from tiza.models.model import Model
from tiza.optimizers.rules import OPTIMIZERS

ACTIVATIONS = [None, "tanh", "sigmoid", "relu", "leaky_relu", "softplus"]
PENALTIES = [None, None, tz.regularizers.L2(0.02), tz.regularizers.L1L2(0.01, 0.02)]
LOSSES = {
    "quadratic": (None, "tanh", "sigmoid"),
    "mse": (None, "softmax"),
    "sparse_categorical_crossentropy": ("softmax",),
}
CONVOLUTIONS = {1: tz.layers.Conv1D, 2: tz.layers.Conv2D}
POOLINGS = {
    1: (tz.layers.MaxPooling1D, tz.layers.AveragePooling1D),
    2: (tz.layers.MaxPooling2D, tz.layers.AveragePooling2D),
}
GLOBAL_POOLINGS = {
    1: (tz.layers.GlobalMaxPooling1D, tz.layers.GlobalAveragePooling1D),
    2: (tz.layers.GlobalMaxPooling2D, tz.layers.GlobalAveragePooling2D),
}
RECURRENT = (tz.layers.SimpleRNN, tz.layers.LSTM, tz.layers.GRU)
QUANTITIES = {
    tz.layers.SimpleRNN: (["z"], ["h"]),
    tz.layers.LSTM: (["z_i", "z_f", "z_g", "z_o"], ["i", "f", "g", "o", "c"]),
    tz.layers.GRU: (["z_z", "z_r", "z_n"], ["z", "r", "n"]),
}
"""Names of the sums that enter gates, and of gates and states."""


def signal_network(seed: int) -> Case:
    """Return a network for images if the seed is even, for sequences if it is odd."""
    return sequence_network(seed) if seed % 2 else picture_network(seed)


def signal_targets(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield one target of every kind that such a network has."""
    recurrent = any(isinstance(layer, RECURRENT) for layer in case.model.layers)
    yield from sequence_targets(case) if recurrent else picture_targets(case)


def picture_network(seed: int) -> Case:
    """Return a network of convolutions and poolings, with some steps behind it; the same each time."""
    draw = random.Random(seed)
    axes, channels = draw.choice([1, 2, 2]), draw.randint(1, 2)
    shape = (*(draw.randint(6, 7) for _ in range(axes)), channels)
    paddings = ["valid", "same"]
    layers: list[Any] = []
    for _ in range(draw.choice([1, 1, 2])):
        layers.append(_convolution(draw, axes, channels, draw.choice(paddings)))
        channels = layers[-1].filters
        if draw.random() < 0.8:
            size, strides = draw.choice([(2, None), (2, 1), (3, None), (3, 2)])
            padding = draw.choice(["same", paddings[0]]) if size == 2 else "same"
            layers.append(draw.choice(POOLINGS[axes])(size, strides, padding))
        paddings = ["same"]  # what is left may be smaller than a kernel
    layers.append(draw.choice([tz.layers.Flatten, tz.layers.Flatten, *GLOBAL_POOLINGS[axes]])())
    return _compiled(draw, seed, shape, layers)


def _convolution(draw: random.Random, axes: int, channels: int, padding: str) -> Any:
    strides, dilation = draw.choice([(1, 1), (1, 1), (2, 1), (1, 2)])
    sizes = draw.choice([1, 2, 3]) if dilation == 1 else 2
    groups = draw.choice([1, channels])
    return CONVOLUTIONS[axes](
        groups * draw.randint(1, 2),
        sizes,
        strides,
        padding,
        dilation_rate=dilation,
        groups=groups,
        activation=draw.choice(ACTIVATIONS),
        use_bias=draw.random() < 0.7,
        kernel_regularizer=draw.choice(PENALTIES),
    )


def sequence_network(seed: int) -> Case:
    """Return a network of recurrent layers, with some steps behind it; the same each time."""
    draw = random.Random(seed)
    shape = (draw.randint(1, 5), draw.randint(1, 2))
    stacked = draw.random() < 0.3
    layers: list[Any] = []
    if draw.random() < 0.2:
        layers.append(tz.layers.Masking(draw.choice([0.0, 0.5])))
    if stacked:
        layers.append(_recurrent(draw, return_sequences=True))
    layers.append(_recurrent(draw, return_sequences=draw.random() < 0.3))
    if layers[-1].return_sequences:
        ending = draw.choice([tz.layers.Flatten, *GLOBAL_POOLINGS[1]])
        layers.append(ending())
    return _compiled(draw, seed, shape, layers)


def _recurrent(draw: random.Random, return_sequences: bool) -> Any:
    kind = draw.choice(RECURRENT)
    options: dict[str, Any] = {"reset_after": draw.random() < 0.7} if kind is tz.layers.GRU else {}
    return kind(
        draw.randint(1, 3),
        use_bias=draw.random() < 0.8,
        bias_initializer=tz.initializers.RandomUniform(-0.5, 0.5),
        kernel_regularizer=draw.choice(PENALTIES),
        recurrent_regularizer=draw.choice(PENALTIES),
        dropout=draw.choice([0.0, 0.0, 0.3]),
        return_sequences=return_sequences,
        go_backwards=draw.random() < 0.2,
        **options,
    )


def _compiled(draw: random.Random, seed: int, shape: tuple[int, ...], layers: list[Any]) -> Case:
    """Return a network of these layers and a dense one, trained for 0 to 2 steps, with the next batch."""
    rows, loss = draw.choice([1, 1, 2]), draw.choice(list(LOSSES))
    outputs = draw.randint(2, 4)
    layers.append(tz.layers.Dense(outputs, draw.choice(LOSSES[loss])))
    model = tz.Sequential([tz.Input(shape), *layers], seed=seed)
    rule = OPTIMIZERS[draw.choice(list(OPTIMIZERS))]
    model.compile(rule(**draw.choice(rule_examples(rule))), loss)
    numbers = np.random.default_rng(seed)
    x = numbers.normal(size=(rows, *shape)).round(2).astype("float32")
    y: Any = numbers.integers(0, 2, size=(rows, outputs)).astype("float32")
    if loss == "sparse_categorical_crossentropy":
        y = numbers.integers(0, outputs, size=rows)
    for _ in range(draw.randint(0, 2)):
        model.fit(x, y, batch_size=rows, verbose=0)
    return Case(model, x, y, draw)


def picture_targets(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield one target of every kind that a network of convolutions has."""
    yield from _general_targets(case)
    model, draw, rows = case.model, case.draw, len(case.x)
    for layer in model.layers:
        shape = _shape_of(model, layer.name, rows)
        if type(layer).__name__.startswith("Conv"):
            yield f"{layer.name}.z{_index(draw, shape)}", False
            yield f"{layer.name}.delta{_index(draw, shape)}", False
        elif "Pooling" in type(layer).__name__:
            yield f"{layer.name}.a{_index(draw, shape)}", False
            yield f"grad {layer.name}.a{_index(draw, shape)}", False


def sequence_targets(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield one target of every kind that a network of recurrent layers has, gates and states among them."""
    yield from _general_targets(case)
    model, draw, rows = case.model, case.draw, len(case.x)
    for layer in model.layers:
        if not isinstance(layer, RECURRENT):
            continue
        sums, gates = QUANTITIES[type(layer)]
        for name in (draw.choice(sums), draw.choice(gates), "h"):
            yield f"{layer.name}.{name}{_moment(draw, case, layer.units)}", False
        yield f"grad {layer.name}.{draw.choice(sums)}{_moment(draw, case, layer.units)}", False
        yield f"grad {layer.name}.h[t=0][{draw.randrange(rows)},{draw.randrange(layer.units)}]", False


def _moment(draw: random.Random, case: Case, units: int) -> str:
    """Return a step of the sequence, a sample and a unit."""
    time, rows = draw.randrange(case.x.shape[1]), len(case.x)
    return f"[{draw.choice(['', 't=', 't = '])}{time}][{draw.randrange(rows)},{draw.randrange(units)}]"


def _general_targets(case: Case) -> Iterator[tuple[str, bool]]:
    model, draw = case.model, case.draw
    weights = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    path = draw.choice(list(weights))
    yield from (("loss", False), ("step", False), (f"{path}{_index(draw, weights[path].shape)}", True))
    for path in weights:
        yield f"{path}{_index(draw, weights[path].shape)}", False
    yield f"grad x{_index(draw, case.x.shape)}", False


def _shape_of(model: Model, name: str, rows: int) -> tuple[int, ...]:
    """Return the shape of what a layer gives to a batch."""
    part = tz.Sequential([tz.Input(model.input_shape[1:]), *model.layers[: _place(model, name) + 1]])
    return (rows, *part.output_shape[1:])


def _place(model: Model, name: str) -> int:
    return [one.name for one in model.layers].index(name)


def _index(draw: random.Random, shape: tuple[int, ...]) -> str:
    return f"[{','.join(str(draw.randrange(size)) for size in shape)}]"
