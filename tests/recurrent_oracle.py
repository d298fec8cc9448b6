"""Recurrent layers written out in NumPy, one sample and one step at a time, from the textbooks' equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Step = Callable[[Array, list[Array], dict[str, Array]], list[Array]]


def sigmoid(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def simple_rnn(x: Array, states: list[Array], weights: dict[str, Array]) -> list[Array]:
    (h,) = states
    return [np.tanh(x @ weights["kernel"] + h @ weights["recurrent_kernel"] + weights["bias"])]


def lstm(x: Array, states: list[Array], weights: dict[str, Array]) -> list[Array]:
    h, c = states
    i, f, g, o = np.split(x @ weights["kernel"] + h @ weights["recurrent_kernel"] + weights["bias"], 4)
    new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(new_c), new_c]


def gru(x: Array, states: list[Array], weights: dict[str, Array]) -> list[Array]:
    (h,) = states
    of_x = np.split(x @ weights["kernel"] + weights["bias"][0], 3)
    of_h = np.split(h @ weights["recurrent_kernel"] + weights["bias"][1], 3)
    z, r = sigmoid(of_x[0] + of_h[0]), sigmoid(of_x[1] + of_h[1])
    n = np.tanh(of_x[2] + r * of_h[2])
    return [z * h + (1.0 - z) * n]


STEPS: dict[str, tuple[Step, int]] = {"SimpleRNN": (simple_rnn, 1), "LSTM": (lstm, 2), "GRU": (gru, 1)}
"""The step of each layer, and how many states it carries."""


def outputs(
    name: str, x: Array, weights: dict[str, Array], mask: Array | None = None, backwards: bool = False
) -> Array:
    """Return the outputs of all steps, `(batch, time, units)`, in the order in which they are computed."""
    step, count = STEPS[name]
    units = weights["recurrent_kernel"].shape[0]
    found = []
    for sample, values in enumerate(x):
        states = [np.zeros(units)] * count
        times = range(len(values))
        row = []
        for time in reversed(times) if backwards else times:
            if mask is None or mask[sample, time]:
                states = step(values[time], states, weights)
            row.append(states[0])
        found.append(row)
    return np.array(found)
