"""Numbers that separate causes: every common mistake gives a number of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tiza.blackboard.decimals import at_place, exact
from tiza.blackboard.expressions import Element
from tiza.exercises.problem import Problem

RIGHT = ""
"""Stands for no mistake."""
APART = 3
"""Units of the last place between two numbers, so that rounding does not bring them together."""
_SAME = 1e-9

Beside = Callable[[], Problem]
"""The same problem with numbers that are nearly these and that no chance makes equal."""


@dataclass(frozen=True)
class WrongNumber:
    """A number that mistakes give.

    Attributes:
        element: the quantity that is asked for.
        mistakes: what the mistakes are called, to be translated; several where they are the same formula.
        value: the number, rounded as the exercise asks.
    """

    element: Element
    mistakes: tuple[str, ...]
    value: Decimal


@dataclass(frozen=True)
class Confusion:
    """Two numbers that chance has made equal.

    Attributes:
        element: the quantity that is asked for.
        mistakes: what the mistakes are called; `RIGHT` for the right number.
    """

    element: Element
    mistakes: tuple[str, str]


@dataclass(frozen=True)
class _Attempt:
    """A mistake's number: in the problem, its last asked place, and in the problem beside."""

    mistake: str
    value: float
    place: int
    at: int


def rounded(value: float, decimals: int) -> Decimal:
    """Return a number as an answer is written, with all its decimals: half away from zero.

    Example:
        >>> rounded(-0.05307, 4), rounded(7.0, 0), rounded(0.0, 2)
        (Decimal('-0.0531'), Decimal('7'), Decimal('0.00'))
    """
    return at_place(exact(value), -decimals) or Decimal(0).scaleb(-decimals)


class Separation:
    """What the mistakes in a problem give, and which numbers are the same.

    Args:
        problem: the problem.
        beside: the problem with other numbers: what is equal there, too, is the same formula.
        decimals: places that are asked for.
        apart: units of the last place between two numbers that differ.
    """

    def __init__(self, problem: Problem, beside: Beside, decimals: int, apart: int = APART) -> None:
        self._problem = problem
        self._make_beside = beside
        self._beside: Problem | None = None
        self._found: dict[Element, list[_Attempt]] = {}
        self._beside_values: dict[Element, list[float]] = {}
        self._decimals = decimals
        self._apart = apart

    def confusions(self) -> Iterator[Confusion]:
        """Yield the pairs of numbers that chance has made equal or nearly so."""
        for element in self._problem.asked:
            for pair in self._confused(element):
                yield Confusion(element, pair)

    def wrong_numbers(self) -> tuple[WrongNumber, ...]:
        """Return what the mistakes give, in the order of the quantities; what changes nothing is left out."""
        found = []
        for element in self._problem.asked:
            right, *others = self._attempts(element)
            by_place: dict[int, dict[str, None]] = {}
            for one in others:
                if one.place != right.place:
                    by_place.setdefault(one.place, {}).setdefault(one.mistake)
            found += [
                WrongNumber(element, tuple(mistakes), Decimal(place).scaleb(-self._decimals))
                for place, mistakes in by_place.items()
            ]
        return tuple(found)

    def _confused(self, element: Element) -> Iterator[tuple[str, str]]:
        attempts = sorted(self._attempts(element), key=lambda one: one.place)
        told = set()
        for at, first in enumerate(attempts):
            for second in attempts[at + 1 :]:
                if second.place - first.place >= self._apart:
                    break
                pair = (min(first.mistake, second.mistake), max(first.mistake, second.mistake))
                if pair[0] != pair[1] and pair not in told and not self._same_formula(element, first, second):
                    told.add(pair)
                    yield pair

    def _attempts(self, element: Element) -> list[_Attempt]:
        """Return the right number and those of the mistakes."""
        if element not in self._found:
            self._found[element] = self._worked_out(element)
        return self._found[element]

    def _worked_out(self, element: Element) -> list[_Attempt]:
        values = [(RIGHT, self._problem.value(element)), *self._problem.attempts(self._problem, element)]
        return [
            _Attempt(mistake, value, int(rounded(value, self._decimals).scaleb(self._decimals)), at)
            for at, (mistake, value) in enumerate(values)
            if math.isfinite(value)
        ]

    def _same_formula(self, element: Element, first: _Attempt, second: _Attempt) -> bool:
        """Return whether two numbers are equal whatever the problem's numbers are."""
        if abs(first.value - second.value) > _SAME:
            return False
        values = self._values_beside(element)
        if max(first.at, second.at) >= len(values):
            return False
        return abs(values[first.at] - values[second.at]) <= _SAME

    def _values_beside(self, element: Element) -> list[float]:
        if self._beside is None:
            self._beside = self._make_beside()
        if element not in self._beside_values:
            found = [value for _, value in self._beside.attempts(self._beside, element)]
            self._beside_values[element] = [self._beside.value(element), *found]
        return self._beside_values[element]


def by_mistake(found: tuple[WrongNumber, ...]) -> Mapping[tuple[str, ...], list[WrongNumber]]:
    """Return the wrong numbers of each mistake; mistakes that are one formula stand together."""
    grouped: dict[tuple[str, ...], list[WrongNumber]] = {}
    for one in found:
        grouped.setdefault(one.mistakes, []).append(one)
    return grouped
