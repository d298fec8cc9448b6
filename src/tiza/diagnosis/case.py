"""What is diagnosed: a network in training, where it started, and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.training.state import ITERATIONS, State, initial_values
from tiza.training.trainer import Data, Trainer

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A network in training.

    Attributes:
        trainer: network, loss, optimizer, engine.
        state: weights and what else training keeps, as they are now.
        data: checked data.
        learning_rate: the rate of the next step.
        seed: of the first weights.
        batch_size: samples a step.
        losses: the loss of every epoch of the last training.
    """

    trainer: Trainer
    state: State
    data: Data
    learning_rate: float
    seed: int
    batch_size: int
    losses: tuple[float, ...] = ()

    @property
    def is_trained(self) -> bool:
        """Whether the optimizer has taken a step."""
        return int(self.state[ITERATIONS]) > 0

    def start(self) -> State:
        """Return the state that training starts from: the present one before any step, else the seed's."""
        return self.state if not self.is_trained else initial_values(self.trainer.entries, self.seed)


def spread_rows(data: Data, count: int) -> Data:
    """Return at most `count` rows, spread evenly over the data.

    Example:
        >>> data = Data((np.arange(10.0)[:, None],), (np.arange(10.0)[:, None],))
        >>> spread_rows(data, 4).targets[0].ravel().tolist()
        [0.0, 3.0, 6.0, 9.0]
    """
    if data.samples <= count:
        return data
    rows = np.linspace(0, data.samples - 1, count).astype("int64")
    weights = None if data.weights is None else data.weights[rows]
    features, targets = (tuple(one[rows] for one in arrays) for arrays in (data.features, data.targets))
    return Data(features, targets, weights)
