"""Training by steps, epoch after epoch, until it no longer becomes better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tiza.models.progress import ProgressDisplay
from tiza.sklearn.course import Course
from tiza.training.state import State
from tiza.training.trainer import Data, Epochs, Returns, Trainer


@dataclass(frozen=True, slots=True)
class Settings:
    """How long training goes on, and how it reads the data.

    Attributes:
        max_iter: the most epochs.
        batch_size: samples a step.
        shuffle: whether each epoch has an order of its own.
        tolerance: what is better by no more than this is not better.
        patience: training ends after more epochs than these that were not better.
        watches_score: whether the validation score is to become better, not the loss.
    """

    max_iter: int
    batch_size: int
    shuffle: bool
    tolerance: float
    patience: float
    watches_score: bool


@dataclass(frozen=True, slots=True)
class Descent:
    """Epochs of steps.

    Attributes:
        trainer: takes the steps.
        data: what they read.
        settings: how long and how.
        told_loss: (loss, penalty in it) -> the loss that is told.
        validate: measures a state; None if nothing is validated.
        display: shows how it goes.
    """

    trainer: Trainer
    data: Data
    settings: Settings
    told_loss: Callable[[float, float], float]
    validate: Callable[[State], float] | None
    display: ProgressDisplay

    def run(self, course: Course) -> bool:
        """Train, and return whether training ended by itself; `course` is true at every moment."""
        course.iterations = 0
        while course.iterations < self.settings.max_iter:
            self._train(course, self._epochs_before_a_decision(course))
            course.rate.after_epochs(course.samples)
            if course.watch.without <= self.settings.patience:
                continue
            if not course.rate.goes_on():
                return True
            course.watch.without = 0
        return False

    def _epochs_before_a_decision(self, course: Course) -> int:
        """Return how many epochs are taken at once: nothing can end or change before their end."""
        left = self.settings.max_iter - course.iterations
        if self.validate is not None or course.rate.changes_every_epoch:
            return 1
        return int(min(left, course.watch.fewest_epochs_left(self.settings.patience)))

    def _train(self, course: Course, count: int) -> None:
        epochs = Epochs(count, self.settings.batch_size, self.settings.shuffle, returns=Returns.ANYWHERE)
        for event in self.trainer.train(course.state, self.data, epochs, lambda: course.rate.value):
            if event.ends_epoch:
                self._note(course, event.measured)

    def _note(self, course: Course, measured: Mapping[str, float]) -> None:
        """Take note of an epoch that is done."""
        course.iterations += 1
        course.samples += self.data.samples
        found = {"loss": self.told_loss(measured["loss"], measured.get("penalty", 0.0))}
        if self.validate is not None:
            found["val_score"] = self.validate(course.state)
        course.record(**found)
        self.display.end_epoch(course.iterations - 1, found)
        value = found["val_score"] if self.settings.watches_score else -found["loss"]
        if course.watch.note(value, self.settings.tolerance) and self.settings.watches_score:
            course.best = dict(course.state)
