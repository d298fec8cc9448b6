"""EarlyStopping: training ends when a number has stopped becoming better."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.nn.checks import finite_number, switch, whole_number
from tiza.training.callbacks.callback import Callback, Logs, checked_verbose
from tiza.training.callbacks.monitor import Monitor

Array = np.ndarray[Any, Any]


class EarlyStopping(Callback):
    """End training when a number has not become better for some epochs; Prechelt (1998).

    Args:
        monitor: the number that is watched.
        min_delta: a change of no more than this is none.
        patience: epochs without improvement after which training ends.
        verbose: 1 tells what was done.
        mode: `min`, `max`, or `auto` if the name tells which way is better.
        baseline: the number to be beaten; epochs that do not beat it count as without improvement.
        restore_best_weights: at the end, go back to the weights of the best epoch; optimizer slots stay.
        start_from_epoch: epochs before this one are not watched.

    Attributes:
        best_epoch: the best epoch, from 0.
        stopped_epoch: the epoch after which training was ended, 0 if it was not.

    Raises:
        ModelError: `patience` or `start_from_epoch` is no whole number, or the name of the monitor does not
            tell which way is better.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        >>> model = tz.Sequential([tz.Input((1,)), layer])
        >>> model.compile(tz.optimizers.SGD(0.0), "mse")
        >>> stop = EarlyStopping(monitor="loss", patience=3)
        >>> len(model.fit([[1.0]], [2.0], epochs=10, verbose=0, callbacks=[stop]).epoch)
        4
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        owner = type(self).__name__
        self.monitor = monitor
        self._watched = Monitor(owner, monitor, mode, min_delta)
        self.patience = whole_number(f"{owner}: patience", patience, 0)
        self.verbose = checked_verbose(owner, verbose)
        self.baseline = None if baseline is None else finite_number(owner, "baseline", baseline)
        self.restore_best_weights = switch(owner, "restore_best_weights", restore_best_weights)
        self.start_from_epoch = whole_number(f"{owner}: start_from_epoch", start_from_epoch, 0)
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.best_epoch = 0
        self.stopped_epoch = 0
        self.best_weights: list[Array] | None = None

    @property
    def best(self) -> float | None:
        """The best number so far."""
        return self._watched.best

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin afresh."""
        self._forget()
        self._watched.begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best epoch, and end training when patience is over."""
        value = self._watched.value(logs, self.params)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._watched.improves(value, self._watched.best):
            self._note_best(epoch, value)
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _note_best(self, epoch: int, value: float) -> None:
        self._watched.best, self.best_epoch = value, epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()
        if self._watched.improves(value, self.baseline):
            self.wait = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Go back to the best weights, if that was asked for."""
        if self.verbose and self.stopped_epoch:
            self.report("stopped early", epoch=self.stopped_epoch + 1, monitor=self.monitor)
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            if self.verbose:
                self.report("restored", epoch=self.best_epoch + 1)
