"""What both estimators share: parameters, fitting, predicting, explaining."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from tiza.blackboard.board import Blackboard
from tiza.data.checking import checked_sample_weight
from tiza.errors import DataError, ModelError
from tiza.models.progress import ProgressDisplay
from tiza.models.sequential import Sequential
from tiza.optimizers import SGD, Adam
from tiza.optimizers.optimizer import Optimizer
from tiza.sklearn.architecture import Architecture, Assembly, assembled
from tiza.sklearn.course import Course
from tiza.sklearn.first_weights import first_weights
from tiza.sklearn.learning_rates import RATES, Rate
from tiza.sklearn.requirements import check_requirements
from tiza.sklearn.samples import Samples, parts_of_validation_data
from tiza.sklearn.shuffling import ShuffledTrainer
from tiza.sklearn.stochastic import Descent, Settings
from tiza.sklearn.targets import Targets
from tiza.sklearn.whole_batch import minimized
from tiza.training.state import SEED, State
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]

MOST_IN_A_BATCH = 200
"""Samples of a step, if there are as many and nothing else is said."""


def takes_steps(estimator: Any) -> bool:
    """Return whether the solver takes steps, which `partial_fit` needs.

    Raises:
        AttributeError: it does not.
    """
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit: got solver='lbfgs', which takes no steps; use 'adam' or 'sgd'.")
    return True


@dataclass(eq=False, repr=False)
class MultilayerPerceptron(BaseEstimator):  # type: ignore[misc]
    """Layers of units, each fed by all units before it, as scikit-learn's estimators of the same names.

    Args:
        hidden_layer_sizes: units of each hidden layer.
        activation: of the hidden layers: `identity`, `logistic`, `tanh`, `relu`, another of
            `tz.activations`, or a function of traced values.
        solver: `adam`, `sgd`, or `lbfgs`, which uses all samples at once.
        alpha: strength of the penalty alpha / (2 n) sum w^2 on kernels, n being the samples of a step.
        batch_size: samples of a step; `auto` is 200, or all if there are fewer.
        learning_rate: how the rate of `sgd` changes: `constant`, `invscaling` or `adaptive`.
        learning_rate_init: the first rate of `sgd` and `adam`.
        power_t: the power of `invscaling`.
        max_iter: the most epochs, or iterations of `lbfgs`.
        shuffle: whether each epoch reads the samples in a new order.
        random_state: what first weights, orders and splits are drawn from.
        tol: what becomes better by no more than this has not become better; for `lbfgs`, the largest element
            of the gradient at the end.
        verbose: whether a line is printed for each epoch.
        warm_start: whether `fit` goes on from the weights of the fit before.
        momentum: of `sgd`.
        nesterovs_momentum: whether the momentum is Nesterov's.
        early_stopping: whether samples are held out whose score ends training.
        validation_fraction: the share that is held out.
        beta_1: decay of the mean of the gradient, of `adam`.
        beta_2: decay of the mean of its square, of `adam`.
        epsilon: added to the root of that, of `adam`.
        n_iter_no_change: training ends after more epochs than this that were not better.
        max_fun: the most evaluations of loss and gradient, of `lbfgs`.
        dropout: share of each hidden layer that is left out in training; not scikit-learn's.
        batch_norm: whether hidden layers are normalized by their batch before the activation; not
            scikit-learn's.
        dtype: `float32` or `float64`; None is that of the samples. Not scikit-learn's.
        engine: what runs the network, `auto`, `native` or `reference`; not scikit-learn's.
    """

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: Any = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: Any = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    dropout: float = 0.0
    batch_norm: bool = False
    dtype: str | None = None
    engine: str = "auto"

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation_data: Sequence[Any] | None = None
    ) -> Self:
        """Train the network.

        Args:
            X: features, `(samples, features)`, dense or sparse.
            y: targets, `(samples,)` or `(samples, outputs)`.
            sample_weight: how much each sample counts.
            validation_data: `(X, y)` or `(X, y, sample_weight)` whose score is measured after each epoch, and
                ends training if `early_stopping` is set, in place of samples held out; not scikit-learn's.

        Raises:
            ModelError: a parameter may not be what it is.
            ValueError: data do not fit; most such errors are scikit-learn's own.
            NonFiniteError: training met a value that is not finite; the estimator stays as it was.
        """
        goes_on = self.warm_start and hasattr(self, "coefs_")
        return self._fitted(X, y, sample_weight, validation_data, goes_on)

    @abstractmethod
    def _targets(self, y: Any, goes_on: bool) -> Targets:
        """Return what is learned, which is what is known already if training goes on."""

    @property
    def _targets_are_numbers(self) -> bool:
        return False

    def _weights_of_classes(self, y: Any) -> Array | None:
        """Return how much samples count for their classes."""
        return None

    def _fitted(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation_data: Sequence[Any] | None,
        goes_on: bool,
        targets: Targets | None = None,
        incremental: bool = False,
    ) -> Self:
        """Train, and then change the estimator.

        Args:
            X: features.
            y: targets.
            sample_weight: how much each sample counts.
            validation_data: what the score is measured on.
            goes_on: whether training begins with the weights that are there.
            targets: what is learned, if that is known.
            incremental: whether it is one epoch, with the optimizer that is there.
        """
        check_requirements(self)
        samples = self._samples(X, y, sample_weight, reset=not goes_on)
        learned = targets if targets is not None else self._targets(samples.y, goes_on)
        random_state = check_random_state(self.random_state)
        sizes = (samples.x.shape[1], *self._hidden_sizes(), learned.outputs)
        drawn = None if goes_on else first_weights(sizes, self.activation, random_state)
        held = None if validation_data is None else self._validation_samples(validation_data)
        if held is None and self.early_stopping and self.solver != "lbfgs":
            samples, held = samples.split(self.validation_fraction, learned, random_state)
        architecture = self._architecture(sizes, learned, samples)
        assembly = assembled(architecture)
        if drawn is None:
            course = self._course_to_go_on(assembly, incremental)
        else:
            kernels, biases = zip(*drawn, strict=True)
            course = Course(assembly.joined(kernels, biases, {}), self._rate())
        if self.dropout:
            # nothing is drawn where scikit-learn draws nothing
            course.state[SEED] = random_state.randint(0, 2**32, 2, dtype="uint32")
        data = samples.data(learned, assembly.model.network)
        if self.solver == "lbfgs":
            last = self._minimize(assembly, course, data, learned)
        else:
            trainer = ShuffledTrainer(assembly.model.trainer, random_state, self._usual_rows())
            last = self._descend(assembly, trainer, course, data, learned, held, incremental)
        self._publish(architecture, course, learned, last)
        return self

    def _samples(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Samples:
        """Return samples, checked as scikit-learn does."""
        x, given = self._checked_pair(X, y, reset)
        dtype = np.dtype(self.dtype or x.dtype)
        weights = checked_sample_weight(sample_weight, x.shape[0], dtype)
        by_class = self._weights_of_classes(given)
        if by_class is not None:
            weights = (by_class if weights is None else weights * by_class).astype(dtype)
        if weights is not None and not weights.any():
            raise DataError("sample_weight: all weights are zero; give at least one that is not.")
        return Samples(x, given, weights)

    def _checked_pair(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        x, given = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=self._targets_are_numbers,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if given.ndim == 2 and given.shape[1] == 1 and not hasattr(given, "toarray"):
            given = column_or_1d(given, warn=True)
        return x, given

    def _validation_samples(self, given: Sequence[Any]) -> Samples:
        """Return samples to validate with.

        Raises:
            DataError: they are no pair or triple, or do not fit.
            ModelError: nothing can be validated while the solver works.
        """
        if self.solver == "lbfgs":
            raise ModelError(
                "validation_data: got solver='lbfgs', which has no epochs to validate after; use 'adam' or "
                "'sgd', or score the data after fitting."
            )
        X, y, sample_weight = parts_of_validation_data(given)
        x, targets = self._checked_pair(X, y, reset=False)
        weights = checked_sample_weight(sample_weight, x.shape[0], np.dtype("float64"))
        return Samples(x, targets, weights)

    def _hidden_sizes(self) -> tuple[int, ...]:
        sizes = self.hidden_layer_sizes
        return tuple(int(one) for one in sizes) if np.iterable(sizes) else (int(sizes),)

    def _architecture(self, sizes: tuple[int, ...], targets: Targets, samples: Samples) -> Architecture:
        """Return what the network consists of."""
        return Architecture(
            sizes,
            self.activation,
            targets.out_activation,
            targets.loss,
            # a step's penalty is divided by its number of samples, where their weights are meant
            float(self.alpha) / samples.mean_weight,
            float(self.dropout),
            bool(self.batch_norm),
            self._optimizer(),
            self.dtype or str(samples.x.dtype),
            self.engine,
        )

    def _optimizer(self) -> Optimizer:
        """Return the update rule; its rate is told each step."""
        if self.solver == "sgd":
            return SGD(0.0, float(self.momentum), bool(self.nesterovs_momentum))
        return Adam(0.0, float(self.beta_1), float(self.beta_2), float(self.epsilon))

    def _rate(self) -> Rate:
        kind = self.learning_rate if self.solver == "sgd" else "constant"
        return RATES[kind](float(self.learning_rate_init), float(self.power_t))

    def _course_to_go_on(self, assembly: Assembly, incremental: bool) -> Course:
        """Return where training goes on; the optimizer and its rate start afresh, unless it is one epoch."""
        course = self._course.copied()
        kept = course.state
        if not incremental:
            kept = {path: kept[path] for path in assembly.model.weight_paths if path in kept}
            course.rate = self._rate()
        course.state = assembly.joined(self.coefs_, self.intercepts_, kept)
        return course

    def _display(self) -> ProgressDisplay:
        return ProgressDisplay.of(2 if self.verbose else 0, self.max_iter)

    def _minimize(self, assembly: Assembly, course: Course, data: Data, targets: Targets) -> float:
        """Train on all samples at once; return the loss."""
        found = minimized(
            assembly, course, data, self._display(), self.max_iter, float(self.tol), self.max_fun
        )
        if not found.converged:
            warnings.warn(
                f"lbfgs has not converged after {found.iterations} iterations: {found.reason}. Scale the "
                "features, or set a larger max_iter or max_fun.",
                ConvergenceWarning,
                stacklevel=4,
            )
        squares = sum(float(np.sum(course.state[path] ** 2, dtype="float64")) for path in assembly.kernels)
        counted = data.samples if data.weights is None else float(data.weights.sum(dtype="float64"))
        return targets.told_loss(found.value, float(self.alpha) / (2.0 * counted) * squares)

    def _descend(
        self,
        assembly: Assembly,
        trainer: ShuffledTrainer,
        course: Course,
        data: Data,
        targets: Targets,
        held: Samples | None,
        incremental: bool,
    ) -> float:
        """Train by steps; return the last loss."""
        settings = Settings(
            1 if incremental else self.max_iter,
            self._batch_rows(data.samples),
            bool(self.shuffle),
            float(self.tol),
            float(self.n_iter_no_change),
            bool(self.early_stopping),
        )
        validate = None if held is None else _validation(assembly, targets, held)
        descent = Descent(trainer, data, settings, targets.told_loss, validate, self._display())
        try:
            ended = descent.run(course)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
            ended = True
        if not ended and not incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization "
                "hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=4,
            )
        if self.early_stopping and course.best is not None:
            course.state.update(course.best)
        return course.history.get("loss", [math.nan])[-1]

    def _usual_rows(self) -> int:
        return MOST_IN_A_BATCH if self.batch_size == "auto" else int(self.batch_size)

    def _batch_rows(self, samples: int) -> int:
        """Return the samples of a step."""
        if self.batch_size != "auto" and self.batch_size > samples:
            warnings.warn(
                f"Got `batch_size` {self.batch_size}, larger than sample size {samples}. It is going to be "
                "clipped.",
                stacklevel=5,
            )
        return min(self._usual_rows(), samples)

    def _publish(self, architecture: Architecture, course: Course, targets: Targets, loss: float) -> None:
        """Set what fitting found."""
        assembly = assembled(architecture)
        self._architecture_found, self._course = architecture, course
        self._learned: Any = targets
        self.coefs_ = [course.state[path] for path in assembly.kernels]
        self.intercepts_ = [course.state[path] for path in assembly.biases]
        self.n_iter_, self.t_ = course.iterations, course.samples
        self.n_layers_, self.n_outputs_ = len(architecture.sizes), targets.outputs
        self.out_activation_ = targets.out_activation
        self.loss_, self.history_ = loss, course.history
        if self.solver == "lbfgs":
            return
        stops_early = bool(self.early_stopping)
        self.loss_curve_ = course.history.get("loss", [])
        self.best_loss_ = None if stops_early else -course.watch.best
        self.validation_scores_ = course.history.get("val_score", []) if stops_early else None
        self.best_validation_score_ = course.watch.best if stops_early else None

    def _state(self) -> State:
        """Return all weights; those in `coefs_` and `intercepts_` may have been changed."""
        assembly = assembled(self._architecture_found)
        return assembly.joined(self.coefs_, self.intercepts_, self._course.state)

    def _outputs(self, X: Any) -> Array:
        """Return the network's outputs, `(samples, outputs)`.

        Raises:
            NotFittedError: the estimator is not fitted.
        """
        check_is_fitted(self, "coefs_")
        x = validate_data(self, X, accept_sparse="csr", reset=False)
        return assembled(self._architecture_found).outputs(self._state(), x)

    def predict(self, X: Any) -> Any:
        """Return what the network says of each sample, `(samples,)`, or `(samples, outputs)` for several.

        Raises:
            NotFittedError: the estimator is not fitted.
            ValueError: the features do not fit.
        """
        outputs = self._outputs(X)
        return self._learned.decoded(outputs)

    @property
    def model_(self) -> Sequential:
        """The network as a Tiza model, a copy: compiled, with the weights and the learning rate of the fit.

        Raises:
            NotFittedError: the estimator is not fitted.
        """
        check_is_fitted(self, "coefs_")
        model = self._architecture_found.model()
        state = self._state()
        model.set_weights([state[path] for path in model.weight_paths])
        model.learning_rate = self._course.rate.value
        return model

    def explain(self, x: Any, y: Any, target: str, update: bool = False, digits: int = 4) -> Blackboard:
        """Return where a number of the network comes from; see `Model.explain`.

        Args:
            x: one sample, `(features,)`, or a small batch.
            y: its target, or theirs, as `fit` takes them.
            target: a quantity and an index, such as `dense.kernel[3,2]`, or `loss`.
            update: for a weight, go on to its new value after the first step of a new optimizer.
            digits: significant digits of the answer.

        Raises:
            NotFittedError: the estimator is not fitted.
            DataError: data do not fit.
            NameNotFoundError: there is no such quantity; near ones are suggested.
        """
        model = self.model_
        features, given = np.asarray(x), np.asarray(y)
        if features.ndim == 1:
            features, given = features[None], given[None]
        return model.explain(features, self._learned.encoded(given), target, update, digits)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _validation(assembly: Assembly, targets: Targets, held: Samples) -> Callable[[State], float]:
    """Return what measures the score of a state."""
    return lambda state: targets.score(held.y, assembly.outputs(state, held.x), held.weights)
