"""Running loss and metrics, every sample counted as its weight says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def terms(results: Array, samples: Array) -> Array:
    """Return what steps add to the running sums, a line a step.

    Args:
        results: mean loss, each sum of the metrics, sum of weights of each step, `(steps, 2 + sums)`.
        samples: number of samples of each step, `(steps,)`.

    Returns:
        Sum of losses, the sums of the metrics, sum of weights, number of samples, `(steps, 3 + sums)`.

    Example:
        >>> terms(np.array([[0.5, 1.0, 2.0], [0.2, 1.0, 3.0]]), np.array([2, 5])).tolist()
        [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 3.0, 5.0]]
    """
    return np.column_stack([results[:, 0] * samples, results[:, 1:], samples])


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
        totals: sums over the steps so far of what `terms` gives; None before the first.
    """

    parts: tuple[Part, ...]
    totals: Array | None = None

    @property
    def names(self) -> list[str]:
        """Names of all numbers."""
        return ["loss", *(name for part in self.parts for name in part.names)]

    def add(self, steps: Array) -> None:
        """Count the terms of some steps."""
        # one after the other: how steps come together then changes no bit
        before = [] if self.totals is None else [self.totals[np.newaxis]]
        self.totals = np.add.accumulate(np.concatenate([*before, steps]))[-1]

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
