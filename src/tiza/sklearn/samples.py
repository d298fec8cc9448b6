"""Samples as an estimator is given them, checked, and as the arrays that a network's steps read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from tiza.errors import DataError
from tiza.nn.network import Network
from tiza.sklearn.architecture import dense
from tiza.sklearn.targets import Targets
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Samples:
    """Checked samples.

    Attributes:
        x: features, which may be sparse.
        y: targets as the user gave them.
        weights: how much each sample counts.
    """

    x: Any
    y: Any
    weights: Array | None = None

    @property
    def mean_weight(self) -> float:
        """How much a sample counts in the mean."""
        return 1.0 if self.weights is None else float(self.weights.mean(dtype="float64"))

    def part(self, rows: Array) -> Samples:
        """Return some of the samples."""
        return Samples(self.x[rows], self.y[rows], None if self.weights is None else self.weights[rows])

    def split(
        self, fraction: float, targets: Targets, random_state: np.random.RandomState
    ) -> tuple[Samples, Samples]:
        """Return samples to train on, and a fraction of them to validate with.

        Raises:
            DataError: too few are left for validation.
        """
        rows = np.arange(self.x.shape[0])
        train, held = train_test_split(
            rows, random_state=random_state, test_size=fraction, stratify=targets.strata(self.y)
        )
        if len(held) < 2:
            raise DataError(
                f"The validation set is too small: validation_fraction={fraction!r} of {len(rows)} samples "
                f"is {len(held)}, expected 2 or more."
            )
        return self.part(train), self.part(held)

    def data(self, targets: Targets, network: Network) -> Data:
        """Return what a step of the network reads.

        Raises:
            DataError: a target is one that the loss does not take, or too large for the network's dtype.
        """
        encoded = targets.loss.checked_targets(targets.encoded(self.y), network.output)
        return Data((dense(self.x, str(network.dtype)),), (encoded,), self.weights)


def parts_of_validation_data(given: Any) -> tuple[Any, Any, Any]:
    """Return features, targets and perhaps weights.

    Raises:
        DataError: it is neither a pair nor a triple.
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) not in (2, 3):
        raise DataError(f"validation_data: got {given!r:.60}, expected (X, y) or (X, y, sample_weight).")
    x, y, weights = (*given, None)[:3]
    return x, y, weights
