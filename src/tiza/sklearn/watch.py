"""Whether training still becomes better, by scikit-learn's rule."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Watch:
    """Counts epochs that were not better than the best so far by a tolerance.

    Attributes:
        best: the best value so far; more is better.
        without: epochs since one was better.

    Example:
        >>> watch = Watch()
        >>> watch.note(-1.0, tolerance=0.1), watch.note(-0.95, tolerance=0.1)
        (True, True)
        >>> watch.best, watch.without
        (-0.95, 1)
    """

    best: float = -math.inf
    without: int = 0

    def note(self, value: float, tolerance: float) -> bool:
        """Count an epoch, and return whether it is the best, by however little."""
        self.without = self.without + 1 if value < self.best + tolerance else 0
        is_best = value > self.best
        if is_best:
            self.best = value
        return is_best

    def fewest_epochs_left(self, patience: float) -> float:
        """Return how many epochs there will be at least before patience is over."""
        return max(1, patience + 1 - self.without)
