"""A slide's network as data, and the model that it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tiza.models.model import Model
from tiza.models.sequential import Sequential
from tiza.nn.activations import ActivationFunction
from tiza.nn.layer import Layer
from tiza.nn.layers import Dense, Input
from tiza.optimizers.sgd import SGD

Row: TypeAlias = tuple[float, ...]
Nested: TypeAlias = "tuple[float, ...] | tuple[Nested, ...]"
"""Numbers of an array: a row, an image by rows, a kernel."""


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

    @property
    def weights(self) -> Mapping[str, Nested]:
        """Numbers by the weight's name."""
        return {"kernel": self.kernel} if self.bias is None else {"kernel": self.kernel, "bias": self.bias}

    def layer(self, trained: tuple[str, ...]) -> Layer:
        """Return the layer, a new one, of whose weights those named are trained."""
        trainable = tuple(one for one in trained if one in self.weights)
        return Dense(
            len(self.kernel[0]), self.activation, use_bias=self.bias is not None, trainable=trainable
        )


@dataclass(frozen=True)
class Part:
    """A layer of any kind with the lesson's weights.

    Attributes:
        make: makes the layer, a new one each time.
        weights: numbers by the weight's name.
        activation: its name, as the page tells it; empty if it has none.
    """

    make: Callable[[], Layer]
    weights: Mapping[str, Nested] = field(default_factory=dict)
    activation: str = ""

    def layer(self, trained: tuple[str, ...]) -> Layer:
        """Return the layer, a new one; all of its weights are trained."""
        return self.make()


@dataclass(frozen=True)
class Network:
    """A slide's network with its data.

    Attributes:
        layers: layers, in order.
        x: inputs, `(samples, *input_shape)`.
        y: targets, `(samples, outputs)`.
        loss: name or function.
        learning_rate: of plain gradient descent.
        trained: names of the weights that are trained; the others stay as they are.
        steps: steps of gradient descent that are behind it.
    """

    layers: tuple[Units | Part, ...]
    x: tuple[Nested, ...]
    y: tuple[Row, ...]
    loss: Any
    learning_rate: float = 0.1
    trained: tuple[str, ...] = ("kernel", "recurrent_kernel", "bias")
    steps: int = 0

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a sample's input."""
        return np.shape(self.x[0])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, then units of each layer; empty if not all layers are dense."""
        dense = [one for one in self.layers if isinstance(one, Units)]
        if len(dense) < len(self.layers):
            return ()
        return (*self.input_shape, *(len(one.kernel[0]) for one in dense))

    def model(self) -> Model:
        """Return the network in float64, with the slide's weights and its steps done."""
        layers = [one.layer(self.trained) for one in self.layers]
        model = Sequential([Input(self.input_shape), *layers], dtype="float64")
        model.compile(SGD(self.learning_rate), self.loss)
        by_path = {
            f"{layer.name}.{name}": numbers
            for layer, part in zip(model.layers, self.layers, strict=True)
            for name, numbers in part.weights.items()
        }
        model.set_weights([by_path[path] for path in model.weight_paths])
        if self.steps:
            model.fit(np.array(self.x), np.array(self.y), len(self.x), epochs=self.steps, verbose=0)
        return model
