"""Layers by themselves: which there are, and their values and gradients on any engine."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.calculus.simplification import simplify
from tiza.graph.graph import Graph
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.models.model import ENGINES
from tiza.nn import layers as layers_module
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.ops import random
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]
ROWS = 7
ENGINE_NAMES = sorted({kind: name for name, kind in ENGINES.items()}.values())
"""A name of each engine."""


def known_layers() -> dict[str, type[Layer]]:
    """Return every layer that the package has, by name."""
    found = inspect.getmembers(layers_module, lambda one: inspect.isclass(one) and issubclass(one, Layer))
    return {name: one for name, one in found if not inspect.isabstract(one)}


def layer_cases() -> list[Any]:
    """Return every example of every layer, as parameters of a test."""
    return [
        pytest.param(kind, example, id=f"{name}-{number}")
        for name, kind in known_layers().items()
        for number, example in enumerate(kind.examples)
    ]


@dataclass
class Found:
    """What a layer gave: its output, new state, and gradients of one number made of the output."""

    output: Array
    updates: dict[str, Array]
    weight_gradients: dict[str, Array]
    input_gradients: list[Array]

    def arrays(self) -> dict[str, Array]:
        """Return everything, by name."""
        gradients = {f"gradient of {name}": one for name, one in self.weight_gradients.items()}
        inputs = {f"gradient of input {at}": one for at, one in enumerate(self.input_gradients)}
        return {"output": self.output, **self.updates, **gradients, **inputs}


@dataclass
class Probe:
    """One layer with numbers for its weights and inputs."""

    layer: Layer
    weights: tuple[Weight, ...]
    values: dict[str, Array]
    inputs: list[Array]

    @classmethod
    def of(cls, kind: type[Layer], example: LayerExample, dtype: str = "float64", seed: int = 0) -> Probe:
        """Return a layer made as the example says, with drawn numbers."""
        layer = kind(**example.arguments)
        source = np.random.default_rng([seed, zlib.crc32(kind.__name__.encode())])
        inputs = [source.normal(size=(ROWS, *shape)).astype(dtype) for shape in example.sample_shapes]
        types = tuple(TensorType(one.shape, as_dtype(dtype)) for one in inputs)
        weights = layer.weights(types[0]) if len(types) == 1 else ()
        # above 0, because a variance is
        values = {one.name: (0.1 + np.abs(source.normal(size=one.shape))).astype(dtype) for one in weights}
        return cls(layer, weights, values, inputs)

    @property
    def trained(self) -> list[str]:
        """Names of the weights that have a gradient."""
        return [one.name for one in self.weights if one.trainable]

    def call(self, weights: dict[str, Any], inputs: Sequence[Any], training: bool, seed: int) -> Any:
        """Return the output and the updates, traced."""
        context = Context(weights, training, random.key(seed))
        output = self.layer.call(inputs[0] if len(inputs) == 1 else tuple(inputs), context)  # type: ignore[arg-type]
        return output, context.updates

    def cotangent(self) -> Array:
        """Return the numbers that make one number of the output."""
        shape = tz.trace(lambda w, x: self.call(w, x, False, 0)[0], self.values, self.inputs).outputs[0].type
        assert isinstance(shape, TensorType)
        return np.random.default_rng(9).normal(size=shape.shape).astype(self.inputs[0].dtype)

    def run(self, engine: str, training: bool = False, seed: int = 0) -> Found:
        """Return what an engine computes."""
        cotangent = self.cotangent()

        def forward(weights: dict[str, Any], inputs: list[Any]) -> Any:
            output, updates = self.call(weights, inputs, training, seed)
            return output, [updates[name] for name in sorted(updates)]

        def number(trained: dict[str, Any], rest: dict[str, Any], inputs: list[Any]) -> Any:
            output, _ = self.call({**trained, **rest}, inputs, training, seed)
            return total(output * tz.ops.constant(cotangent))

        trained = {name: self.values[name] for name in self.trained}
        rest = {name: one for name, one in self.values.items() if name not in trained}
        updated: list[str] = []
        if training:
            _, updates = self.call(
                {name: tz.ops.constant(one) for name, one in self.values.items()},
                [tz.ops.constant(one) for one in self.inputs],
                training,
                seed,
            )
            updated = sorted(updates)
        arrays = [*self.values.values(), *self.inputs]
        output, *new = run_graph(engine, tz.trace(forward, self.values, self.inputs), arrays)
        graph = tz.trace(tz.grad(number, argnums=(0, 2)), trained, rest, self.inputs)
        gradients = run_graph(engine, graph, [*trained.values(), *rest.values(), *self.inputs])
        return Found(
            output,
            dict(zip(updated, new, strict=True)),
            dict(zip(trained, gradients[: len(trained)], strict=True)),
            gradients[len(trained) :],
        )

    def draws(self) -> bool:
        """Return whether a training call depends on the random key."""
        one, other = (self.run("reference", training=True, seed=seed).output for seed in (1, 2))
        return bool((one != other).any())


def run_graph(engine: str, graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """Return the outputs of a graph on an engine."""
    machine = ENGINES[engine]()
    program = machine.compile(simplify(graph).graph)
    return [np.array(one) for one in machine.run(program, list(arrays))]


def course_rows(text: str) -> dict[str, list[str]]:
    """Return the rows of a document's tables, by their first cell without back quotes."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[one.strip() for one in row.strip("|").split(" | ")] for row in rows]
    return {row[0].strip("| `"): row for row in cells}
