"""What a worked example of a course is: what its slides print, the exact numbers, and what Tiza computes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What a printed number is."""

    REPRODUCED = "reproduced"
    TRUNCATED = "truncated"
    WRONG = "wrong"
    NOT_PRINTED = ""


@dataclass(frozen=True)
class Row:
    """One number of an example.

    Attributes:
        quantity: its name, one of those that the example computes.
        printed: what the slide prints; empty if it prints nothing, words if it prints no number.
        exact: the number, worked out apart from Tiza with 30 digits, and rounded.
        own_way: what the slide's own way gives, where that explains the difference.
        note: why the slide differs.
        within: how far the computed number may be from the exact one; None allows half a unit of its last
            digit.
    """

    quantity: str
    printed: str
    exact: str
    own_way: str = ""
    note: str = ""
    within: float | None = None

    @property
    def tolerance(self) -> Decimal:
        """How far the computed number may be from the exact one."""
        return half_a_unit(self.exact) if self.within is None else Decimal(repr(self.within))

    @property
    def verdict(self) -> Verdict:
        """What the printed number is, measured by the exact one."""
        return verdict(self.printed, self.exact)

    @property
    def verdict_by_own_way(self) -> Verdict:
        """What the printed number is, measured by what the slide's own way gives."""
        return verdict(self.printed, self.own_way) if self.own_way else Verdict.NOT_PRINTED


@dataclass(frozen=True)
class Example:
    """A worked example.

    Attributes:
        course: number of the course.
        title: what is worked out.
        compute: from the name of an engine to the numbers by quantity, through Tiza's public functions.
        rows: the numbers.
    """

    course: str
    title: str
    compute: Callable[[str], Mapping[str, float]]
    rows: tuple[Row, ...]


def half_a_unit(number: str) -> Decimal:
    """Return half a unit of a number's last digit."""
    return Decimal((0, (5,), _exponent(number) - 1))


def verdict(printed: str, exact: str) -> Verdict:
    """Return what a printed number is: the exact one rounded (half away from zero), cut off, or neither.

    Example:
        >>> [str(verdict(one, "0.698970")) for one in ("0.699", "0.698", "0.697")]
        ['reproduced', 'truncated', 'wrong']
    """
    if not is_number(printed):
        return Verdict.NOT_PRINTED
    shown, number = Decimal(printed), Decimal(exact)
    unit = Decimal((0, (1,), _exponent(printed)))
    if number.quantize(unit, ROUND_HALF_UP) == shown:
        return Verdict.REPRODUCED
    return Verdict.TRUNCATED if number.quantize(unit, ROUND_DOWN) == shown else Verdict.WRONG


def is_number(text: str) -> bool:
    """Return whether a text is a decimal number."""
    return re.fullmatch(r"-?\d*\.?\d+([eE]-?\d+)?", text) is not None


def _exponent(number: str) -> int:
    exponent = Decimal(number).as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def all_examples() -> list[Example]:
    """Return the examples of every file `course_*.py` beside this one."""
    files = sorted(Path(__file__).parent.glob("course_*.py"))
    return [one for file in files for one in importlib.import_module(f"courses.{file.stem}").EXAMPLES]
