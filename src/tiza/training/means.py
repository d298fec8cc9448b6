"""Running means of loss and metrics, every sample counted as its weight says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def step_totals(results: Array, samples: Array) -> Array:
    """Return what each step adds to the means, a line a step.

    Args:
        results: mean loss, sum of each metric, sum of weights of each step, `(steps, 2 + metrics)`.
        samples: number of samples of each step, `(steps,)`.

    Returns:
        Sum of losses, sum of each metric, sum of weights, number of samples, `(steps, 3 + metrics)`.

    Example:
        >>> step_totals(np.array([[0.5, 1.0, 2.0]]), np.array([2])).tolist()
        [[1.0, 1.0, 2.0, 2.0]]
    """
    totals = np.empty((len(results), results.shape[1] + 1))
    totals[:, :-1] = results
    totals[:, 0] *= samples
    totals[:, -1] = samples
    return totals


@dataclass(slots=True)
class Means:
    """Running means.

    Attributes:
        names: of the metrics.
        totals: sums over the steps so far of what `step_totals` gives; None before the first.
    """

    names: tuple[str, ...]
    totals: Array | None = None

    def add(self, totals: Array) -> None:
        """Count the totals of a step, or the sum over some steps."""
        self.totals = totals if self.totals is None else self.totals + totals

    def values(self) -> dict[str, float]:
        """Return the means by name."""
        assert self.totals is not None
        loss, *metrics, weight, samples = self.totals.tolist()
        sums = zip(self.names, metrics, strict=True)
        return {"loss": loss / samples, **{name: total / (weight or 1.0) for name, total in sums}}
