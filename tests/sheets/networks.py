"""The hand calculator's problems as models, and networks that several tests check."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import tiza as tz
from sheets.hand_calculator import Problem
from tiza.models.model import Model
from tiza.sheets.source import NetworkSource

TANH_NAMES: Mapping[str, str] = {
    "x1": "x[0]",
    "x2": "x[1]",
    "y": "y[0]",
    "w1": "dense.kernel[0,0]",
    "w2": "dense.kernel[1,0]",
    "w3": "dense.kernel[0,1]",
    "w4": "dense.kernel[1,1]",
    "w5": "dense_1.kernel[0,0]",
    "w6": "dense_1.kernel[1,0]",
    "a1": "dense.z[0]",
    "a2": "dense.z[1]",
    "h1": "dense.a[0]",
    "h2": "dense.a[1]",
    "ŷ": "dense_1.z[0]",
    "E": "loss",
}


def tanh_source() -> NetworkSource:
    """Return the courses' 2-2-1 regression with tanh, without biases, and its names."""
    model = tz.Sequential(
        [
            tz.Input((2,)),
            tz.layers.Dense(2, "tanh", use_bias=False),
            tz.layers.Dense(1, use_bias=False),
        ],
        dtype="float64",
    )
    model.compile(tz.optimizers.SGD(0.5), tz.losses.Quadratic())
    model.set_weights([[[0.1, 0.3], [0.2, 0.1]], [[0.5], [0.8]]])
    return NetworkSource(model, [2.0, 3.0], [1.0], TANH_NAMES, name="tanh-2-2-1")


def model_of(problem: Problem) -> Model:
    """Return a problem's network, compiled, with its weights and velocities."""
    layers = [
        tz.layers.Dense(units, activation)
        for units, activation in zip(problem.sizes[1:], problem.activations, strict=True)
    ]
    model = tz.Sequential([tz.Input((problem.sizes[0],)), *layers], dtype="float64")
    model.compile(tz.optimizers.SGD(problem.rate, momentum=problem.momentum), problem.loss)
    pairs = zip(problem.kernels, problem.biases, strict=True)
    model.set_weights([np.asarray(one) for pair in pairs for one in pair])
    for layer, velocity in enumerate(problem.velocities):
        name = "dense" if layer == 0 else f"dense_{layer}"
        for path, values in ((f"{name}.kernel", velocity[:-1]), (f"{name}.bias", velocity[-1])):
            (key,) = [one for one in model._state if "velocity" in one and one.endswith(path)]
            model._state[key] = np.asarray(values)
    return model


def source_of(problem: Problem) -> NetworkSource:
    """Return what a sheet of a problem is checked against."""
    return NetworkSource(model_of(problem), problem.x, problem.y)
