"""Some states of a training, kept within a budget, about equally far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST_SNAPSHOTS = 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a training.

    Attributes:
        steps: how many steps were taken before it.
        values: the arrays of the state, in order; nobody writes to them.
        needed: whether no earlier state leads to it.
    """

    steps: int
    values: list[Array]
    needed: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return sum(one.nbytes for one in self.values)


class Snapshots:
    """Snapshots by steps; where they become too many, every other one is dropped and the stride doubles.

    Attributes:
        kept: the snapshots, earliest first.
        stride: steps from one to the next, at least.

    Example:
        >>> snapshots = Snapshots()
        >>> for steps in range(1000):
        ...     snapshots.offer(steps, [np.zeros(2)], budget=64)
        >>> [one.steps for one in snapshots.kept]
        [0, 256, 512, 768]
    """

    def __init__(self) -> None:
        self.kept: list[Snapshot] = []
        self.stride = 1

    def offer(self, steps: int, values: list[Array], budget: int) -> None:
        """Keep a state if the last one is a stride behind.

        Args:
            steps: how many steps were taken before it.
            values: the arrays of the state.
            budget: bytes of all snapshots together, at most.
        """
        if self.is_due(steps):
            self.put(Snapshot(steps, values), budget)

    def is_due(self, steps: int) -> bool:
        """Whether the last one is a stride behind."""
        return not self.kept or steps - self.kept[-1].steps >= self.stride

    def put(self, snapshot: Snapshot, budget: int) -> None:
        """Keep a state wherever the last one is; it takes the place of one after as many steps."""
        before = [one for one in self.kept if one.steps < snapshot.steps]
        capacity = min(MOST_SNAPSHOTS, budget // max(snapshot.nbytes, 1))
        self.kept = self._thinned([*before, snapshot], capacity)

    def keep_between(self, first: int, last: int) -> None:
        """Drop the states before and behind some steps."""
        self.kept = [one for one in self.kept if first <= one.steps <= last]

    def _thinned(self, kept: list[Snapshot], capacity: int) -> list[Snapshot]:
        if capacity < 1:
            return []
        while len(kept) > capacity:
            if all(one.needed for one in kept):
                # what nothing else leads to is given up only among its like, the last one never
                kept = kept[::-2][::-1]
                self.stride = 1 + (kept[-1].steps - kept[0].steps) // capacity
            elif self.stride > kept[-1].steps - kept[0].steps:
                kept = [one for one in kept if one.needed]
            else:
                self.stride *= 2
                kept = _apart(kept, self.stride)
        return kept


def _apart(kept: list[Snapshot], stride: int) -> list[Snapshot]:
    """Return the snapshots that are needed or so many steps behind the one before."""
    found: list[Snapshot] = []
    for one in kept:
        if one.needed or not found or one.steps - found[-1].steps >= stride:
            found.append(one)
    return found
