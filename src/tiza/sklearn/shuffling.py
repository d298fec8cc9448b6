"""Training that reads samples in the order in which scikit-learn would."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.graph.graph import Graph
from tiza.training.state import State
from tiza.training.step import Batch
from tiza.training.trainer import Data, Run, Trainer

Array = np.ndarray[Any, Any]


class ShuffledTrainer(Trainer):
    """A trainer whose orders come from a `RandomState`, each a shuffle of the one before.

    Args:
        known: the trainer whose programs are used; others may use them too.
        random_state: what shuffles.
        usual_rows: samples of a step that code is laid out for, so that fewer samples need no other code.
    """

    def __init__(self, known: Trainer, random_state: np.random.RandomState, usual_rows: int) -> None:
        super().__init__(known.objective, known.optimizer, known.engine)
        self._known = known
        self._random_state = random_state
        self._usual_rows = usual_rows
        self._last: Array | None = None
        self._run: Run | None = None

    def begin(self, state: State, data: Data, batch_size: int) -> Run:
        """Return the run of the call before, if it read the same data; its steps take another state over."""
        if self._run is None or self._run.data is not data:
            self._run = super().begin(state, data, batch_size)
        return self._run

    def graph(self, batch: Batch) -> Graph:
        """Return the canonical graph of a step for batches of these types."""
        return self._known.graph(batch)

    def program(self, batch: Batch, usual: int) -> Any:
        """Return the step for batches of these types, laid out for as many rows as all are."""
        return self._known.program(batch, max(usual, self._usual_rows))

    def orders(self, state: State, samples: int, batch_size: int, shuffle: bool, count: int) -> Array:
        """Return the order of rows of `count` epochs, `(count, samples)`."""
        if not shuffle:
            return super().orders(state, samples, batch_size, shuffle, count)
        orders = np.empty((count, samples), "int64")
        last = np.arange(samples) if self._last is None else self._last
        for order in orders:
            places = np.arange(samples)
            self._random_state.shuffle(places)
            np.take(last, places, out=order)
            last = order
        self._last = last
        return orders
