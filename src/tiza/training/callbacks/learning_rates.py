"""Callbacks that set the learning rate between epochs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tiza.errors import ModelError
from tiza.nn.checks import finite_number, whole_number
from tiza.training.callbacks.callback import Callback, Logs, checked_verbose
from tiza.training.callbacks.monitor import Monitor


class ReduceLROnPlateau(Callback):
    """Make the learning rate smaller when a number has stopped becoming better.

    rate' = max(factor rate, min_lr).

    The rate of each epoch stands in the history as `learning_rate`.

    Args:
        monitor: the number that is watched.
        factor: what the rate is multiplied by, from 0 to below 1.
        patience: epochs without improvement after which the rate is changed.
        verbose: 1 tells what was done.
        mode: `min`, `max`, or `auto` if the name tells which way is better.
        min_delta: a change of no more than this is none.
        cooldown: epochs after a change that are not counted.
        min_lr: the rate does not become smaller.

    Raises:
        ModelError: a number is out of its range, or the name of the monitor does not tell which way is
            better.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, use_bias=False)])
        >>> model.compile(tz.optimizers.SGD(0.5), "mse")
        >>> reduce = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
        >>> model.fit([[0.0]], [1.0], epochs=4, verbose=0, callbacks=[reduce]).history["learning_rate"]
        [0.5, 0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        owner = type(self).__name__
        self.monitor = monitor
        self._watched = Monitor(owner, monitor, mode, min_delta)
        self.factor = finite_number(owner, "factor", factor)
        self.min_lr = finite_number(owner, "min_lr", min_lr)
        if not 0.0 <= self.factor < 1.0:
            raise ModelError(f"{owner}: got factor={factor!r}, expected a number from 0 to below 1.")
        self.patience = whole_number(f"{owner}: patience", patience, 0)
        self.cooldown = whole_number(f"{owner}: cooldown", cooldown, 0)
        self.verbose = checked_verbose(owner, verbose)
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin afresh."""
        self.wait = self.cooldown_counter = 0
        self._watched.begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best epoch, and make the rate smaller when patience is over."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = self.model.learning_rate
        value = self._watched.value(logs, self.params)
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._watched.improves(value, self._watched.best):
            self._watched.best, self.wait = value, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        if self.model.learning_rate <= self.min_lr:
            return
        self.model.learning_rate = max(self.model.learning_rate * self.factor, self.min_lr)
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose:
            self.report("learning rate", epoch=epoch + 1, rate=self.model.learning_rate)


class LearningRateScheduler(Callback):
    """Set the learning rate of each epoch by a function.

    The rate of each epoch stands in the history as `learning_rate`.

    Args:
        schedule: function of the epoch, from 0, and the present rate (or of the epoch alone) that returns the
            new rate.
        verbose: 1 tells what was done.

    Raises:
        ModelError: what the schedule returns is no number of at least 0.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
        >>> model.compile(tz.optimizers.SGD(0.5), "mse")
        >>> halved = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
        >>> model.fit([[1.0]], [2.0], epochs=3, verbose=0, callbacks=[halved]).history["learning_rate"]
        [0.5, 0.25, 0.125]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ModelError(
                f"LearningRateScheduler: got schedule={schedule!r}, expected a function of epoch and rate."
            )
        self.schedule = schedule
        self.verbose = checked_verbose("LearningRateScheduler", verbose)
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate of this epoch."""
        known = (epoch, self.model.learning_rate) if self._takes_rate else (epoch,)
        rate = finite_number("LearningRateScheduler", "schedule(epoch, rate)", self.schedule(*known))
        self.model.learning_rate = rate
        if self.verbose:
            self.report("learning rate", epoch=epoch + 1, rate=rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the rate."""
        if logs is not None:
            logs["learning_rate"] = self.model.learning_rate


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a function takes two positions; one whose signature is hidden does."""
    try:
        inspect.signature(function).bind(0, 0.0)
    except ValueError:
        return True
    except TypeError:
        return False
    return True
