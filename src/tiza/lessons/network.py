"""A slide's network as data, and the model that it describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tiza.models.model import Model
from tiza.models.sequential import Sequential
from tiza.nn.activations import ActivationFunction
from tiza.nn.layers import Dense, Input
from tiza.optimizers.sgd import SGD

Row: TypeAlias = tuple[float, ...]


@dataclass(frozen=True)
class Units:
    """A dense layer with the slide's weights.

    Attributes:
        kernel: weights, `(in, out)`: one row an input, the transpose of a slide's W^T.
        activation: name or function.
        bias: one number a unit; None if the slide has none.
    """

    kernel: tuple[Row, ...]
    activation: str | ActivationFunction = "linear"
    bias: Row | None = None


@dataclass(frozen=True)
class Network:
    """A slide's network with its data.

    Attributes:
        layers: dense layers, in order.
        x: inputs, `(samples, in_features)`.
        y: targets, `(samples, outputs)`.
        loss: name or function.
        learning_rate: of plain gradient descent.
        trained: names of the weights that are trained; the others stay as they are.
        steps: steps of gradient descent that are behind it.
    """

    layers: tuple[Units, ...]
    x: tuple[Row, ...]
    y: tuple[Row, ...]
    loss: Any
    learning_rate: float = 0.1
    trained: tuple[str, ...] = ("kernel", "bias")
    steps: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, then units of each layer."""
        return (len(self.layers[0].kernel), *(len(one.kernel[0]) for one in self.layers))

    def model(self) -> Model:
        """Return the network in float64, with the slide's weights and its steps done."""
        model = Sequential(
            [Input((self.sizes[0],)), *(self._dense(one) for one in self.layers)], dtype="float64"
        )
        model.compile(SGD(self.learning_rate), self.loss)
        by_path = dict(zip(_paths(model, self.layers), _weights(self.layers), strict=True))
        model.set_weights([by_path[path] for path in model.weight_paths])
        if self.steps:
            model.fit(np.array(self.x), np.array(self.y), len(self.x), epochs=self.steps, verbose=0)
        return model

    def _dense(self, units: Units) -> Dense:
        trainable = tuple(one for one in self.trained if one == "kernel" or units.bias is not None)
        return Dense(
            len(units.kernel[0]), units.activation, use_bias=units.bias is not None, trainable=trainable
        )


def _weights(layers: Sequence[Units]) -> list[Row | tuple[Row, ...]]:
    return [one for layer in layers for one in (layer.kernel, layer.bias) if one is not None]


def _paths(model: Model, layers: Sequence[Units]) -> list[str]:
    """Return the paths of kernel and bias of each layer: those that are not trained stand last in a model."""
    prefixes = list(dict.fromkeys(sorted(path.rpartition(".")[0] for path in model.weight_paths)))
    return [
        f"{prefix}.{name}"
        for prefix, layer in zip(prefixes, layers, strict=True)
        for name in (("kernel",) if layer.bias is None else ("kernel", "bias"))
    ]
