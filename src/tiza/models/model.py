"""Model: a network with an objective and an optimizer, behind Keras' habits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NoReturn, Self

import numpy as np

from tiza.blackboard.board import Blackboard
from tiza.blackboard.explanation import explain
from tiza.blackboard.notations import Profile, notation
from tiza.blackboard.setting import Setting, setting_of
from tiza.calculus.simplification import simplify
from tiza.data.checking import numbers
from tiza.diagnosis.case import Case
from tiza.diagnosis.diagnosis import Diagnosis, diagnose
from tiza.engines.engine import ANY_SAMPLES, Engine, Samples
from tiza.engines.native.engine import NativeEngine
from tiza.engines.reference.engine import ReferenceEngine
from tiza.errors import (
    DataError,
    EvaluationError,
    ModelError,
    NameNotFoundError,
    NotBuiltError,
    ShapeError,
)
from tiza.graph.graph import Graph
from tiza.graph.primitive import unknown_name
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.models.accuracy_of_quantities import warn_of_accuracy_of_quantities
from tiza.models.arguments import (
    Arrays,
    finite_features,
    given_data,
    given_features,
    single_sample_as_batch,
)
from tiza.models.arguments import validation_data as find_validation_data
from tiza.models.frozen_penalties import warn_of_frozen_penalties
from tiza.models.nesting import applied, weights_of_parts
from tiza.models.per_output import PerOutput, given_loss_weights, given_losses, given_metrics
from tiza.models.saving.checking import check_arrays, check_comes_back
from tiza.models.saving.container import MODEL, WEIGHTS, FilePath, check_free, read_file, shown, write_file
from tiza.models.saving.description import Description, Identity, Notes, Training, encode_model
from tiza.models.saving.refusing import refusing
from tiza.models.saving.values import subclass_of_yours
from tiza.models.snapshot import Snapshot
from tiza.models.summary import format_summary
from tiza.models.trainability import Trainability
from tiza.models.unscaled_inputs import warn_of_unscaled_inputs
from tiza.nn.checks import check_hyperparameter, switch, whole_number
from tiza.nn.connection import Input, Symbol
from tiza.nn.layer import Layer
from tiza.nn.losses import Loss
from tiza.nn.metrics import Metric
from tiza.nn.network import Network, network_of
from tiza.nn.registry import find
from tiza.nn.targets import check_finite, converted
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import optimizer as find_optimizer
from tiza.training.callbacks.callback_list import CallbackList
from tiza.training.class_weights import with_class_weight
from tiza.training.history import History
from tiza.training.loop import EpochLoop
from tiza.training.means import terms
from tiza.training.rate_search import RateSearch, exponential_rates, search_rates
from tiza.training.replay.record import REPLAY_MEMORY, Record
from tiza.training.replay.replaying import Replay, replayed
from tiza.training.replay.sources import Given
from tiza.training.state import ITERATIONS, Entry, State, initial_values, network_entries, values_in_order
from tiza.training.step import (
    Objective,
    evaluation_graph,
    gradient_step_graph,
    output_activations,
    stateful_prediction_graph,
)
from tiza.training.trainer import Data, Epochs, Recorder, Returns, StepsEvent, Trainer
from tiza.training.validation import Frequency, Validation, held_out
from tiza.training.whole_batch import descend

Array = np.ndarray[Any, Any]

ENGINES: dict[str, Callable[[], Engine]] = {
    "auto": NativeEngine,
    "native": NativeEngine,
    "reference": ReferenceEngine,
}
BATCH_ROWS = 32
"""Samples of a training step, unless told otherwise."""

FEW_ROWS = 64
"""Rows below which a forward pass is laid out for their own number, not for that of a whole batch."""

EVALUATION_ROWS = 1024
"""Rows that evaluate and predict compute at once, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `compile` says, but for the optimizer, whose learning rate may change.

    Attributes:
        losses: what is made small: one, or one an output.
        metrics: what is measured besides: of the one output, or of each.
        loss_weights: how much each loss counts.
        engine: what runs the graphs.
    """

    losses: PerOutput[Loss]
    metrics: PerOutput[tuple[Metric, ...]]
    loss_weights: PerOutput[float]
    engine: Engine

    def objective(self, network: Network) -> Objective:
        """Return what is trained, for a network.

        Raises:
            ModelError: outputs are named or counted that the network does not have, or a loss does not fit.
        """
        names = network.output_names
        losses = self.losses.of("loss", names)
        for loss, outputs, activation in zip(
            losses, network.outputs, output_activations(network), strict=True
        ):
            loss.check_output(outputs, activation)
        return Objective(
            network,
            losses,
            self.metrics.of("metrics", names),
            self.loss_weights.of("loss_weights", names),
        )


class Model:
    """A network that can be trained, measured, read and explained; Keras' functional model.

    Layers are called on inputs and on what other layers give; a model is what leads from inputs to outputs.
    Layers may be used several times, models stand in models. A model that is called on a symbol lends its
    layers and its weights of that moment; each model then has weights of its own.

    Args:
        inputs: a `tz.Input`, or several.
        outputs: what a layer gives, or several of that.
        seed: of first weights, of the order of samples, of everything random.
        dtype: `float32` or `float64`.
        name: name of the model.

    Attributes:
        history: the record of the last `fit`; None before.
        stop_training: set to True while training, by a callback for example, it ends training after this
            epoch (after this step, if a callback follows steps).
        replay_memory: bytes that may be kept so that steps can be taken again; see `replay`. 0 keeps nothing.
        preparation: how raw data become features, as JSON-able data, kept with the model; None if nothing is.
        class_names: names of the classes, by their numbers.

    Raises:
        ModelError: layers do not fit (they are named), or an output needs an input that is not given.

    Example:
        >>> import tiza as tz
        >>> x = tz.Input((4,))
        >>> hidden = tz.layers.Dense(4, activation="relu")(x)
        >>> y = tz.layers.Dense(1)(tz.layers.Add()([x, hidden]))
        >>> model = tz.Model(x, y)
        >>> model.weight_paths
        ['dense.kernel', 'dense.bias', 'dense_1.kernel', 'dense_1.bias']
    """

    layers: list[Layer]
    stop_training: bool = False
    replay_memory: int = REPLAY_MEMORY

    def __init__(
        self,
        inputs: Input | Sequence[Input],
        outputs: Symbol | Sequence[Symbol],
        seed: int = 0,
        dtype: str = "float32",
        name: str | None = None,
    ) -> None:
        self._begin(seed, dtype, name)
        network = network_of(_inputs(inputs), _symbols("outputs", outputs), self.dtype)
        self._assemble(network, None, None, weights_of_parts(network))
        self.layers = self._layers_of(network)

    def _begin(self, seed: int, dtype: str, name: str | None) -> None:
        """Set what every model has, before its network is known."""
        self.name = name or "model"
        self.seed = whole_number("seed", seed, 0, below=2**64)
        self.dtype = str(as_dtype(dtype))
        self.layers = []
        self.history: History | None = None
        self.preparation: dict[str, Any] | None = None
        self.class_names: Sequence[Any] | None = None
        self._network: Network | None = None
        self._settings: Settings | None = None
        self._optimizer: Optimizer | None = None
        self._trainer: Trainer | None = None
        self._state: State = {}
        self._programs: dict[object, Any] = {}
        self._record = Record()
        self._warned_of_sizes = False
        self._trainability = Trainability()

    @classmethod
    def begun(cls, seed: int, dtype: str, name: str) -> Self:
        """Return a model that has nothing yet but this; `take` gives it the rest."""
        model = cls.__new__(cls)
        model._begin(seed, dtype, name)
        return model

    def take(
        self, network: Network, settings: Settings | None, optimizer: Optimizer | None, state: State
    ) -> None:
        """Take over what another model was: its network, how it is trained, and all that persists.

        Raises:
            ModelError: they do not fit; the model stays as it was.
        """
        self._assemble(network, settings, optimizer, state)
        self.layers = self._layers_of(network)

    def _layers_of(self, network: Network) -> list[Layer]:
        return [one.layer for one in network.layers]

    @property
    def trainable(self) -> bool:
        """Whether the optimizer changes a weight of a layer; setting it sets that of all layers, as Keras.

        A model that stands in another one is frozen so. In a model that is compiled already, a change counts
        from its next `compile` on.

        Raises:
            ModelError: what is set is neither True nor False.

        Example:
            >>> import tiza as tz
            >>> inner = tz.Sequential([tz.Input((3,)), tz.layers.Dense(4), tz.layers.Dense(2)])
            >>> inner.trainable = False
            >>> [layer.trainable for layer in inner.layers]
            [False, False]
        """
        return any(layer.trainable for layer in self.layers)

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        known = switch(self.name, "trainable", trainable)
        for layer in self.layers:
            layer.trainable = known

    def _network_for(self, sample_shape: Shape) -> Network:
        """Return the network for samples of a shape, if that is not known yet."""
        return self.network

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
                optimizer.check_rate_fits(network.dtype)
                trainer = Trainer(settings.objective(network), optimizer, settings.engine)
                entries = trainer.entries
        first = initial_values(tuple(one for one in entries if one.path not in kept), self.seed)
        state = {one.path: kept[one.path] if one.path in kept else first[one.path] for one in entries}
        self._network, self._settings, self._optimizer = network, settings, optimizer
        self._trainer, self._state, self._programs = trainer, state, {}
        self._record = Record(int(state.get(ITERATIONS, 0)))
        self._trainability = Trainability.of(network)
        for one in () if network is None else network.layers:
            one.layer.placed_at(one.path)

    @property
    def is_built(self) -> bool:
        """Whether the shapes are known, and so the weights are there."""
        return self._network is not None

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
        """Shape of the (first) output, with None for the batch."""
        return (None, *self.network.output.shape[1:])

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the (first) input, with None for the batch."""
        return (None, *self.network.sample_shape)

    def compile(
        self,
        optimizer: str | Optimizer | type[Optimizer],
        loss: object,
        metrics: object | None = None,
        engine: str = "auto",
        loss_weights: object | None = None,
    ) -> None:
        """Say how the model is trained; the weights stay, the optimizer starts afresh.

        Args:
            optimizer: name, class, or object, such as `tz.optimizers.SGD(3.0)`.
            loss: name, `tz.losses` object, or a function of targets and outputs; for several outputs a list
                of those, one an output, or a dictionary by the names of the outputs' layers.
            metrics: names, `tz.metrics` objects, losses, or functions of targets and outputs; samples count
                as `sample_weight` says. For several outputs a list of lists, or a dictionary.
            engine: `auto`, or the name of an engine.
            loss_weights: for several outputs, how much each loss counts in the sum; 1 if None.

        Raises:
            NameNotFoundError: a name is not known; the nearest is suggested.
            ModelError: the loss does not fit the output. The model stays as it was.

        Warns:
            UserWarning: a weight that does not train has a penalty, which counts in the loss all the same.
        """
        settings = Settings(
            given_losses(loss), given_metrics(metrics), given_loss_weights(loss_weights), find_engine(engine)
        )
        network = None if self._network is None else self._network.with_dtype(self.dtype)
        if network is not None:
            warn_of_frozen_penalties(network)
        self._assemble(network, settings, find_optimizer(optimizer), self._weights_by_path())

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
        """The rate, of a schedule the one it starts from; setting it compiles nothing anew."""
        return self.optimizer.initial_learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        changed = self.optimizer.with_learning_rate(value)
        changed.check_rate_fits(self.dtype)
        self._optimizer = changed

    def fit(
        self,
        x: object,
        y: object,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: object | None = None,
        validation_split: float = 0.0,
        validation_data: Sequence[object] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | str | None = None,
        sample_weight: object | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Train the model; arguments and their order are Keras'.

        Args:
            x: features, `(samples, *sample_shape)`.
            y: targets, as the loss expects them; `(samples,)` will do for one output.
            batch_size: samples a step, 32 if None; the last step of an epoch takes what remains.
            epochs: the number of the last epoch: passes over the data, if `initial_epoch` is 0.
            verbose: 0 prints nothing, 1 or "auto" shows progress, 2 a line an epoch.
            callbacks: `tz.callbacks` objects, or one alone, that are told how training goes.
            validation_split: fraction of the samples, the last ones, that are not trained on but measured at
                the end of each epoch.
            validation_data: `(x, y)` or `(x, y, sample_weight)` to be measured instead.
            shuffle: read the samples in a new order each epoch.
            class_weight: how much the samples of each class count, by number of class; classes that are not
                there count 1. "balanced" lets every class count the same.
            sample_weight: how much each sample counts.
            initial_epoch: the number of the first epoch, from 0, where a training is continued.
            steps_per_epoch: steps of an epoch, for epochs shorter than a pass: a pass over the data is
                divided into epochs of so many steps, the last of which takes what remains.
            validation_steps: batches of validation data that are measured; all if None.
            validation_batch_size: validation samples measured at once; None takes as many as `evaluate`, or
                `batch_size` if `validation_steps` are counted.
            validation_freq: measure every so many epochs, or after the epochs with these numbers, from 1.

        Returns:
            The history: loss and metrics of every epoch, of the validation data as `val_loss` and so on.

        Raises:
            ModelError: the model is not compiled, or two parts do not fit.
            DataError: data do not fit. The model stays as it was.
            NonFiniteError: training met a value that is not finite; the weights are those before that step.

        Warns:
            UnscaledFeaturesWarning: features much larger or smaller than 1 reach a Dense layer as they are; a
                model warns once.
            UserWarning: accuracy is measured of targets that are quantities; a weight that does not train
                has a penalty, which counts in the loss all the same; `trainable` of a layer was set after
                `compile`, which is told once.
        """
        from tiza.models.progress import ProgressDisplay  # rich is slow to import: not before it is needed

        memory = whole_number("replay_memory", self.replay_memory, 0)
        epochs, shuffle = whole_number("epochs", epochs), switch("fit", "shuffle", shuffle)
        first = whole_number("initial_epoch", initial_epoch, 0)
        if epochs < first:
            raise ModelError(
                f"epochs: got {epochs}, expected at least initial_epoch={first}: where training ends; "
                f"for {epochs} epochs more give epochs={first + epochs}."
            )
        steps = None if steps_per_epoch is None else whole_number("steps_per_epoch", steps_per_epoch)
        network, data = self._training_data(x, y, sample_weight)
        held: Data | None = None
        given = Given(x, y)
        if validation_data is not None:
            losses = self.settings.losses.of("loss", network.output_names)
            held = find_validation_data(network, losses, validation_data)
        elif validation_split:
            data, held = held_out(data, validation_split)
            given = Given(x, y, validation_split)
        if class_weight is not None:
            data = with_class_weight(data, class_weight, network)
        size = _batch_size(_given_or(batch_size, network.batch_size), data.samples, steps)
        check_rows(network, data.samples, size)
        validation = _validation(
            held,
            size,
            _given_or(validation_batch_size, network.batch_size),
            validation_steps,
            validation_freq,
        )
        if validation is not None:
            check_rows(network, validation.data.samples, validation.batch_size)
        _warn_of_shorter_epochs(data.samples, size, steps, epochs - first)
        display = ProgressDisplay.of(verbose, epochs)
        objective = self.settings.objective(network) if self._trainer is None else self._trainer.objective
        if not self._steps_taken():
            warn_of_accuracy_of_quantities(objective, data)
        names = objective.means().names
        params = {
            "epochs": epochs,
            "steps": min(steps or data.samples, -(-data.samples // size)),
            "verbose": verbose,
            "metrics": [*names, *(f"val_{name}" for name in names if validation)],
            "report": display.report,
        }
        told = CallbackList(callbacks, self, params)
        loop = EpochLoop(
            Epochs(epochs, size, shuffle, first, steps, _returns(told, validation)),
            told,
            partial(self._validated, validation, told),
            lambda: self.stop_training,
            display,
            History(),
        )
        built = self._network is not None
        self._prepare(network, data.features)
        self.stop_training = False
        taken = self._steps_taken()
        recorder = self._record.follow(taken, data, loop.epochs, given, memory)
        try:
            with display:
                loop.run(self._events(loop, data, built, recorder), self._steps_taken)
        except KeyboardInterrupt:
            self.history = loop.history
            raise
        finally:
            if self._steps_taken() > taken:
                self.history = loop.history
        return loop.history

    def _training_data(self, x: object, y: object, sample_weight: object | None) -> tuple[Network, Data]:
        """Return the network, which may not be the model's yet, and data for it."""
        settings = self.settings
        if not self.layers:
            raise ModelError("the model has no layers; add some.")
        network = self._network or self._network_for(numbers("x", x).shape[1:])
        losses = settings.losses.of("loss", network.output_names)
        return network, given_data(network, losses, given_features(x, network), y, sample_weight)

    def _steps_taken(self) -> int:
        """Return how many steps the optimizer has taken since `compile`."""
        return int(self._state.get(ITERATIONS, 0))

    def _prepare(self, network: Network, features: Arrays) -> None:
        """Make the model ready to train, and warn of what hinders it, on behalf of who called the caller.

        Sizes of features are told once a model.
        """
        if features and not self._warned_of_sizes:
            self._warned_of_sizes = warn_of_unscaled_inputs(network, features, stacklevel=3)
        if self._network is None:
            warn_of_frozen_penalties(network, stacklevel=3)
            self._assemble(network, self.settings, self.optimizer, weights_of_parts(network))
        if self._trainability.warn_if_changed(stacklevel=3):
            self._trainability = Trainability.of(self._network)

    def _events(self, loop: EpochLoop, data: Data, built: bool, recorder: Recorder) -> Iterator[StepsEvent]:
        """Yield the events of training; the model stays as it was if that meets data it cannot use."""
        trainer, history = self.trainer, self.history
        try:
            for event in trainer.train(
                self._state, data, loop.epochs, lambda: self.learning_rate, loop.settled, recorder
            ):
                self.history = loop.history
                yield event
                if self._trainer is not trainer:
                    raise ModelError(
                        "a callback compiled or changed the model in training; do it before fit."
                    )
        except (DataError, EvaluationError):
            self.history = history
            if not built:
                self._assemble(None, self._settings, self._optimizer, {})
            raise

    def _validated(self, validation: Validation | None, told: CallbackList, epoch: int) -> dict[str, float]:
        """Return what the validation data measure after an epoch, if it is time."""
        if validation is None or not validation.frequency.is_due(epoch):
            return {}
        measured = self._measured(validation.data, validation.batch_size, told, validation.steps)
        return {f"val_{name}": value for name, value in measured.items()}

    def lr_find(
        self,
        x: object,
        y: object,
        batch_size: int = BATCH_ROWS,
        start: float = 1e-7,
        end: float = 10.0,
        steps: int = 100,
        sample_weight: object | None = None,
        smoothing: float = 0.9,
    ) -> RateSearch:
        """Return what the loss does while the learning rate grows from step to step; Smith (2017).

        The model stays as it is. A good rate lies at the suggestion or up to ten times below where the loss
        diverges.

        Args:
            x: features.
            y: targets.
            batch_size: samples a step.
            start: the first rate.
            end: the last rate; the search ends sooner if the loss diverges.
            steps: how many steps; the data are read again and again if need be.
            sample_weight: how much each sample counts.
            smoothing: how much of the mean stays when the next loss comes, from 0 to below 1.

        Raises:
            ModelError: a number is out of its range.
            DataError: data do not fit.

        Example:
            >>> import tiza as tz
            >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
            >>> model = tz.Sequential([tz.Input((1,)), layer])
            >>> model.compile("sgd", "mse")
            >>> found = model.lr_find([[1.0]], [1.0], start=0.001, end=100.0, steps=60)
            >>> 0.01 < found.suggestion < found.diverged_at
            True
        """
        check_hyperparameter("lr_find", "smoothing", smoothing, 0.0, 1.0)
        check_hyperparameter("lr_find", "start", start, 1e-30, float("inf"))
        check_hyperparameter("lr_find", "end", end, start, float(np.finfo(self.dtype).max))
        count, size = whole_number("steps", steps, 2), whole_number("batch_size", batch_size)
        network, data = self._training_data(x, y, sample_weight)
        data.check_features()
        rates = exponential_rates(start, end, count)
        built = self._network is not None
        self._prepare(network, data.features)
        try:
            return search_rates(self.trainer, self._state, data, size, rates, smoothing)
        finally:
            if not built:
                self._assemble(None, self._settings, self._optimizer, {})

    def fit_lbfgs(
        self,
        x: object,
        y: object,
        max_iterations: int = 200,
        tolerance: float = 1e-4,
        sample_weight: object | None = None,
    ) -> History:
        """Train on all samples at once by L-BFGS, without a learning rate: for small problems.

        The optimizer that the model is compiled with is not used; loss and penalties are.

        Args:
            x: features.
            y: targets.
            max_iterations: most steps.
            tolerance: stop when no element of the gradient is larger.
            sample_weight: how much each sample counts.

        Returns:
            The history: the loss after each iteration.

        Raises:
            DataError: data do not fit. The model stays as it was.
            NonFiniteError: the loss is not finite at the start.

        Example:
            >>> import tiza as tz
            >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> history = model.fit_lbfgs([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
            >>> [round(float(one.item()), 3) for one in model.get_weights()]
            [2.0, 1.0]
        """
        network, data = self._training_data(x, y, sample_weight)
        data.check_features()
        check_one_batch(network, data.samples)
        self._prepare(network, data.features)
        history = History()
        found = descend(self.objective, self._engine, self._state, data, max_iterations, tolerance)
        for minimum in found:
            if minimum.iterations:
                history.append(minimum.iterations - 1, {"loss": minimum.value})
        self.history = history
        return history

    def train_on_batch(
        self,
        x: object,
        y: object,
        sample_weight: object | None = None,
        class_weight: Mapping[int, float] | str | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step on these samples; return what they measured before it, as `evaluate` does.

        Raises:
            ModelError: the model is not compiled, or two parts do not fit.
            DataError: data do not fit. The model stays as it was.
            NonFiniteError: a value is not finite; the weights are those before.
        """
        memory = whole_number("replay_memory", self.replay_memory, 0)
        network, data = self._training_data(x, y, sample_weight)
        data.check_features()
        check_one_batch(network, data.samples)
        if class_weight is not None:
            data = with_class_weight(data, class_weight, network)
        self._prepare(network, ())
        step = Epochs(1, data.samples, shuffle=False)
        recorder = self._record.follow(self._steps_taken(), data, step, Given(x, y), memory)
        (event,) = self.trainer.train(self._state, data, step, lambda: self.learning_rate, recorder=recorder)
        return _as_asked(event.measured, return_dict)

    def test_on_batch(
        self, x: object, y: object, sample_weight: object | None = None, return_dict: bool = False
    ) -> Any:
        """Return what these samples measure, all at once, as `evaluate` does.

        Raises:
            DataError: data do not fit.
        """
        data = self._one_batch(x, y, sample_weight)
        return _as_asked(self._measured(data, data.samples, CallbackList(None, self)), return_dict)

    def predict_on_batch(self, x: object) -> Any:
        """Return the outputs of these samples, all at once.

        Raises:
            DataError: data do not fit.
        """
        return self.predict(x, len(finite_features(x, self.network)[0]))

    def evaluate(
        self,
        x: object,
        y: object,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: object | None = None,
        steps: int | None = None,
        callbacks: object | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss, or a list of loss and metrics (a dictionary on request), over all samples.

        Numbers are returned as they are, also where they are not finite.

        Arguments and their order are Keras'; nothing is printed unless `verbose` asks for it. The list is
        Keras' too: the penalties on weights, a part of the loss, are told apart in the dictionary only.

        Args:
            x: features.
            y: targets.
            batch_size: samples computed at once, 1024 if None; the numbers do not depend on it.
            verbose: 0 prints nothing, 1, 2 or "auto" a line.
            sample_weight: how much each sample counts.
            steps: batches that are measured; all if None.
            callbacks: `tz.callbacks` objects that are told of it.
            return_dict: return numbers by name.

        Raises:
            DataError: data do not fit.
        """
        data = self._checked_data(x, y, sample_weight)
        size = self._rows_at_once(batch_size)
        check_rows(self.network, data.samples, size)
        count = None if steps is None else whole_number("steps", steps)
        measured = self._measured(data, size, CallbackList(callbacks, self), count)
        if verbose != 0:
            from tiza.models.progress import ProgressDisplay  # rich is slow to import

            ProgressDisplay.of(verbose, 1).show_measured(measured)
        return _as_asked(measured, return_dict)

    def _measured(
        self, data: Data, batch_size: int, told: CallbackList, steps: int | None = None
    ) -> dict[str, float]:
        """Return the means of loss and metrics over the data, by name."""
        objective = self.objective
        means = objective.means()
        told.tell("on_test_begin", {})
        for number, rows in enumerate(islice(slices(data.samples, batch_size), steps)):
            told.tell("on_test_batch_begin", number, {})
            blocks = [block[rows] for block in data.blocks]
            batch = data.batch(len(blocks[0]))
            samples = _samples(batch.rows, batch_size)
            make = partial(evaluation_graph, objective, batch)
            program = self._program(("evaluate", batch, samples), make, samples)
            results = np.array([self._run_keeping(program, blocks)], dtype="float64")
            means.add(terms(results, np.array([batch.rows])))
            told.tell("on_test_batch_end", number, means.values())
        measured = means.values()
        told.tell("on_test_end", measured)
        return measured

    def predict(
        self,
        x: object,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: object | None = None,
    ) -> Any:
        """Return the outputs, `(samples, ...)`; a list of them if the model has several.

        What the network computes is returned as it is, also where it is not finite, such as the log of 0.

        Args:
            x: features.
            batch_size: samples computed at once, 1024 if None.
            verbose: 0, 1, 2 or "auto", for Keras' sake: nothing is printed in any case.
            steps: batches that are computed; all if None.
            callbacks: `tz.callbacks` objects that are told of it.

        Raises:
            DataError: data do not fit.
            ModelError: `batch_size`, `verbose` or `steps` is none of these.
        """
        network = self.network
        if not isinstance(verbose, int | str) or verbose not in (0, 1, 2, "auto"):
            raise ModelError(f"verbose: got {verbose!r:.80}, expected 0, 1, 2 or 'auto'.")
        count = None if steps is None else whole_number("steps", steps)
        features = finite_features(x, network)
        batch_size = self._rows_at_once(batch_size)
        check_rows(network, len(features[0]), batch_size)
        told = CallbackList(callbacks, self)
        told.tell("on_predict_begin", {})
        parts = []
        for number, rows in enumerate(islice(slices(len(features[0]), batch_size), count)):
            told.tell("on_predict_batch_begin", number, {})
            blocks = [one[rows] for one in features]
            types = tuple(TensorType(one.shape, one.dtype) for one in blocks)
            samples = _samples(len(blocks[0]), batch_size)
            make = partial(stateful_prediction_graph, network, types)
            program = self._program(("predict", types, samples), make, samples)
            parts.append(self._run_keeping(program, blocks))
            told.tell("on_predict_batch_end", number, {"outputs": _one_or_all(parts[-1])})
        told.tell("on_predict_end", {})
        return _one_or_all([np.concatenate(one) for one in zip(*parts, strict=True)])

    def __call__(self, x: object) -> Any:
        """Return the outputs, as `predict`; for symbols, what the model's layers give for them.

        Raises:
            ModelError: symbols and numbers come together, or another number of inputs.
            DataError: data do not fit.
        """
        symbols = list(x) if isinstance(x, list | tuple) else [x]
        drawn = [one for one in symbols if isinstance(one, Symbol)]
        if not drawn:
            return self.predict(x)
        if len(drawn) < len(symbols):
            other = next(one for one in symbols if not isinstance(one, Symbol))
            raise ModelError(
                f"{self.name}: got symbols and {type(other).__name__} together, expected symbols alone (what "
                "tz.Input(...) or a layer gives) to draw a network, or numbers alone to go through this one."
            )
        return _one_or_all(applied(self, self.network, self.name, drawn))

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
        data = self._one_batch(x, y, sample_weight)
        batch = data.batch(data.samples)
        program = self._program(("gradients", batch), partial(gradient_step_graph, objective, batch))
        value, *gradients = self._run(program, data.blocks)
        return float(value), [np.array(one) for one in gradients]

    def _checked_data(self, x: object, y: object, sample_weight: object | None) -> Data:
        objective = self.objective
        features = finite_features(x, objective.network)
        return given_data(objective.network, objective.losses, features, y, sample_weight)

    def _one_batch(self, x: object, y: object, sample_weight: object | None = None) -> Data:
        """Return data that are computed as one batch."""
        data = self._checked_data(x, y, sample_weight)
        check_one_batch(self.network, data.samples)
        return data

    def _program(self, key: object, make: Callable[[], Graph], samples: Samples = ANY_SAMPLES) -> Any:
        """Return the program of the graph that `make` makes; it is compiled once a `key`."""
        if key not in self._programs:
            self._programs[key] = self._engine.compile(simplify(make()).graph, samples=samples)
        return self._programs[key]

    def _run(self, program: Any, blocks: Sequence[Array]) -> list[Array]:
        return self._engine.run(program, [*self._weights(), *blocks])

    def _run_keeping(self, program: Any, blocks: Sequence[Array]) -> list[Array]:
        """Return what a program gives, but for the states that layers keep, which go into the state."""
        given, kept = self._run(program, blocks), self.network.kept_states
        end = len(given) - len(kept)
        self._state.update({path: np.array(one) for path, one in zip(kept, given[end:], strict=True)})
        return given[:end]

    def _rows_at_once(self, batch_size: int | None) -> int:
        """Return the rows that are computed at once: those given, those that the inputs say, or the usual."""
        return (self.network.batch_size or EVALUATION_ROWS) if batch_size is None else batch_size

    def reset_states(self) -> None:
        """Set the states of stateful layers to 0, as before the first batch; Keras has this on each layer.

        Stateful layers begin every batch with what the batch before left, in `fit`, `evaluate` and `predict`.

        Raises:
            ModelError: no layer is stateful.

        Example:
            >>> import tiza as tz
            >>> given = tz.Input((1, 1), batch_size=1)
            >>> first = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
            >>> model = tz.Sequential([given, tz.layers.SimpleRNN(1, None, stateful=True, **first)])
            >>> [model.predict([[[1.0]]]).item() for _ in range(3)]
            [1.0, 2.0, 3.0]
            >>> model.reset_states()
            >>> model.predict([[[1.0]]]).item()
            1.0
        """
        paths = self.network.kept_states
        if not paths:
            raise ModelError("reset_states: no layer is stateful; make one with stateful=True.")
        self._state.update({path: np.zeros_like(self._state[path]) for path in paths})

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

    def save(self, filepath: FilePath, overwrite: bool = True) -> None:
        """Write the whole model to one file: `tz.load_model` brings it back as it is, to use and to train on.

        The file is written beside an older one of that name, which stays until the new one is complete.
        `docs/model-files.md` tells what stands in it.

        Args:
            filepath: where to, such as `digits.tiza`.
            overwrite: whether a file of that name may be replaced.

        Raises:
            NotBuiltError: the shapes are not known yet.
            ModelError: a part is not Tiza's own, such as a function of yours as loss (it is named;
                `save_weights` is the remedy), or there is a file of that name already.
            OSError: the file cannot be written.
        """
        check_free(filepath, overwrite)
        if type(self).__module__.partition(".")[0] != __name__.partition(".")[0]:
            raise subclass_of_yours(self)
        identity = Identity(type(self).__name__, self.name, self.seed, self.dtype)
        notes = Notes(self.preparation, self.class_names)
        description = encode_model(identity, self.network, self._training(), notes)
        check_comes_back(Description.of(description), self._state)
        write_file(filepath, MODEL, description, self._state)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or copied; a file of a model runs no code when it is read.

        Raises:
            ModelError: always; what to do instead is named.
        """
        raise ModelError(
            f"{self.name}: a model cannot be pickled or copied; write it with model.save('name.tiza') and "
            "read it with tz.load_model('name.tiza'), or pass weights on by get_weights and set_weights."
        )

    def _training(self) -> Training | None:
        """Return how the model is trained; None if it is not compiled."""
        if self._settings is None:
            return None
        known = self._settings
        engine = next(name for name, make in ENGINES.items() if make is type(known.engine))
        return Training(self.optimizer, known.losses, known.metrics, known.loss_weights, engine)

    def save_weights(self, filepath: FilePath, overwrite: bool = True) -> None:
        """Write the weights to one file, by their paths; the layers may be your own.

        Args:
            filepath: where to.
            overwrite: whether a file of that name may be replaced.

        Raises:
            NotBuiltError: the shapes are not known yet.
            ModelError: there is a file of that name already.
            OSError: the file cannot be written.
        """
        check_free(filepath, overwrite)
        weights = dict(zip(self.weight_paths, self._weights(), strict=True))
        write_file(filepath, WEIGHTS, None, weights)

    def load_weights(self, filepath: FilePath) -> None:
        """Take the weights that `save_weights` wrote; the optimizer stays as it is.

        Raises:
            NotBuiltError: the shapes are not known yet.
            ModelError: there is no such file, it is damaged, of another kind or version, or it has the
                weights of another model (path and shape are named); nothing is changed.

        Example:
            >>> import tempfile
            >>> import tiza as tz
            >>> one, other = (tz.Sequential([tz.Input((2,)), tz.layers.Dense(1)], seed=n) for n in (0, 1))
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     one.save_weights(f"{folder}/weights.tiza")
            ...     other.load_weights(f"{folder}/weights.tiza")
            >>> bool((one.get_weights()[0] == other.get_weights()[0]).all())
            True
        """
        entries = network_entries(self.network)
        arrays = read_file(filepath, WEIGHTS).arrays
        with refusing(shown(filepath)):
            check_arrays(entries, arrays, any_float=True)
            self.set_weights([arrays[one.path] for one in entries])

    @property
    def weight_paths(self) -> list[str]:
        """Path of every weight, in the order of `get_weights`."""
        return [one.path for one in network_entries(self.network)]

    @property
    def state(self) -> Snapshot:
        """A copy of all that persists: weights, optimizer slots, step counter, seed; `set_weights` sets."""
        return Snapshot(self._state)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of a name, as `summary` prints it, or of a place among `layers`.

        Args:
            name: its name; of a layer of a model within the model its path, such as `encoder.dense`.
            index: its place, from 0; from -1 backwards. Inputs are no layers, unlike in Keras.

        Raises:
            NameNotFoundError: there is no layer of this name; the nearest is suggested.
            ModelError: there is no layer at this place, or both or neither are given.

        Example:
            >>> import tiza as tz
            >>> model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(4), tz.layers.Dense(1)])
            >>> model.get_layer("dense_1") is model.get_layer(index=1) is model.layers[1]
            True
        """
        if (name is None) == (index is None):
            raise ModelError("get_layer: expected a name, or index=..., one of the two.")
        if index is not None:
            count = len(self.layers)
            if not isinstance(index, int) or not -count <= index < count:
                raise ModelError(f"index: got {index!r}, expected a place among {count} layers, from 0.")
            return self.layers[index]
        known = {one.path: one.layer for one in self.network.layers}
        if name not in known:
            raise NameNotFoundError(unknown_name("layer", str(name), known))
        return known[name]

    def count_params(self) -> int:
        """Return the number of parameters."""
        return sum(one.type.size for one in network_entries(self.network))

    def summary(self) -> None:
        """Print the layers with their shapes and parameter counts, written as products."""
        print(format_summary(self.name, self.network))

    def setting(self, x: object, y: object, learning_rate: float | None = None) -> Setting:
        """Return one step on a sample or a small batch, every number in float64: what explanations read.

        Raises:
            DataError: data do not fit.
        """
        features, targets = single_sample_as_batch(x, y, self.network)
        data = self._one_batch(features, targets)
        rate = self.learning_rate if learning_rate is None else learning_rate
        return setting_of(self.trainer, self._state, data, rate)

    def diagnose(self, x: object, y: object, batch_size: int = BATCH_ROWS) -> Diagnosis:
        """Return why the model does not learn these data: what is measured, likely causes, what to change.

        The model stays as it is. At most 1000 samples are looked at, spread evenly; numbers are float64's.

        Args:
            x: features.
            y: targets.
            batch_size: samples of the step that is tried.

        Raises:
            DataError: data do not fit.

        Example:
            >>> import tiza as tz
            >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
            >>> model.compile(tz.optimizers.SGD(10.0), "mse")
            >>> found = model.diagnose([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
            >>> found.findings[0].kind, found.findings[0].changes[0].value
            ('rate_too_high', 0.1)
        """
        size = whole_number("batch_size", batch_size)
        data = self._one_batch(x, y)
        losses = () if self.history is None else tuple(self.history.history.get("loss", ()))
        state = dict(self.state)
        return diagnose(Case(self.trainer, state, data, self.learning_rate, self.seed, size, losses))

    def replay(self, step: int, x: object | None = None, y: object | None = None) -> Replay:
        """Return one step of the training, taken again: bitwise the state before it, its rows, its loss.

        Steps are counted from 1, since `compile`. `fit` keeps some states on its way, and a copy of the data
        if these have at most a mebibyte; larger data have to be there still, unchanged. All that is kept
        takes at most `replay_memory` bytes.

        Args:
            step: its number.
            x: the features that it was trained on, if they are not there any more.
            y: the targets, likewise.

        Raises:
            ModelError: there was no such step, or it cannot be taken again; the reason is named.
            DataError: the data have changed; the first difference is named.

        Example:
            >>> import tiza as tz
            >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")
            >>> model = tz.Sequential([tz.Input((1,)), layer])
            >>> model.compile(tz.optimizers.SGD(0.25), "mse")
            >>> history = model.fit([[1.0]], [0.0], epochs=5, verbose=0)
            >>> step = model.replay(3)
            >>> step.state["dense.kernel"].item(), step.loss, step.rows.tolist()
            (0.25, 0.0625, [0])
        """
        given = None
        if x is not None or y is not None:
            if x is None or y is None:
                raise ModelError(
                    f"replay: got {'y' if x is None else 'x'} alone, expected x and y, or neither."
                )
            given = Given(x, y)
        return replayed(self.trainer, self._record, self._steps_taken(), step, given, self._data_again)

    def _data_again(self, given: Given) -> Data:
        """Return features and targets of a training from what it was given."""
        _, data = self._training_data(given.x, given.y, None)
        return held_out(data, given.held_out)[0] if given.held_out else data

    def _explained(
        self, x: object | None, y: object | None, step: int | Replay | None
    ) -> tuple[State, Data, float]:
        """Return the state, the samples and the learning rate that an explanation is about."""
        state, data, rate = self._state, None, self.learning_rate
        if step is not None:
            known = self._own_replay(step) if isinstance(step, Replay) else self.replay(step)
            state, data, rate = dict(known.state), known.batch, known.initial_learning_rate
        if data is not None and x is None and y is None:
            return state, data, rate
        if x is None or y is None:
            raise ModelError("explain: expected x and y, one sample and its target, or step=...")
        features, targets = single_sample_as_batch(x, y, self.network)
        return state, self._one_batch(features, targets), rate

    def _own_replay(self, replay: Replay) -> Replay:
        """Return a replay that fits this model.

        Raises:
            ModelError: it is of a model with other weights.
        """
        own, others = (
            {path: np.shape(one) for path, one in each.items()} for each in (self._state, replay.state)
        )
        if own != others:
            path = next(one for one in (*own, *others) if own.get(one) != others.get(one))
            raise ModelError(
                f"step: got a replay of another model: there {path!r} is {_shape_told(others, path)}, here "
                f"{_shape_told(own, path)}; take this model's own, model.replay(step)."
            )
        return replay

    def explain(
        self,
        x: object | None = None,
        y: object | None = None,
        target: str = "loss",
        update: bool = False,
        digits: int = 4,
        *,
        step: int | Replay | None = None,
        language: str | None = None,
        profile: Profile = None,
        names: Mapping[str, str] | None = None,
        slide: int | None = None,
    ) -> Blackboard:
        """Return where a number comes from: from forward values to the loss and back.

        The numbers are those of a step of training, with what dropout draws and the batch's own means in
        batch normalization, which `predict` has not; the board says so where it matters.

        Args:
            x: one sample, `sample_shape`, or a small batch; of a step, None is what it read.
            y: its target, or theirs.
            target: a quantity and an index: `dense_1.kernel[3,2]`, `dense.z[0]`, `dense.delta[0]` (the
                derivative of the loss with respect to z), `grad dense.kernel[3,2]`, or `loss`; with several
                samples, z, a and delta take the sample first.
            update: for a weight, go on to its new value after one step of the optimizer.
            digits: significant digits of the answer; the lines have two more, or more where needed.
            step: the number of a step of the training, from 1, or what `replay` gave: explained is the state
                before it, with the learning rate of that step.
            language: `"en"` or `"es"`; None is the language in force when the board is shown.
            profile: the notation, that of a course such as `"clase-4"`, or one of your own; None is the
                network's own names.
            names: names of single numbers, such as `{"w1": "dense.kernel[0,0]"}`; they may be asked for, too.
            slide: decimals that every line is rounded to, as slides do, in a table of what that costs.

        Raises:
            DataError: data do not fit.
            ModelError: there are neither data nor a step, or the step cannot be taken again.
            NameNotFoundError: there is no such quantity, or notation; near ones are suggested.
            ShapeError: the index is missing or out of range.

        Example:
            >>> import tiza as tz
            >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")
            >>> model = tz.Sequential([tz.Input((1,)), layer])
            >>> model.compile(tz.optimizers.SGD(0.1), "quadratic")
            >>> print(model.explain([2.0], [1.0], "dense.kernel[0,0]", update=True, language="en"))
            How much is dense.kernel[0,0] after one step?    dense.kernel[0,0]: 1 → 0.8    (it falls, ...
            ...
             [4] ∂L/∂dense.kernel[0,0] = x[0]·dense.δ[0] = 2·1 = 2
            ...
             [5] dense.kernel′[0,0] = dense.kernel[0,0] − η·∂L/∂dense.kernel[0,0] = 1 − 0.1·2 = 0.8
            ...
        """
        state, data, rate = self._explained(x, y, step)
        writing = notation(profile).with_names(names or {})
        return explain(self.trainer, state, data, target, update, digits, rate, writing, language, slide)


def _validation(
    data: Data | None, batch_size: int, given_size: int | None, steps: int | None, frequency: object
) -> Validation | None:
    """Return what is measured after epochs, if there are data for it; the rest is checked in any case."""
    count = None if steps is None else whole_number("validation_steps", steps)
    usual = EVALUATION_ROWS if count is None else batch_size
    size = usual if given_size is None else whole_number("validation_batch_size", given_size)
    due = Frequency.of(frequency)
    return None if data is None else Validation(data, size, count, due)


def _given_or(given: int | None, fixed: int | None) -> int | None:
    return fixed if given is None else given


def check_rows(network: Network, samples: int, batch_size: int) -> None:
    """Check that every batch has the size that stateful layers keep their states for.

    Raises:
        ShapeError: one has not.
    """
    path, size = _stateful(network)
    if not path or (batch_size == size and samples % size == 0):
        return
    raise ShapeError(
        f"layer {path!r} is stateful with batches of {size}: got {samples} samples in batches of "
        f"{batch_size}; give batch_size={size}, and a number of samples that {size} divides."
    )


def check_one_batch(network: Network, samples: int) -> None:
    """Check that samples that are computed at once are as many as stateful layers keep their states for.

    Raises:
        ShapeError: they are not.
    """
    path, size = _stateful(network)
    if path and samples != size:
        raise ShapeError(
            f"layer {path!r} is stateful with batches of {size}: got {samples} samples, which are computed "
            f"as one batch here; give {size} of them."
        )


def _stateful(network: Network) -> tuple[str, int]:
    """Return the path of a layer that keeps its state, and the size of its batches; an empty path if none."""
    path = next((one.path for one in network.layers if one.layer.keeps_state), "")
    return path, network.batch_size or 0


def _batch_size(given: int | None, samples: int, steps: int | None) -> int:
    """Return the samples of a step: those given, or so many that `steps` of them read all, or the usual."""
    if given is not None:
        return whole_number("batch_size", given)
    return BATCH_ROWS if steps is None else -(-samples // steps)


def _returns(told: CallbackList, validation: Validation | None) -> Returns:
    """Return where somebody wants to look at the state, or to change it."""
    if told.follows_steps():
        return Returns.STEPS
    return Returns.EPOCHS if told or validation else Returns.ANYWHERE


def _warn_of_shorter_epochs(samples: int, batch_size: int, steps: int | None, epochs: int) -> None:
    """Warn if an epoch will have fewer steps than `steps_per_epoch`, because a pass over the data ends."""
    steps_a_pass = -(-samples // batch_size)
    if steps is None or steps_a_pass % steps == 0 or epochs * steps < steps_a_pass:
        return
    warnings.warn(
        f"steps_per_epoch: got {steps}, but a pass over the data has {steps_a_pass} steps, so that the last "
        f"epoch of each pass has {steps_a_pass % steps}; give a divisor of {steps_a_pass}.",
        stacklevel=3,
    )


def find_engine(name: str) -> Engine:
    """Return the engine of this name."""
    return find("engine", name, ENGINES)()


def _one_or_all(found: Sequence[Any]) -> Any:
    return found[0] if len(found) == 1 else list(found)


def _inputs(given: object) -> tuple[Input, ...]:
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    if not several or not all(isinstance(one, Input) for one in several):
        raise ModelError(f"inputs: got {given!r:.80}, expected a tz.Input, or a list of them.")
    return several


def _symbols(what: str, given: object) -> tuple[Symbol, ...]:
    several = tuple(given) if isinstance(given, list | tuple) else (given,)
    if not several or not all(isinstance(one, Symbol) for one in several):
        raise ModelError(f"{what}: got {given!r:.80}, expected what a layer gives, or a list of that.")
    return several


def _as_asked(measured: dict[str, float], return_dict: bool) -> Any:
    """Return numbers by name, or the loss, or a list of it and the metrics, without the penalty."""
    if return_dict:
        return measured
    listed = [value for name, value in measured.items() if name != "penalty"]
    return listed if len(listed) > 1 else measured["loss"]


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


def _shape_told(shapes: Mapping[str, tuple[int, ...]], path: str) -> str:
    return f"of shape {shapes[path]}" if path in shapes else "not there"
