"""Callback: what is told of every stage of training, measuring and predicting."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from tiza.errors import ModelError, NonFiniteError

Logs: TypeAlias = dict[str, Any]


class Callback:
    """What is told of every stage of `fit`, `evaluate` and `predict`; override the hooks you need.

    `logs` holds what has been measured: `loss`, the metrics, and at the end of an epoch the same of the
    validation data as `val_loss` and so on. What `on_epoch_end` adds to it stands in the history too.

    Training in machine code returns some twenty times a second and at the end of every epoch. Only if a hook
    of training batches is overridden it returns after every step, which takes longer.

    A hook that raises ends training: the weights are those after the last step taken, the history has the
    epochs that are done, `on_train_end` is not called.

    Attributes:
        model: the model. `model.stop_training = True` ends training; weights and `model.learning_rate` may be
            set, which takes effect with the next step and compiles nothing.
        params: `epochs`, `steps` of an epoch, `verbose`, and `metrics`, the names that will be measured.

    Example:
        >>> import tiza as tz
        >>> class Watch(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, logs["loss"])
        >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        >>> model = tz.Sequential([tz.Input((1,)), layer])
        >>> model.compile(tz.optimizers.SGD(0.25), "mse")
        >>> history = model.fit([[1.0]], [1.0], epochs=2, verbose=0, callbacks=[Watch()])
        0 1.0
        1 0.25
    """

    model: Any = None
    params: Mapping[str, Any] = MappingProxyType({})

    def set_model(self, model: Any) -> None:
        """Take the model, before anything else is told."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take what is known before training."""
        self.params = params

    def follows_steps(self) -> bool:
        """Return whether training has to return after every step: whether a hook of batches is overridden."""
        return any(overrides(self, hook) for hook in TRAIN_BATCH_HOOKS)

    def report(self, kind: str, **values: object) -> None:
        """Tell the user what was done, if somebody shows it; `kind` and `values` are worded there."""
        if "report" in self.params:
            self.params["report"](kind, values)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Training begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Training has ended; `logs` are those of the last epoch. It is not told after an error."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch begins, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch has ended, validation included."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A step of training begins, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A step has ended; `logs` are means over the steps of this epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """The same as `on_train_batch_begin`, an older name."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """The same as `on_train_batch_end`, an older name."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Measuring begins: `evaluate`, or validation at the end of an epoch."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Measuring has ended."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch is about to be measured."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch was measured; `logs` are means so far."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Predicting begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Predicting has ended."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch is about to be predicted."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch was predicted; `logs` has its `outputs`."""

    def on_not_finite(self, error: NonFiniteError) -> None:
        """A value of training is not finite and the weights are those before that step.

        The error is raised, unless a callback sets `model.stop_training = True` here. Keras has no such hook.
        """


HOOKS: tuple[str, ...] = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""Names of everything that a callback is told."""

TRAIN_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


def overrides(callback: Callback, hook: str) -> bool:
    """Whether a callback, or its class, has a hook of its own."""
    found = getattr(callback, hook)
    return getattr(found, "__func__", found) is not vars(Callback)[hook]


def checked_verbose(owner: str, verbose: int) -> int:
    """Return how much a callback tells: 0 for nothing, 1 or more for what it does.

    Raises:
        ModelError: it is something else.
    """
    if verbose not in (0, 1, 2):
        raise ModelError(f"{owner}: got verbose={verbose!r}, expected 0 (nothing) or 1 (what is done).")
    return int(verbose)
