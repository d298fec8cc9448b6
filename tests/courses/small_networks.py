"""Dense networks with given weights, in float64, whose values can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tiza as tz

Array = np.ndarray[Any, Any]
Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class SmallNetwork:
    """A network twice: one that is trained, one that gives out what every layer computes."""

    model: tz.Model
    watched: tz.Model

    def values(self, x: Sequence[float]) -> list[list[float]]:
        """Return z and a of each layer, in order, for one sample."""
        self.watched.set_weights(self.model.get_weights())
        return [one[0].tolist() for one in self.watched.predict([x])]

    def output(self, x: Sequence[float]) -> list[float]:
        """Return what the last layer gives for one sample."""
        found: list[float] = self.model.predict([x])[0].tolist()
        return found

    def loss(self, x: Sequence[float], y: object) -> float:
        """Return the loss of one sample."""
        return float(self.model.evaluate([x], [y]))

    def gradients(self, x: Sequence[float], y: object) -> list[Array]:
        """Return the gradient of each trained weight."""
        return self.model.loss_and_gradients([x], [y])[1]


def small_network(
    engine: str,
    activations: Sequence[str],
    kernels: Sequence[Matrix],
    biases: Sequence[Sequence[float]] | None = None,
    loss: Any = "half_squared_error",
    rate: float = 0.5,
    trainable: bool | tuple[str, ...] = True,
) -> SmallNetwork:
    """Return a network of dense layers; kernels are `(in, out)`, without biases if there are None."""
    inputs = tz.Input((len(kernels[0]),))
    given: tz.layers.Input | Any = inputs
    values = []
    for activation, kernel in zip(activations, kernels, strict=True):
        z = tz.layers.Dense(len(kernel[0]), use_bias=biases is not None, trainable=trainable)(given)
        given = tz.layers.Activation(activation)(z)
        values += [z, given]
    model = tz.Model(inputs, given, dtype="float64")
    watched = tz.Model(inputs, values, dtype="float64")
    both = [kernels] if biases is None else [kernels, biases]
    model.set_weights([np.array(one, "float64") for layer in zip(*both, strict=True) for one in layer])
    model.compile(tz.optimizers.SGD(rate), loss, engine=engine)
    watched.compile("sgd", ["mse"] * len(values), engine=engine)
    return SmallNetwork(model, watched)
