"""Model: a network with an objective and an optimizer, behind Keras' habits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tiza.blackboard.explanation import explain
from tiza.calculus.simplification import simplify
from tiza.data.checking import (
    as_numbers,
    check_lengths,
    checked_features,
    checked_sample_weight,
    numbers,
    shaped_features,
)
from tiza.engines.engine import ANY_SAMPLES, Engine, Samples
from tiza.engines.native.engine import NativeEngine
from tiza.engines.reference.engine import ReferenceEngine
from tiza.errors import DataError, EvaluationError, ModelError, NotBuiltError
from tiza.graph.graph import Graph
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.models.summary import format_summary
from tiza.nn.checks import whole_number
from tiza.nn.layer import Layer, as_layer
from tiza.nn.losses import Loss
from tiza.nn.losses import loss as find_loss
from tiza.nn.metrics import Metric, MetricFunction, distinct
from tiza.nn.metrics import metric as find_metric
from tiza.nn.network import Network, build_network
from tiza.nn.registry import find
from tiza.nn.targets import check_finite, converted
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import optimizer as find_optimizer
from tiza.training.history import History
from tiza.training.means import Means, totals
from tiza.training.state import Entry, State, initial_values, network_entries, values_in_order
from tiza.training.step import (
    Objective,
    evaluation_graph,
    gradient_step_graph,
    output_activation,
    prediction_graph,
)
from tiza.training.trainer import Data, Trainer

Array = np.ndarray[Any, Any]

ENGINES: dict[str, Callable[[], Engine]] = {
    "auto": NativeEngine,
    "native": NativeEngine,
    "reference": ReferenceEngine,
}
FEW_ROWS = 64
"""Rows below which a forward pass is laid out for their own number, not for that of a whole batch."""

EVALUATION_ROWS = 1024
"""Rows that evaluate and predict compute at once, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `compile` says, but for the optimizer, whose learning rate may change.

    Attributes:
        loss: what is made small.
        metrics: what is measured besides.
        engine: what runs the graphs.
    """

    loss: Loss
    metrics: tuple[Metric, ...]
    engine: Engine


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
        self.name = name or "model"
        self.seed = whole_number("seed", seed, 0, below=2**64)
        self.dtype = str(as_dtype(dtype))
        self.layers = [as_layer(one) for one in layers]
        self.history: History | None = None
        self._network: Network | None = None
        self._settings: Settings | None = None
        self._optimizer: Optimizer | None = None
        self._trainer: Trainer | None = None
        self._state: State = {}
        self._programs: dict[object, Any] = {}
        if sample_shape is not None:
            self.build(sample_shape)

    def build(self, sample_shape: Shape) -> None:
        """Make the weights for samples of `sample_shape`, without the batch.

        Raises:
            ModelError: two layers do not fit (both are named), or the loss does not fit the output.
        """
        self._assemble(self._network_for(sample_shape), self._settings, self._optimizer, {})

    def _network_for(self, sample_shape: Shape) -> Network:
        return build_network(self.layers, sample_shape, self.dtype)

    def _assemble(
        self, network: Network | None, settings: Settings | None, optimizer: Optimizer | None, kept: State
    ) -> None:
        """Join the parts that are there; nothing is changed if they do not fit.

        The optimizer starts afresh. Weights start afresh but for those in `kept`, by path.
        """
        trainer: Trainer | None = None
        entries: tuple[Entry, ...] = ()
        if network is not None:
            entries = network_entries(network)
            if settings is not None and optimizer is not None:
                settings.loss.check_output(network.output, output_activation(network))
                trainer = Trainer(
                    Objective(network, settings.loss, settings.metrics), optimizer, settings.engine
                )
                entries = trainer.entries
        state = initial_values(entries, self.seed)
        state.update({path: value for path, value in kept.items() if path in state})
        self._network, self._settings, self._optimizer = network, settings, optimizer
        self._trainer, self._state, self._programs = trainer, state, {}

    @property
    def network(self) -> Network:
        """The layers, placed.

        Raises:
            NotBuiltError: the shapes are not known yet.
        """
        if self._network is None:
            raise NotBuiltError(
                "the model is not built: the shape of its samples is not known; put tz.Input((features,)) "
                "first, call build((features,)), or fit it."
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
        metrics: Sequence[str | MetricFunction] | None = None,
        engine: str = "auto",
    ) -> None:
        """Say how the model is trained; the weights stay, the optimizer starts afresh.

        Args:
            optimizer: name or object, such as `tz.optimizers.SGD(3.0)`.
            loss: name, `tz.losses` object, or a function of targets and outputs.
            metrics: names or functions of targets and outputs; samples count as `sample_weight` says.
            engine: `auto`, or the name of an engine.

        Raises:
            NameNotFoundError: a name is not known; the nearest is suggested.
            ModelError: the loss does not fit the output. The model stays as it was.
        """
        if isinstance(metrics, str) or callable(metrics):
            raise ModelError(f"metrics: got {metrics!r}, expected a list, such as [{metrics!r}].")
        measured = distinct(find_metric(one) for one in metrics or ())
        settings = Settings(find_loss(loss), measured, find("engine", engine, ENGINES)())
        self._assemble(self._network, settings, find_optimizer(optimizer), self._weights_by_path())

    def _weights_by_path(self) -> State:
        entries = () if self._network is None else network_entries(self._network)
        return {one.path: self._state[one.path] for one in entries}

    @property
    def settings(self) -> Settings:
        """What `compile` said.

        Raises:
            ModelError: the model is not compiled.
        """
        if self._settings is None:
            raise ModelError("the model is not compiled; call compile(optimizer=..., loss=...) first.")
        return self._settings

    @property
    def trainer(self) -> Trainer:
        """What trains the model, with its graphs.

        Raises:
            ModelError: the model is not compiled.
            NotBuiltError: the shapes are not known yet.
        """
        if self._trainer is None:
            # one of the two is missing, and says so
            _ = self.settings, self.network
            raise AssertionError("a model that is compiled and built has a trainer")
        return self._trainer

    @property
    def objective(self) -> Objective:
        """Network, loss and metrics; raises as `trainer`."""
        return self.trainer.objective

    @property
    def optimizer(self) -> Optimizer:
        """The update rule.

        Raises:
            ModelError: the model is not compiled.
        """
        if self._optimizer is None:
            raise ModelError("the model is not compiled; call compile(optimizer=..., loss=...) first.")
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The rate that the next `fit` uses; setting it compiles nothing anew."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        # replacing checks the value as the optimizer's own constructor does
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
            ModelError: the model is not compiled, or two parts do not fit.
            DataError: data do not fit. The model stays as it was.
            NonFiniteError: training met a value that is not finite; the weights are those before that step.
        """
        from tiza.models.progress import ProgressDisplay  # rich is slow to import: not before it is needed

        settings = self.settings
        epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
        if not self.layers:
            raise ModelError("the model has no layers; add some.")
        network = self._network or self._network_for(numbers("x", x).shape[1:])
        features = shaped_features(x, network.sample_shape, network.dtype)
        data = _checked_data(network, settings.loss, features, y, sample_weight)
        display = ProgressDisplay.of(verbose, epochs)
        history = History()
        with self._unchanged_by_bad_data(), display:
            if self._network is None:
                self._assemble(network, settings, self.optimizer, {})
            for event in self.trainer.train(
                self._state, data, epochs, batch_size, shuffle, self.learning_rate
            ):
                self.history = history
                display.show(event)
                if event.ends_epoch:
                    history.append(event.epoch, event.measured)
        return history

    @contextmanager
    def _unchanged_by_bad_data(self) -> Iterator[None]:
        """Leave the model as it was if training meets data that it cannot use."""
        known, history = self._network, self.history
        try:
            yield
        except (DataError, EvaluationError):
            self.history = history
            if known is None:
                self._assemble(None, self._settings, self._optimizer, {})
            raise

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
        objective = self.objective
        data = self._checked_data(x, y, sample_weight)
        means = Means(tuple(metric.name for metric in objective.metrics))
        for rows in slices(data.samples, batch_size):
            blocks = [block[rows] for block in data.blocks]
            batch = data.batch(len(blocks[0]))
            samples = _samples(batch.rows, batch_size)
            make = partial(evaluation_graph, objective, batch)
            program = self._program(("evaluate", batch, samples), make, samples)
            results = np.array([self._run(program, blocks)], dtype="float64")
            means.add(totals(results, np.array([batch.rows]), [0])[0])
        measured = means.values()
        if return_dict:
            return measured
        return list(measured.values()) if len(measured) > 1 else measured["loss"]

    def predict(self, x: object, batch_size: int = EVALUATION_ROWS) -> Array:
        """Return the outputs, `(samples, ...)`.

        Raises:
            DataError: data do not fit.
        """
        network = self.network
        features = checked_features(x, network.sample_shape, network.dtype)
        parts = []
        for rows in slices(len(features), batch_size):
            block = features[rows]
            type_ = TensorType(block.shape, block.dtype)
            samples = _samples(len(block), batch_size)
            make = partial(prediction_graph, network, type_)
            program = self._program(("predict", type_, samples), make, samples)
            parts.append(self._run(program, [block])[0])
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
        objective = self.objective
        data = self._checked_data(x, y, sample_weight)
        batch = data.batch(data.samples)
        program = self._program(("gradients", batch), partial(gradient_step_graph, objective, batch))
        value, *gradients = self._run(program, data.blocks)
        return float(value), [np.array(one) for one in gradients]

    def _checked_data(self, x: object, y: object, sample_weight: object | None) -> Data:
        network, loss = self.objective.network, self.objective.loss
        features = checked_features(x, network.sample_shape, network.dtype)
        return _checked_data(network, loss, features, y, sample_weight)

    def _program(self, key: object, make: Callable[[], Graph], samples: Samples = ANY_SAMPLES) -> Any:
        """Return the program of the graph that `make` makes; it is compiled once a `key`."""
        if key not in self._programs:
            self._programs[key] = self._engine.compile(simplify(make()).graph, samples=samples)
        return self._programs[key]

    def _run(self, program: Any, blocks: Sequence[Array]) -> list[Array]:
        return self._engine.run(program, [*self._weights(), *blocks])

    @property
    def _engine(self) -> Engine:
        return self._settings.engine if self._settings else ENGINES["auto"]()

    def _weights(self) -> list[Array]:
        return values_in_order(network_entries(self.network), self._state)

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, in order: kernel and bias of each layer, as Keras."""
        return [value.copy() for value in self._weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Set all weights, in the order of `get_weights`.

        Raises:
            ModelError: their number or a shape differs; nothing is changed.
            DataError: a number is not finite; nothing is changed.
        """
        network = self.network
        entries = network_entries(network)
        if not isinstance(weights, Sequence):
            raise ModelError(f"weights: got {weights!r}, expected a list of {len(entries)} arrays.")
        if len(weights) != len(entries):
            paths = ", ".join(one.path for one in entries)
            raise ModelError(f"weights: got {len(weights)} arrays, expected {len(entries)}: {paths}.")
        new = {}
        for entry, value in zip(entries, weights, strict=True):
            name = f"weights: {entry.path}"
            try:
                array = np.asarray(value)
            except ValueError as error:
                raise ModelError(f"{name}: got rows that do not make an array ({error}).") from None
            if array.shape != entry.type.shape:
                raise ModelError(f"{name} got shape {array.shape}, expected {entry.type.shape}.")
            if array.dtype.kind not in "buif":
                raise ModelError(f"{name} got dtype {array.dtype}, expected numbers.")
            check_finite(name, array)
            new[entry.path] = np.array(converted(name, array, network.dtype))
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

    def explain(self, x: object, y: object, target: str, update: bool = False, digits: int = 4) -> str:
        """Return where a number comes from, as text: from forward values to the loss and back.

        Args:
            x: one sample, `sample_shape`, or a small batch.
            y: its target, or theirs.
            target: a quantity and an index: `dense_1.kernel[3,2]`, `dense.z[0]`, `dense.delta[0]` (the
                derivative of the loss with respect to z), `grad dense.kernel[3,2]`, or `loss`; with several
                samples, z, a and delta take the sample first.
            update: for a weight, go on to its new value after one step of the optimizer.
            digits: significant digits of the answer; the lines have two more, or more where needed.

        Raises:
            DataError: data do not fit.
            NameNotFoundError: there is no such quantity; near ones are suggested.
            ShapeError: the index is missing or out of range.

        Example:
            >>> import tiza as tz
            >>> from tiza.language import use_language
            >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")
            >>> model = tz.Sequential([tz.Input((1,)), layer])
            >>> model.compile(tz.optimizers.SGD(0.1), "quadratic")
            >>> with use_language("en"):
            ...     print(model.explain([2.0], [1.0], "dense.kernel[0,0]", update=True))
            How much is dense.kernel[0,0] after one step?    dense.kernel[0,0]: 1 → 0.8    (it falls, ...
            ...
             [4] ∂L/∂dense.kernel[0,0] = x[0]·dense.δ[0] = 2·1 = 2
            ...
             [5] dense.kernel′[0,0] = dense.kernel[0,0] − η·∂L/∂dense.kernel[0,0] = 1 − 0.1·2 = 0.8
            ...
        """
        features, targets = as_numbers("x", x), np.asarray(y)
        if features.shape == self.network.sample_shape:
            features, targets = features[None], targets[None]
        data = self._checked_data(features, targets, None)
        return explain(self.trainer, self._state, data, target, update, digits, self.learning_rate)


def _checked_data(
    network: Network, loss: Loss, features: Array, y: object, sample_weight: object | None
) -> Data:
    """Return what a user gives as the arrays that a step reads.

    Raises:
        DataError: shape, length or a value does not fit.
    """
    targets = as_numbers("y", y)
    check_lengths(x=features, y=targets)
    weights = checked_sample_weight(sample_weight, len(features), network.dtype)
    return Data(features, loss.checked_targets(targets, network.output), weights)


def slices(samples: int, batch_size: object) -> Iterator[slice]:
    """Yield the rows of each batch; the last takes what remains.

    Raises:
        ModelError: `batch_size` is not a whole number of at least 1.
    """
    size = whole_number("batch_size", batch_size)
    for start in range(0, samples, size):
        yield slice(start, min(start + size, samples))


def _samples(rows: int, batch_size: int) -> Samples:
    """Return for how many rows a forward pass is, and is laid out."""
    return Samples(rows, batch_size if rows >= FEW_ROWS else rows)
