"""The loop over epochs: steps, validation, callbacks, history; numbers and events, no printing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tiza.errors import NonFiniteError
from tiza.training.callbacks.callback_list import CallbackList
from tiza.training.history import History
from tiza.training.trainer import Epochs, StepsEvent


class Display(Protocol):
    """What shows how training goes."""

    def show(self, event: StepsEvent) -> None:
        """Show some steps."""

    def end_epoch(self, epoch: int, measured: dict[str, Any]) -> None:
        """Show an epoch that is done."""


@dataclass(slots=True)
class EpochLoop:
    """Tells callbacks, measures validation data and keeps the history while events of training come in.

    Attributes:
        epochs: which epochs.
        callbacks: what is told.
        validate: measures validation data after an epoch; an empty mapping if it is not due.
        stopped: whether somebody wants training to end.
        display: what shows how it goes.
        history: the epochs that are done.
        settled: the events of the trainer's last return; see `Trainer.train`.
    """

    epochs: Epochs
    callbacks: CallbackList
    validate: Callable[[int], dict[str, float]]
    stopped: Callable[[], bool]
    display: Display
    history: History
    settled: list[StepsEvent] = field(default_factory=list)

    def run(self, events: Iterator[StepsEvent], iterations: Callable[[], int]) -> None:
        """Go through all epochs.

        Args:
            events: what the trainer yields.
            iterations: how many steps the optimizer has taken, in its life.
        """
        self.callbacks.tell("on_train_begin", {})
        logs: dict[str, Any] = {}
        try:
            for epoch in range(self.epochs.first, self.epochs.until):
                logs = self._epoch(epoch, events) or logs
                if self.stopped():
                    break
        finally:
            self._record_what_was_settled(iterations())
        self.callbacks.tell("on_train_end", logs)

    def _epoch(self, epoch: int, events: Iterator[StepsEvent]) -> dict[str, Any] | None:
        """Take the steps of an epoch; return its logs, or None if it has no step."""
        self.callbacks.tell("on_epoch_begin", epoch, {})
        event = self._steps(events)
        if event is None:
            return None
        logs: dict[str, Any] = dict(event.measured)
        try:
            logs.update(self.validate(epoch))
            self.callbacks.tell("on_epoch_end", epoch, logs)
        finally:
            # its steps are taken, whatever a callback does
            self.history.append(epoch, logs)
        self.display.end_epoch(epoch, logs)
        return logs

    def _steps(self, events: Iterator[StepsEvent]) -> StepsEvent | None:
        """Take steps until the epoch is done, or a callback that follows them ends training.

        Returns:
            The last event; None if the first step failed.
        """
        follows = self.callbacks.follows_steps()
        last: StepsEvent | None = None
        while last is None or not (last.ends_epoch or (follows and self.stopped())):
            if follows:
                self.callbacks.tell("on_train_batch_begin", last.done if last else 0, {})
            try:
                last = next(events)
            except NonFiniteError as error:
                self.callbacks.tell("on_not_finite", error)
                if not self.stopped():
                    raise
                return last
            self.display.show(last)
            if follows:
                self.callbacks.tell("on_train_batch_end", last.done - 1, dict(last.measured))
        return last

    def _record_what_was_settled(self, iterations: int) -> None:
        """Record epochs that are done though nobody was told: training was interrupted in between."""
        for event in self.settled:
            if event.ends_epoch and event.iterations <= iterations and event.epoch not in self.history.epoch:
                self.history.append(event.epoch, event.measured)
