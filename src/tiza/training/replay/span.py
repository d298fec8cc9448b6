"""Span: steps taken one behind another on one set of data, and what each of them reads."""

from __future__ import annotations

from dataclasses import dataclass

from tiza.training.replay.sources import Source
from tiza.training.trainer import Epochs


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step lies in its training.

    Attributes:
        epoch: number of its epoch, from 0.
        begins: how many steps were taken before its pass over the data, which its order is made of.
        step: its number in that pass, from 0.
    """

    epoch: int
    begins: int
    step: int


@dataclass(frozen=True, slots=True)
class Span:
    """Steps of one `fit` or one `train_on_batch`; steps are counted by how many were taken before.

    Attributes:
        first: the step that the training began with.
        source: where its data come from again.
        samples: how many rows they have.
        epochs: which epochs were trained, and how they read the data.
    """

    first: int
    source: Source
    samples: int
    epochs: Epochs

    @property
    def batch_size(self) -> int:
        """Samples a step."""
        return min(self.epochs.batch_size, self.samples)

    @property
    def steps_a_pass(self) -> int:
        """Steps that read every row once."""
        return -(-self.samples // self.batch_size)

    def place(self, step: int) -> Place:
        """Return where a step lies.

        Example:
            >>> from tiza.training.replay.sources import Lost
            >>> span = Span(100, Lost("gone"), 10, Epochs(9, 4, steps=2))
            >>> span.place(105)
            Place(epoch=3, begins=103, step=2)
        """
        number, place = divmod(step - self.first, self.steps_a_pass)
        steps = min(self.epochs.steps or self.steps_a_pass, self.steps_a_pass)
        epochs_a_pass = -(-self.steps_a_pass // steps)
        epoch = self.epochs.first + number * epochs_a_pass + place // steps
        return Place(epoch, self.first + number * self.steps_a_pass, place)
