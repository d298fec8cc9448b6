"""Networks with branches, shared layers and several outputs: every layer, loss and optimizer has its turn."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tiza as tz
from blackboard.random_networks import Case
from loss_oracles import TARGETS, arguments_of
from loss_oracles import cases as loss_cases
from rule_examples import rule_examples
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.losses.base import Loss
from tiza.optimizers.rules import OPTIMIZERS

Array = Any
EVERY_LOSS = list(loss_cases())
EVERY_RULE = [(rule, arguments) for rule in OPTIMIZERS.values() for arguments in rule_examples(rule)]
PENALTIES = [
    None,
    tz.regularizers.L1(0.01),
    tz.regularizers.L2(0.02),
    tz.regularizers.L1L2(0.01, 0.02),
    tz.regularizers.PerSample(tz.regularizers.L1L2(0.1, 0.05)),
]
BETWEEN: tuple[Callable[[], Any], ...] = (
    lambda: tz.layers.Dropout(0.3),
    lambda: tz.layers.GaussianNoise(0.1),
    lambda: tz.layers.BatchNormalization(),
    lambda: tz.layers.LayerNormalization(),
    lambda: tz.layers.PReLU("ones"),
    lambda: tz.layers.Softmax(),
    lambda: tz.layers.LeakyReLU(0.3),
    lambda: tz.layers.ReLU(2.0, 0.1, 0.05),
    lambda: tz.layers.ELU(0.7),
    lambda: tz.layers.Rescaling(0.5, 0.1),
    lambda: tz.layers.Activation("softsign"),
)
MERGING = (
    tz.layers.Add,
    tz.layers.Multiply,
    tz.layers.Concatenate,
    tz.layers.Average,
    tz.layers.Maximum,
    tz.layers.Minimum,
    tz.layers.Subtract,
)
OUTPUTS = {"linear": None, "sigmoid": "sigmoid", "softmax": "softmax", "softplus": "softplus"}


def varied_network(seed: int) -> Case:
    """Return the case of a seed; the same each time."""
    draw = random.Random(seed)
    rows = draw.choice([1, 1, 2, 3, 4])
    numbers = np.random.default_rng(seed)
    inputs = [tz.Input((draw.randint(1, 5),), name=f"in_{at}") for at in range(draw.choice([1, 1, 2]))]
    losses = [EVERY_LOSS[seed % len(EVERY_LOSS)]]
    if draw.random() < 0.3:
        losses.append(draw.choice(EVERY_LOSS))
    hidden = _body(draw, inputs, rows)
    sizes = [draw.randint(2, 5) for _ in losses]
    outputs = [_head(draw, loss, size)(hidden) for loss, size in zip(losses, sizes, strict=True)]
    dtype = draw.choice(["float32", "float32", "float64"])
    model = tz.Model(inputs, outputs, seed=seed, dtype=dtype)
    rule, arguments = EVERY_RULE[seed % len(EVERY_RULE)]
    weights = None if len(losses) == 1 else [1.0, 0.5]
    with warnings.catch_warnings():  # a penalty on what is frozen
        warnings.simplefilter("ignore", UserWarning)
        model.compile(rule(**arguments), losses if len(losses) > 1 else losses[0], loss_weights=weights)
    x = [numbers.normal(size=(rows, one.shape[0])).round(2).astype("float32") for one in inputs]
    y = [_targets(loss, numbers, (rows, size)) for loss, size in zip(losses, sizes, strict=True)]
    for _ in range(draw.randint(0, 3)):
        model.fit(_only(x), _only(y), batch_size=rows, verbose=0)
    return Case(model, _only(x), _only(y), draw)


def _only(arrays: list[Array]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays


def _body(draw: random.Random, inputs: list[Any], rows: int) -> Any:
    """Return a tensor that all inputs lead to, by two branches and by a layer that both may share."""
    units = draw.randint(1, 5)
    branches = [_chain(draw, one, units, rows) for one in inputs]
    if len(branches) == 1:
        shared = _dense(draw, units)
        first, other = shared(branches[0]), _chain(draw, branches[0], units, rows)
        branches = [first, shared(other) if draw.random() < 0.5 else other]
    return draw.choice(MERGING)()(branches)


def _chain(draw: random.Random, tensor: Any, units: int, rows: int) -> Any:
    made = _dense(draw, units)(tensor)
    if draw.random() < 0.7:
        layer = draw.choice(BETWEEN)()
        if rows > 1 or not isinstance(layer, tz.layers.BatchNormalization):
            made = layer(made)
    return made


def _dense(draw: random.Random, units: int, activation: Any = ...) -> Any:
    frozen = draw.choice([True, True, True, False, ["bias"]])
    return tz.layers.Dense(
        units,
        draw.choice([None, *ACTIVATIONS]) if activation is ... else activation,
        bias_initializer=tz.initializers.RandomUniform(-0.5, 0.5),  # at 0 an L1 penalty has a kink
        kernel_regularizer=draw.choice(PENALTIES),
        bias_regularizer=draw.choice(PENALTIES) if draw.random() < 0.3 else None,
        trainable=frozen,
    )


def _head(draw: random.Random, loss: Loss, size: int) -> Any:
    raw = arguments_of(loss).get("from_logits", False)
    return _dense(draw, size, OUTPUTS.get("linear" if raw else loss.statement.outputs))


def _targets(loss: Loss, numbers: np.random.Generator, shape: tuple[int, int]) -> Array:
    return TARGETS[loss.statement.targets.name](numbers, shape)


def varied_targets(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield one target of every kind that the network has, with whether its update is asked for."""
    model, draw = case.model, case.draw
    rows = len(case.x[0] if isinstance(case.x, list) else case.x)
    weights = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    yield from (("loss", False), ("step", False))
    for path in draw.sample(list(weights), min(3, len(weights))):
        yield f"{path}{_index(draw, weights[path].shape)}", False
    trained = [path for path, one in model.network.weights().items() if one.trainable]
    for path in draw.sample(trained, min(3, len(trained))):
        yield f"{path}{_index(draw, weights[path].shape)}", True
    for path in (one for one in weights if one.endswith(".kernel")):
        unit = (rows, weights[path].shape[1])
        layer = path.rpartition(".")[0]
        yield f"{layer}.z{_index(draw, unit)}", False


def _index(draw: random.Random, shape: tuple[int, ...]) -> str:
    return f"[{','.join(str(draw.randrange(size)) for size in shape)}]"
