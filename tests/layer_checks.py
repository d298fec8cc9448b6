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
    """Return every example of every layer, as parameters of a test; those after a layer's first are slow."""
    return [
        pytest.param(kind, example, id=f"{name}-{number}", marks=[pytest.mark.slow] if number else [])
        for name, kind in known_layers().items()
        for number, example in enumerate(kind.examples)
    ]


@dataclass
class Found:
    """What a layer gave: its outputs, new state, and gradients of one number made of the outputs."""

    outputs: list[Array]
    updates: dict[str, Array]
    weight_gradients: dict[str, Array]
    input_gradients: list[Array]

    @property
    def output(self) -> Array:
        """The first output."""
        return self.outputs[0]

    def number(self, cotangents: Sequence[Array]) -> float:
        """Return the one number that is made of the outputs."""
        return sum(float((one * other).sum()) for one, other in zip(self.outputs, cotangents, strict=True))

    def arrays(self) -> dict[str, Array]:
        """Return everything, by name."""
        outputs = {f"output {at}": one for at, one in enumerate(self.outputs)}
        gradients = {f"gradient of {name}": one for name, one in self.weight_gradients.items()}
        inputs = {f"gradient of input {at}": one for at, one in enumerate(self.input_gradients)}
        return {**outputs, **self.updates, **gradients, **inputs}


@dataclass
class Probe:
    """One layer with numbers for its weights and inputs."""

    layer: Layer
    weights: tuple[Weight, ...]
    values: dict[str, Array]
    inputs: list[Array]
    mask: Array | None = None

    @classmethod
    def of(cls, kind: type[Layer], example: LayerExample, dtype: str = "float64", seed: int = 0) -> Probe:
        """Return a layer made as the example says, with drawn numbers."""
        layer = kind(**example.arguments)
        source = np.random.default_rng([seed, zlib.crc32(kind.__name__.encode())])
        inputs = [samples(layer, shape, dtype, source) for shape in example.sample_shapes]
        types = tuple(TensorType(one.shape, as_dtype(one.dtype)) for one in inputs)
        weights = layer.weights(types[0] if len(types) == 1 else types)  # type: ignore[arg-type]  # layers that join take several
        # above 0, because a variance is
        values = {one.name: (0.1 + np.abs(source.normal(size=one.shape))).astype(dtype) for one in weights}
        mask = source.random((ROWS, example.sample_shapes[0][0])) < 0.6 if example.masked else None
        return cls(layer, weights, values, inputs, mask)

    @property
    def trained(self) -> list[str]:
        """Names of the weights that have a gradient."""
        return [one.name for one in self.weights if one.trainable]

    def call(self, weights: dict[str, Any], inputs: Sequence[Any], training: bool, seed: int) -> Any:
        """Return the outputs and the updates, traced."""
        masks = () if self.mask is None else (tz.ops.constant(self.mask),)
        context = Context(weights, training, random.key(seed), masks=masks)
        operands: Any = inputs[0] if len(inputs) == 1 else tuple(inputs)
        given = self.layer.call(operands, context)
        return (given if isinstance(given, tuple) else (given,)), context.updates

    def cotangents(self) -> list[Array]:
        """Return the numbers that make one number of the outputs."""
        graph = tz.trace(lambda w, x: self.call(w, x, False, 0)[0], self.values, self.inputs)
        source = np.random.default_rng(9)
        types = [one.type for one in graph.outputs if isinstance(one.type, TensorType)]
        return [source.normal(size=one.shape).astype(one.dtype) for one in types]

    def run(self, engine: str, training: bool = False, seed: int = 0) -> Found:
        """Return what an engine computes."""
        cotangents = self.cotangents()

        def forward(weights: dict[str, Any], inputs: list[Any]) -> Any:
            outputs, updates = self.call(weights, inputs, training, seed)
            return outputs, [updates[name] for name in sorted(updates)]

        def number(trained: dict[str, Any], numbers: list[Any], rest: dict[str, Any], ids: list[Any]) -> Any:
            outputs, _ = self.call({**trained, **rest}, numbers or ids, training, seed)
            parts = zip(outputs, cotangents, strict=True)
            return sum(total(one * tz.ops.constant(other)) for one, other in parts)

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
        found = run_graph(engine, tz.trace(forward, self.values, self.inputs), arrays)
        outputs, new = found[: len(cotangents)], found[len(cotangents) :]
        ids = [one for one in self.inputs if one.dtype.kind == "i"]
        numbers = [] if ids else self.inputs
        wrt = tuple(at for at, part in enumerate((trained, numbers)) if part)
        gradients: list[Array] = []
        if wrt:
            graph = tz.trace(tz.grad(number, argnums=wrt), trained, numbers, rest, ids)
            gradients = run_graph(engine, graph, [*trained.values(), *numbers, *rest.values(), *ids])
        return Found(
            outputs,
            dict(zip(updated, new, strict=True)),
            dict(zip(trained, gradients[: len(trained)], strict=True)),
            gradients[len(trained) :],
        )

    def draws(self) -> bool:
        """Return whether a training call depends on the random key."""
        one, other = (self.run("reference", training=True, seed=seed).output for seed in (1, 2))
        return bool((one != other).any())


def samples(layer: Layer, shape: tuple[int, ...], dtype: str, source: np.random.Generator) -> Array:
    """Return samples that a layer takes: ids, or numbers."""
    if layer.vocabulary is not None:
        return source.integers(0, layer.vocabulary, (ROWS, *shape)).astype("int32")
    return source.normal(size=(ROWS, *shape)).astype(dtype)


def features_of(given: Any) -> Any:
    """Return all that a layer gave, one value or a list of them, as one row of features a sample."""
    flat = [tz.layers.Flatten()(one) for one in (given if isinstance(given, list) else [given])]
    return flat[0] if len(flat) == 1 else tz.layers.Concatenate()(flat)


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
