"""Model: a network with an objective and an optimizer, behind Keras' habits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tiza.blackboard.explanation import explain
from tiza.calculus.simplification import simplify
from tiza.data.checking import as_numbers, check_lengths, checked_features, checked_sample_weight
from tiza.engines.engine import Engine
from tiza.engines.reference.engine import ReferenceEngine
from tiza.errors import ModelError, NotBuiltError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.models.progress import ProgressDisplay
from tiza.models.summary import format_summary
from tiza.nn.layer import Layer
from tiza.nn.losses import Loss
from tiza.nn.losses import loss as find_loss
from tiza.nn.metrics import MetricFunction
from tiza.nn.metrics import metric as find_metric
from tiza.nn.network import Network, build_network
from tiza.nn.registry import find
from tiza.optimizers.optimizer import Optimizer, check_hyperparameter
from tiza.optimizers.rules import optimizer as find_optimizer
from tiza.training.history import History
from tiza.training.state import State, initial_values, network_entries, training_entries, values_in_order
from tiza.training.step import (
    Objective,
    evaluation_graph,
    gradient_step_graph,
    output_activation,
    prediction_graph,
)
from tiza.training.trainer import Data, EpochEvent, Means, Trainer

Array = np.ndarray[Any, Any]

ENGINES: dict[str, Callable[[], Engine]] = {"auto": ReferenceEngine, "reference": ReferenceEngine}
EVALUATION_ROWS = 1024
"""Rows that evaluate and predict compute at once, unless told otherwise."""


class Model:
    """A network that can be trained, measured, read and explained.

    Args:
        layers: layers, or plain functions of traced values, in order.
        sample_shape: shape of one sample; None waits for the first data.
        seed: of first weights, of the order of samples, of everything random.
        dtype: `float32` or `float64`.
        name: name of the model.
    """

    def __init__(
        self,
        layers: Sequence[Layer | Callable[[Tensor], Tensor]],
        sample_shape: Shape | None,
        seed: int = 0,
        dtype: str = "float32",
        name: str | None = None,
    ) -> None:
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
            raise ModelError(f"seed: got {seed!r}, expected a whole number from 0 to 2**64 - 1.")
        self.name = name or "model"
        self.seed = seed
        self.dtype = str(as_dtype(dtype))
        self.layers = list(layers)
        self.history: History | None = None
        self._network: Network | None = None
        self._objective: Objective | None = None
        self._optimizer: Optimizer | None = None
        self._engine: Engine = ReferenceEngine()
        self._trainer: Trainer | None = None
        self._programs: dict[object, Any] = {}
        self._state: State = {}
        self._compiled: tuple[Loss, tuple[Any, ...]] | None = None
        if sample_shape is not None:
            self.build(sample_shape)

    def build(self, sample_shape: Shape) -> None:
        """Make the weights for samples of `sample_shape`, without the batch.

        Raises:
            ModelError: two layers do not fit; both are named.
        """
        self._network = build_network(self.layers, tuple(sample_shape), self.dtype)
        self._state = initial_values(network_entries(self._network), self.seed)
        self._programs.clear()
        if self._compiled is not None:
            self._connect()

    @property
    def network(self) -> Network:
        """The layers, placed.

        Raises:
            NotBuiltError: the shapes are not known yet.
        """
        if self._network is None:
            raise NotBuiltError(
                "the model is not built: the shape of its samples is not known; put tz.Input((features,)) first, "
                "call build((features,)), or fit it."
            )
        return self._network

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the output, with None for the batch."""
        return (None, *self.network.output.shape[1:])

    def compile(
        self,
        optimizer: str | Optimizer,
        loss: str | Loss | Callable[[Tensor, Tensor], Tensor],
        metrics: Sequence[str | MetricFunction] = (),
        engine: str = "auto",
    ) -> None:
        """Say how the model is trained.

        Args:
            optimizer: name or object, such as `tz.optimizers.SGD(3.0)`.
            loss: name, `tz.losses` object, or a function of targets and outputs.
            metrics: names or functions of targets and outputs.
            engine: `auto`, or the name of an engine.

        Raises:
            NameNotFoundError: a name is not known; the nearest is suggested.
            ModelError: the loss does not fit the output.
        """
        if isinstance(metrics, str) or callable(metrics):
            raise ModelError(f"metrics: got {metrics!r}, expected a list, such as [{metrics!r}].")
        chosen = find("engine", engine, ENGINES)()
        parts = (find_loss(loss), tuple(find_metric(one) for one in metrics))
        rule = find_optimizer(optimizer)
        if self._network is not None:
            parts[0].check_output(self._network.output, output_activation(self._network))
        self._compiled, self._optimizer, self._engine = parts, rule, chosen
        self._programs.clear()
        if self._network is not None:
            self._connect()

    def _connect(self) -> None:
        """Join network, loss and optimizer; the optimizer starts afresh, the weights stay."""
        assert self._compiled is not None
        assert self._optimizer is not None
        loss, metrics = self._compiled
        loss.check_output(self.network.output, output_activation(self.network))
        self._objective = Objective(self.network, loss, metrics)
        self._trainer = Trainer(self._objective, self._optimizer, self._engine)
        fresh = initial_values(training_entries(self.network, self._optimizer), self.seed)
        kept = {one.path for one in network_entries(self.network)}
        self._state = {path: self._state[path] if path in kept else value for path, value in fresh.items()}

    @property
    def objective(self) -> Objective:
        """Network, loss and metrics.

        Raises:
            ModelError: the model is not compiled.
        """
        self._require_compiled()
        self.network  # noqa: B018 - raises where the model is not built
        assert self._objective is not None
        return self._objective

    def _require_compiled(self) -> None:
        if self._compiled is None:
            raise ModelError("the model is not compiled; call compile(optimizer=..., loss=...) first.")

    @property
    def trainer(self) -> Trainer:
        """What trains the model, with its graphs."""
        self.objective  # noqa: B018 - raises where the model is not compiled
        assert self._trainer is not None
        return self._trainer

    @property
    def optimizer(self) -> Optimizer:
        """The update rule."""
        self._require_compiled()
        assert self._optimizer is not None
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The rate that the next step uses; it may be set at any time."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        check_hyperparameter(type(self.optimizer).__name__, "learning_rate", value, 0.0, float("inf"))
        self._optimizer = replace(self.optimizer, learning_rate=value)

    def fit(
        self,
        x: object,
        y: object,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int | str = "auto",
        shuffle: bool = True,
        sample_weight: object | None = None,
    ) -> History:
        """Train the model.

        Args:
            x: features, `(samples, *sample_shape)`.
            y: targets, as the loss expects them; `(samples,)` will do for one output.
            batch_size: samples a step; the last step of an epoch takes what remains.
            epochs: passes over the data.
            verbose: 0 prints nothing, 1 or "auto" shows progress, 2 a line an epoch.
            shuffle: read the samples in a new order each epoch.
            sample_weight: how much each sample counts.

        Returns:
            The history: loss and metrics of every epoch.

        Raises:
            DataError: data do not fit; nothing was trained.
            NonFiniteError: training met a value that is not finite; the weights are those before that step.
        """
        self._require_compiled()
        for name, value in (("batch_size", batch_size), ("epochs", epochs)):
            if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
                raise ModelError(f"{name}: got {value!r}, expected a whole number of at least 1.")
        if self._network is None:
            self.build(np.asarray(x).shape[1:])
        data = self._data(x, y, sample_weight)
        events = self.trainer.train(
            self._state, data, int(epochs), int(batch_size), shuffle, self.learning_rate
        )
        self.history = History()
        with ProgressDisplay.of(verbose, int(epochs)) as display:
            for event in events:
                display.show(event)
                if isinstance(event, EpochEvent):
                    self.history.append(event.epoch, event.measured)
        return self.history

    def _data(self, x: object, y: object, sample_weight: object | None) -> Data:
        features = checked_features(x, self.network.sample_shape, self.network.dtype)
        targets = np.asarray(y)
        check_lengths(x=features, y=np.atleast_1d(targets))
        targets = self.objective.loss.checked_targets(as_numbers("y", y), self.network.output)
        weights = checked_sample_weight(sample_weight, len(features), self.network.dtype)
        return Data(features, targets, weights)

    def evaluate(
        self,
        x: object,
        y: object,
        batch_size: int = EVALUATION_ROWS,
        sample_weight: object | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss, or a list of loss and metrics (a dictionary on request), over all samples.

        Raises:
            DataError: data do not fit.
        """
        data = self._data(x, y, sample_weight)
        means = Means(tuple(metric.name for metric in self.objective.metrics))
        for start in range(0, data.samples, batch_size):
            blocks = [block[start : start + batch_size] for block in data.blocks]
            batch = data.batch(len(blocks[0]))
            program = self._program(
                ("evaluate", batch), lambda batch=batch: evaluation_graph(self.objective, batch)
            )
            means.add(
                [float(one) for one in self._engine.run(program, [*self._weights(), *blocks])], batch.rows
            )
        measured = means.values()
        if return_dict:
            return measured
        return list(measured.values()) if len(measured) > 1 else measured["loss"]

    def predict(self, x: object, batch_size: int = EVALUATION_ROWS) -> Array:
        """Return the outputs, `(samples, ...)`.

        Raises:
            DataError: data do not fit.
        """
        if self._network is None and not self.layers:
            raise NotBuiltError("the model has no layers; add some.")
        features = checked_features(x, self.network.sample_shape, self.network.dtype)
        parts = []
        for start in range(0, len(features), batch_size):
            rows = features[start : start + batch_size]
            type_ = TensorType(rows.shape, rows.dtype)
            program = self._program(
                ("predict", type_), lambda type_=type_: prediction_graph(self.network, type_)
            )
            parts.append(self._engine.run(program, [*self._weights(), rows])[0])
        return np.concatenate(parts)

    def __call__(self, x: object) -> Array:
        """Return the outputs, as `predict`."""
        return self.predict(x)

    def loss_and_gradients(
        self, x: object, y: object, sample_weight: object | None = None
    ) -> tuple[float, list[Array]]:
        """Return the loss of one batch and its gradient for each trainable weight, in their order.

        Example:
            >>> import tiza as tz
            >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
            >>> model.compile("sgd", "quadratic")
            >>> loss, (kernel, bias) = model.loss_and_gradients([[2.0]], [[1.0]])
            >>> loss, kernel.tolist(), bias.tolist()
            (0.5, [[2.0]], [1.0])
        """
        data = self._data(x, y, sample_weight)
        batch = data.batch(data.samples)
        program = self._program(("gradients", batch), lambda: gradient_step_graph(self.objective, batch))
        value, *gradients = self._engine.run(program, [*self._weights(), *data.blocks])
        return float(value), [np.array(one) for one in gradients]

    def _program(self, key: object, make: Callable[[], Any]) -> Any:
        if key not in self._programs:
            self._programs[key] = self._engine.compile(simplify(make()).graph)
        return self._programs[key]

    def _weights(self) -> list[Array]:
        return values_in_order(network_entries(self.network), self._state)

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, in order: kernel and bias of each layer, as Keras."""
        return [value.copy() for value in self._weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Set all weights, in the order of `get_weights`.

        Raises:
            ModelError: their number or a shape differs, or one is not finite; nothing is changed.
        """
        entries = network_entries(self.network)
        if len(weights) != len(entries):
            paths = ", ".join(one.path for one in entries)
            raise ModelError(f"weights: got {len(weights)} arrays, expected {len(entries)}: {paths}.")
        new = {}
        for entry, value in zip(entries, weights, strict=True):
            array = np.array(value, dtype=entry.type.dtype)
            if array.shape != entry.type.shape:
                raise ModelError(
                    f"weights: {entry.path} got shape {array.shape}, expected {entry.type.shape}."
                )
            if not np.isfinite(array).all():
                raise ModelError(
                    f"weights: {entry.path} holds numbers that are not finite; give finite ones."
                )
            new[entry.path] = array
        self._state.update(new)

    @property
    def weight_paths(self) -> list[str]:
        """Path of every weight, in the order of `get_weights`."""
        return [one.path for one in network_entries(self.network)]

    @property
    def state(self) -> State:
        """A copy of all that persists: weights, optimizer slots, step counter, seed."""
        return {path: value.copy() for path, value in self._state.items()}

    def count_params(self) -> int:
        """Return the number of parameters."""
        return sum(one.type.size for one in network_entries(self.network))

    def summary(self) -> None:
        """Print the layers with their shapes and parameter counts, written as products."""
        print(format_summary(self.name, self.network))

    def explain(self, x: object, y: object, target: str, update: bool = False, digits: int = 6) -> str:
        """Return where a number comes from, as text: from forward values to the loss and back.

        Args:
            x: one sample, `sample_shape`, or a small batch.
            y: its target, or theirs.
            target: a quantity and an index, such as `dense_1.kernel[3,2]`, `dense.z[0]` or `loss`.
            update: for a weight, go on to its new value after one step of the optimizer.
            digits: significant digits.

        Raises:
            DataError: data do not fit.
            NameNotFoundError: there is no such quantity; near ones are suggested.
        """
        features, targets = np.asarray(x), np.asarray(y)
        if features.shape == self.network.sample_shape:
            features, targets = features[None], targets[None]
        data = self._data(features, targets, None)
        return explain(self.trainer, self._state, data, target, update, digits, self.learning_rate)
