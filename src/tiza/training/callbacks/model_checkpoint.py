"""ModelCheckpoint: the model is saved while it trains."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tiza.errors import ModelError
from tiza.nn.checks import checked_path, finite_number, switch, whole_number
from tiza.training.callbacks.callback import Callback, Logs, checked_verbose
from tiza.training.callbacks.monitor import Monitor

EVERY_EPOCH = "epoch"


class ModelCheckpoint(Callback):
    """Save the model at the end of every epoch, or only when it is better than before.

    Args:
        filepath: where to; `{epoch:02d}` (from 1), `{val_loss:.2f}` and the like are filled in, and `{batch}`
            if steps are counted. Folders that are missing are made.
        monitor: the number that tells which model is better.
        verbose: 1 tells what was done.
        save_best_only: save only when that number has become better.
        save_weights_only: call `model.save_weights` instead of `model.save`.
        mode: `min`, `max`, or `auto` if the name tells which way is better.
        save_freq: `epoch`, or a number of steps after which to save; then training returns at every step.
        initial_value_threshold: the number to be better than at first.

    Raises:
        ModelError: `save_freq` is neither, the path has a field that is not measured, or the name of the
            monitor does not tell which way is better.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = EVERY_EPOCH,
        initial_value_threshold: float | None = None,
    ) -> None:
        owner = type(self).__name__
        self.filepath = checked_path(f"{owner}: filepath", filepath)
        self.monitor = monitor
        self._watched = Monitor(owner, monitor, mode)
        self.verbose = checked_verbose(owner, verbose)
        self.save_best_only = switch(owner, "save_best_only", save_best_only)
        self.save_weights_only = switch(owner, "save_weights_only", save_weights_only)
        if save_freq != EVERY_EPOCH:
            save_freq = whole_number(f"{owner}: save_freq (steps, or 'epoch')", save_freq)
        self.save_freq = save_freq
        threshold = initial_value_threshold
        self._best = None if threshold is None else finite_number(owner, "initial_value_threshold", threshold)
        self._epoch = self._steps = 0

    def follows_steps(self) -> bool:
        """Return whether steps are counted."""
        return self.save_freq != EVERY_EPOCH

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin; the best number of an earlier training is kept, as in Keras."""
        self._steps = 0
        if self.save_best_only:
            self._watched.begin(self._best)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save after every `save_freq` steps, if steps are counted."""
        if self.save_freq == EVERY_EPOCH:
            return
        self._steps += 1
        if self._steps == self.save_freq:
            self._steps = 0
            self._save({**(logs or {}), "epoch": self._epoch + 1, "batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save, if epochs are counted."""
        if self.save_freq == EVERY_EPOCH:
            self._save({**(logs or {}), "epoch": epoch + 1})

    def _save(self, known: dict[str, Any]) -> None:
        if self.save_best_only and not self._is_better(known):
            return
        path = self._path(known)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            self.report("saved", epoch=known["epoch"], path=path)

    def _is_better(self, known: dict[str, Any]) -> bool:
        """Return whether the number is better than before; without it, the model is saved, as in Keras."""
        value = self._watched.value(known, self.params)
        if value is None:
            return True
        better = self._watched.improves(value, self._watched.best)
        if better:
            self._watched.best = self._best = value
        return better

    def _path(self, known: dict[str, Any]) -> str:
        try:
            return self.filepath.format(**known)
        except (KeyError, IndexError) as error:
            raise ModelError(
                f"ModelCheckpoint: got filepath={self.filepath!r}, whose field {error} is not known; known "
                f"are {', '.join(known)}."
            ) from None
