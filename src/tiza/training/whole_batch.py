"""Training on all samples at once by L-BFGS, which needs no learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Engine
from tiza.training.lbfgs import Minimum, minima
from tiza.training.state import Entry, State, network_entries, values_in_order
from tiza.training.step import Objective, gradient_step_graph
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]


def descend(
    objective: Objective, engine: Engine, state: State, data: Data, max_iterations: int, tolerance: float
) -> Iterator[Minimum]:
    """Yield where each iteration came to, the weights there left in `state`.

    Weights that do not train stay, and so does what layers keep besides, such as moving averages.

    Raises:
        NonFiniteError: the loss is not finite at the start.
    """
    entries = network_entries(objective.network)
    trained = [one for one in entries if one.trainable]
    program = engine.compile(simplify(gradient_step_graph(objective, data.batch(data.samples))).graph)

    def loss_and_gradient(point: Array) -> tuple[float, Array]:
        weights = values_in_order(entries, {**state, **_apart(point, trained)})
        loss, *gradients = engine.run(program, [*weights, *data.blocks])
        return float(loss), np.concatenate([one.reshape(-1) for one in gradients])

    start = np.concatenate([state[one.path].reshape(-1) for one in trained])
    for found in minima(loss_and_gradient, start, max_iterations=max_iterations, tolerance=tolerance):
        state.update(_apart(found.x, trained))
        yield found


def _apart(point: Array, entries: list[Entry]) -> State:
    """Return a point as weights by path."""
    ends = np.cumsum([one.type.size for one in entries])[:-1]
    return {
        one.path: part.reshape(one.type.shape).astype(one.type.dtype)
        for one, part in zip(entries, np.split(point, ends), strict=True)
    }
