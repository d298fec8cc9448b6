"""Running loss and metrics, every sample counted as its weight says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def totals(results: Array, samples: Array, starts: list[int]) -> Array:
    """Return what parts of a run of steps add to the means, a line a part.

    Args:
        results: mean loss, each sum of the metrics, sum of weights of each step, `(steps, 2 + sums)`.
        samples: number of samples of each step, `(steps,)`.
        starts: the first step of each part.

    Returns:
        Sum of losses, the sums of the metrics, sum of weights, number of samples, `(parts, 3 + sums)`.

    Example:
        >>> totals(np.array([[0.5, 1.0, 2.0], [0.2, 1.0, 3.0]]), np.array([2, 3]), [0]).tolist()
        [[1.6, 2.0, 5.0, 5.0]]
    """
    losses = np.add.reduceat(results[:, 0] * samples, starts)
    others = np.add.reduceat(results, starts, axis=0)[:, 1:]
    return np.column_stack([losses, others, np.add.reduceat(samples, starts)])


@dataclass(frozen=True, slots=True)
class Part:
    """What some of the sums are.

    Attributes:
        count: how many.
        names: the names of the numbers.
        values: makes numbers by name of their totals, the sum of weights and the number of samples.
    """

    count: int
    names: tuple[str, ...]
    values: Callable[[Array, float, float], dict[str, float]]


@dataclass(slots=True)
class Means:
    """Running means of the loss, and what is made of the other running sums.

    Attributes:
        parts: what the sums are, in their order.
        totals: sums over the steps so far of what `totals` gives; None before the first.
    """

    parts: tuple[Part, ...]
    totals: Array | None = None

    @property
    def names(self) -> list[str]:
        """Names of all numbers."""
        return ["loss", *(name for part in self.parts for name in part.names)]

    def add(self, part: Array) -> None:
        """Count the totals of some steps."""
        self.totals = part if self.totals is None else self.totals + part

    def values(self) -> dict[str, float]:
        """Return the loss and everything else by name."""
        assert self.totals is not None
        loss, weight, samples = (float(self.totals[place]) for place in (0, -2, -1))
        measured = {"loss": loss / samples}
        sums = self.totals[1:-2]
        for part in self.parts:
            measured |= part.values(sums[: part.count], weight, samples)
            sums = sums[part.count :]
        return measured
