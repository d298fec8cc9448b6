"""A step along a direction that meets the strong Wolfe conditions; Nocedal and Wright (2006), section 3.5."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DECREASE = 1e-3
"""Part of the decrease that the slope at the start promises, which a step has to reach."""
CURVATURE = 0.9
"""Part of the slope at the start that may be left after a step."""
MOST_TRIALS = 20
FARTHEST = 4.0
"""How many times the last advance one trial may go on beyond it."""
MARGIN = 0.1
"""Part of an interval, at either end, that a trial inside it keeps away from."""
NARROW = 0.1
"""Part of a step that is too short an interval to search: a kink may be in it (SciPy's xtol)."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A point on the line.

    Attributes:
        step: how far along the direction it lies.
        value: of the function there.
        slope: derivative of the function along the direction.
        x: the point, `(n,)`.
        gradient: of the function there, `(n,)`.
    """

    step: float
    value: float
    slope: float
    x: Array
    gradient: Array

    @property
    def is_finite(self) -> bool:
        """Whether the function and its derivative are finite there."""
        return math.isfinite(self.value) and math.isfinite(self.slope)


@dataclass(slots=True)
class LineSearch:
    """A search along one direction.

    Attributes:
        evaluate: the trial at a step.
        start: the trial at step 0, whose slope is negative.
        left: trials that may still be made.
    """

    evaluate: Callable[[float], Trial]
    start: Trial
    left: int = MOST_TRIALS

    def run(self, first: float) -> Trial | None:
        """Return a trial that meets the conditions, or is at least low enough; None if there is none."""
        low, step = self.start, first
        while self.left:
            trial = self._try(step)
            if not self._is_low(trial) or (low is not self.start and trial.value >= low.value):
                return self._zoom(low, trial)
            if self._is_flat(trial):
                return trial
            if trial.slope >= 0.0:
                return self._zoom(trial, low)
            step = _beyond(low, trial)
            low = trial
        return self._accepted(low)

    def _zoom(self, low: Trial, high: Trial) -> Trial | None:
        """Return a trial between the best one so far and one beyond a minimum."""
        while self.left:
            step = _between(low, high)
            if step in (low.step, high.step) or (low is not self.start and _is_narrow(low, high)):
                break
            trial = self._try(step)
            if not self._is_low(trial) or trial.value >= low.value:
                high = trial
                continue
            if self._is_flat(trial):
                return trial
            if trial.slope * (high.step - low.step) >= 0.0:
                high = low
            low = trial
        return self._accepted(low)

    def _try(self, step: float) -> Trial:
        self.left -= 1
        return self.evaluate(step)

    def _is_low(self, trial: Trial) -> bool:
        promised = DECREASE * trial.step * self.start.slope
        return trial.is_finite and trial.value <= self.start.value + promised

    def _is_flat(self, trial: Trial) -> bool:
        return abs(trial.slope) <= -CURVATURE * self.start.slope

    def _accepted(self, low: Trial) -> Trial | None:
        return None if low is self.start else low


def _is_narrow(low: Trial, high: Trial) -> bool:
    """Return whether little is to be gained between two trials: their steps are almost the same."""
    return abs(high.step - low.step) <= NARROW * max(low.step, high.step)


def _cubic_minimum(one: Trial, other: Trial) -> float:
    """Return where the cubic through two trials, with their slopes, is lowest; not a number if nowhere."""
    width = other.step - one.step
    chord = one.slope + other.slope - 3.0 * (one.value - other.value) / (one.step - other.step)
    square = chord * chord - one.slope * other.slope
    if not (one.is_finite and other.is_finite) or square < 0.0:
        return math.nan
    root = math.copysign(math.sqrt(square), width)
    bottom = other.slope - one.slope + 2.0 * root
    return other.step - width * (other.slope + root - chord) / bottom if bottom else math.nan


def _between(low: Trial, high: Trial) -> float:
    """Return a step inside an interval: where a cubic is lowest, or the middle."""
    left, right = sorted((low.step, high.step))
    margin = MARGIN * (right - left)
    step = _cubic_minimum(low, high)
    if math.isnan(step):
        return 0.5 * (left + right)
    return min(max(step, left + margin), right - margin)


def _beyond(before: Trial, last: Trial) -> float:
    """Return a step farther than the last: where a cubic is lowest, within limits."""
    advance = last.step - before.step
    nearest, farthest = last.step + (1.0 + MARGIN) * advance, last.step + FARTHEST * advance
    step = _cubic_minimum(before, last)
    # of a cubic that falls for ever the lowest point is not ahead
    if math.isnan(step) or step <= last.step:
        return farthest
    return min(max(step, nearest), farthest)
