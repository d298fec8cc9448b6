"""Running means of loss and metrics, every sample counted as its weight says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def totals(results: Array, samples: Array, starts: list[int]) -> Array:
    """Return what parts of a run of steps add to the means, a line a part.

    Args:
        results: mean loss, sum of each metric, sum of weights of each step, `(steps, 2 + metrics)`.
        samples: number of samples of each step, `(steps,)`.
        starts: the first step of each part.

    Returns:
        Sum of losses, sum of each metric, sum of weights, number of samples, `(parts, 3 + metrics)`.

    Example:
        >>> totals(np.array([[0.5, 1.0, 2.0], [0.2, 1.0, 3.0]]), np.array([2, 3]), [0]).tolist()
        [[1.6, 2.0, 5.0, 5.0]]
    """
    losses = np.add.reduceat(results[:, 0] * samples, starts)
    others = np.add.reduceat(results, starts, axis=0)[:, 1:]
    return np.column_stack([losses, others, np.add.reduceat(samples, starts)])


@dataclass(slots=True)
class Means:
    """Running means.

    Attributes:
        names: of the metrics.
        totals: sums over the steps so far of what `totals` gives; None before the first.
    """

    names: tuple[str, ...]
    totals: Array | None = None

    def add(self, part: Array) -> None:
        """Count the totals of some steps."""
        self.totals = part if self.totals is None else self.totals + part

    def values(self) -> dict[str, float]:
        """Return the means by name."""
        assert self.totals is not None
        loss, *metrics, weight, samples = self.totals.tolist()
        sums = zip(self.names, metrics, strict=True)
        return {"loss": loss / samples, **{name: total / (weight or 1.0) for name, total in sums}}
