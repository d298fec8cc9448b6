"""Hyperparameters: which numbers one may be, and the error that names one that may not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from tiza.errors import ModelError


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`.

    Example:
        >>> print(Interval(0.0, 1.0))
        a number of at least 0, below 1
    """

    low: float = 0.0
    high: float = math.inf
    includes_low: bool = True
    includes_high: bool = False

    def __contains__(self, number: float) -> bool:
        above = number >= self.low if self.includes_low else number > self.low
        below = number <= self.high if self.includes_high else number < self.high
        return math.isfinite(number) and above and below

    def __str__(self) -> str:
        lower = f"of at least {self.low:g}" if self.includes_low else f"above {self.low:g}"
        upper = f"at most {self.high:g}" if self.includes_high else f"below {self.high:g}"
        return f"a number {lower}, {'no upper limit' if self.high == math.inf else upper}"


NOT_NEGATIVE = Interval()
POSITIVE = Interval(includes_low=False)
DECAY = Interval(0.0, 1.0)
"""Decay rates of running means: 1 would never take in anything new."""
FRACTION = Interval(0.0, 1.0, includes_high=True)


def check_number(owner: str, name: str, value: object, allowed: Interval) -> None:
    """Check that a hyperparameter is a number within an interval.

    Raises:
        ModelError: it is not.
    """
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if number not in allowed:
        raise ModelError(f"{owner}: got {name}={value!r}, expected {allowed}.")


def check_numbers(part: Any, allowed: Mapping[str, Interval]) -> None:
    """Check fields of a dataclass; one whose default is None may be None.

    Raises:
        ModelError: one is not a number within its interval.
    """
    optional = {one.name for one in fields(part) if one.default is None}
    for name, interval in allowed.items():
        value = getattr(part, name)
        if value is not None or name not in optional:
            check_number(type(part).__name__, name, value, interval)
