"""A network by what it consists of, and its programs, which every fit of the same network shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Engine, Samples
from tiza.errors import ModelError
from tiza.graph.tensor_type import TensorType
from tiza.models.model import EVALUATION_ROWS, FEW_ROWS, slices
from tiza.models.sequential import Sequential
from tiza.nn.layer import Layer
from tiza.nn.layers import Activation, BatchNormalization, Dense, Dropout, Input
from tiza.nn.losses import Loss
from tiza.nn.regularizers import L2, PerSample
from tiza.nn.targets import converted
from tiza.optimizers.optimizer import Optimizer
from tiza.sklearn.requirements import own_activation
from tiza.training.state import State
from tiza.training.step import Batch, gradient_step_graph, prediction_graph

Array = np.ndarray[Any, Any]

MOMENTUM = 0.9
"""How much of the moving means stays in each step: small tables have few steps, so they have to be quick."""

ASSEMBLIES = 64
"""Networks whose programs are kept."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a network consists of, and how it is trained but for the learning rate.

    Attributes:
        sizes: numbers of units, inputs first.
        activation: of the hidden layers, by name or as a function.
        out_activation: of the output, by scikit-learn's name.
        loss: what is made small.
        penalty: alpha in alpha / (2 n) sum w^2 over kernels, for n samples of a batch.
        dropout: share of each hidden layer that is left out in training.
        batch_norm: whether hidden layers are normalized before their activation.
        optimizer: the update rule; its rate is not looked at.
        dtype: of the computation.
        engine: what runs it.
    """

    sizes: tuple[int, ...]
    activation: Any
    out_activation: str
    loss: Loss
    penalty: float
    dropout: float
    batch_norm: bool
    optimizer: Optimizer
    dtype: str
    engine: str

    def layers(self) -> list[Layer | Input]:
        """Return the layers, new ones."""
        features, *hidden, outputs = self.sizes
        layers: list[Layer | Input] = [Input((features,))]
        for units in hidden:
            layers += self._hidden(units)
        last = None if self.out_activation == "identity" else own_activation(self.out_activation)
        return [*layers, self._dense(outputs, last)]

    def _dense(self, units: int, activation: Any) -> Dense:
        penalty = PerSample(L2(self.penalty / 2.0)) if self.penalty else None
        return Dense(units, activation, kernel_regularizer=penalty)

    def _hidden(self, units: int) -> list[Layer]:
        activation = own_activation(self.activation)
        layers: list[Layer] = [self._dense(units, None if self.batch_norm else activation)]
        if self.batch_norm:
            layers += [BatchNormalization(momentum=MOMENTUM), Activation(activation)]
        if self.dropout:
            layers.append(Dropout(self.dropout))
        return layers

    def model(self) -> Sequential:
        """Return a new model, compiled."""
        model = Sequential(self.layers(), dtype=self.dtype)
        model.compile(self.optimizer, self.loss, engine=self.engine)
        return model


@dataclass(frozen=True, slots=True)
class Assembly:
    """A model of an architecture, with its programs; its own weights are never trained.

    Attributes:
        model: the model.
        first: all that persists, before training.
    """

    model: Sequential
    first: State
    _programs: dict[object, Any] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """What runs the programs."""
        return self.model.settings.engine

    @property
    def kernels(self) -> list[str]:
        """Paths of the kernels, in order."""
        return self._ending("kernel")

    @property
    def biases(self) -> list[str]:
        """Paths of the biases, in order."""
        return self._ending("bias")

    def _ending(self, name: str) -> list[str]:
        return [path for path in self.model.weight_paths if path.endswith(f".{name}")]

    def outputs(self, state: State, features: Any) -> Array:
        """Return the network's outputs for features that may be sparse, `(samples, outputs)`."""
        network = self.model.network
        weights = [state[path] for path in self.model.weight_paths]
        parts = []
        for rows in slices(features.shape[0], EVALUATION_ROWS):
            block = dense(features[rows], str(network.dtype))
            usual = EVALUATION_ROWS if len(block) >= FEW_ROWS else len(block)
            program = self._prediction(TensorType(block.shape, block.dtype), Samples(len(block), usual))
            parts.append(self.engine.run(program, [*weights, block])[0])
        return np.concatenate(parts)

    def _prediction(self, features: TensorType, samples: Samples) -> Any:
        key = "predict", features, samples
        if key not in self._programs:
            graph = prediction_graph(self.model.network, [features])
            self._programs[key] = self.engine.compile(simplify(graph).graph, samples=samples)
        return self._programs[key]

    def gradient(self, batch: Batch) -> Any:
        """Return the program (weights, batch) -> (loss, gradients)."""
        key = "gradient", batch
        if key not in self._programs:
            graph = gradient_step_graph(self.model.objective, batch)
            samples = Samples(batch.rows, max(batch.rows, EVALUATION_ROWS))
            self._programs[key] = self.engine.compile(simplify(graph).graph, samples=samples)
        return self._programs[key]

    def joined(self, coefs: Sequence[Any], intercepts: Sequence[Any], others: State) -> State:
        """Return all that persists: the first values, in whose place come `others`, kernels and biases.

        Raises:
            ModelError: a kernel or a bias has another shape.
        """
        given = dict(others)
        for name, paths, arrays in (
            ("coefs_", self.kernels, coefs),
            ("intercepts_", self.biases, intercepts),
        ):
            shapes, expected = [np.shape(one) for one in arrays], [self.first[path].shape for path in paths]
            if shapes != expected:
                raise ModelError(f"{name}: got arrays of shapes {shapes}, expected {expected}; fit anew.")
            given.update(zip(paths, arrays, strict=True))
        return {path: np.array(given.get(path, value), value.dtype) for path, value in self.first.items()}


@lru_cache(maxsize=ASSEMBLIES)
def assembled(architecture: Architecture) -> Assembly:
    """Return the model of an architecture; the same one each time, whose programs are made once."""
    model = architecture.model()
    return Assembly(model, dict(model.state))


def dense(features: Any, dtype: str) -> Array:
    """Return features, which may be sparse, as rows one behind another in memory.

    Raises:
        DataError: a number is too large for the dtype.
    """
    array = features.toarray() if hasattr(features, "toarray") else features
    if array.dtype != np.dtype(dtype) and array.dtype.kind == "f":
        array = converted("X", array, np.dtype(dtype))
    return np.ascontiguousarray(array, dtype)
