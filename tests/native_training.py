"""Networks of odd widths, trained on an engine, and comparison of what training left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import tiza as tz
from loss_oracles import example_outputs
from tiza.graph.tensor import Tensor
from tiza.nn.activations import ACTIVATIONS, record
from tiza.nn.losses import loss as find_loss
from tiza.optimizers.optimizer import Optimizer, Progress

Array = np.ndarray[Any, Any]
WIDTHS = (1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 48, 63, 70)
BATCHES = (1, 2, 3, 7, 8, 16, 17, 31, 32, 33)


def data_for(loss: str, samples: int, units: int, seed: int) -> tuple[Array, str]:
    """Return targets that a loss takes, and the activation whose output it takes."""
    targets, _ = example_outputs(loss, samples, units, seed)
    return targets, find_loss(loss).statement.outputs


def trained(
    engine: str, layers: list[Any], dtype: str, optimizer: Any, loss: Any, data: Any, **fit: Any
) -> Any:
    """Return a model after training, and what its fit reported."""
    model = tz.Sequential(layers, dtype=dtype, seed=3)
    model.compile(optimizer, loss, engine=engine)
    history = model.fit(*data, verbose=0, **fit)
    return model, history


def check_same_state(one: Any, other: Any, tolerance: float) -> None:
    """Check every entry of the state: whole numbers exactly, floats relative to the largest of the entry."""
    assert list(one.state) == list(other.state)
    for path, expected in other.state.items():
        found = one.state[path]
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), path
        if expected.dtype.kind != "f":
            np.testing.assert_array_equal(found, expected, err_msg=path)
            continue
        scale = np.abs(expected).max(initial=1e-3)
        assert np.abs(found - expected).max(initial=0.0) <= tolerance * scale, path


def is_tame(name: str) -> bool:
    """Return whether an activation neither jumps, where rounding decides, nor grows beyond all numbers."""
    values = np.asarray(tz.evaluate(record(name).apply(tz.ops.constant(np.linspace(-20.0, 20.0, 4001)))))
    return not record(name).along_axis and bool(np.abs(np.diff(values)).max() < 0.1)


def random_model(seed: int, loss: str) -> tuple[list[Any], tuple[Array, Array], dict[str, Any]]:
    """Return layers of odd widths, data for them, and how to train."""
    source = np.random.default_rng(seed)
    batch = int(source.choice(BATCHES))
    features, units = (int(source.choice(WIDTHS)) for _ in range(2))
    units = max(units, 2)
    samples = batch * int(source.integers(1, 4)) + int(source.integers(0, batch))
    targets, last = data_for(loss, samples, units, seed)
    names = [name for name in ACTIVATIONS if is_tame(name)]
    hidden = [
        tz.layers.Dense(int(source.choice(WIDTHS)), activation=str(source.choice(names)))
        for _ in range(source.integers(0, 3))
    ]
    layers = [tz.Input((features,)), *hidden, tz.layers.Dense(units, activation=last)]
    return layers, (source.normal(size=(samples, features)), targets), {"batch_size": batch}


@dataclass(frozen=True)
class Remembering(Optimizer):
    """Slots that are another entry's old value, each other, a constant."""

    learning_rate: float = 0.01
    slots: ClassVar[tuple[str, ...]] = ("previous", "gradient", "same", "one")

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        moved = parameter - progress.learning_rate * (gradient + 0.1 * (parameter - slots["previous"]))
        moved = moved - progress.learning_rate * slots["same"] * slots["one"]
        one = tz.ops.broadcast_to(1.0, parameter.shape).astype(parameter.dtype)
        return moved, {"previous": parameter, "gradient": gradient, "same": gradient, "one": one}
