"""The likely cause of a wrong number: every mistake is made on purpose, and those that give it are named."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from tiza.blackboard.expressions import Element, Expression, Number
from tiza.sheets.formulas import Calculation
from tiza.sheets.mistakes import Mistake, Rank, Slip, slips
from tiza.sheets.numbers import WrittenNumber
from tiza.sheets.tolerance import own_tolerance, slack, tolerance

MOST_CAUSES = 4
_NEAR = 20
"""Tolerances within which it is worth working out a mistake's own tolerance."""
_MOST_LEAVES = 40
"""Numbers that a line is computed from; of more, none is tried for being copied wrong."""
_FEWEST_DIGITS = 3
"""Some number, copied wrong, gives almost any result of fewer digits."""


@dataclass(frozen=True)
class Cause:
    """A mistake that gives the number that was written.

    Attributes:
        slip: the mistake and the formulas that it changes.
        value: the number that it gives.
        calculation: what it was made in.
        tight: whether it gives the number to its last place, without the tolerance of earlier lines.
    """

    slip: Slip
    value: float
    calculation: Calculation
    tight: bool

    @property
    def mistake(self) -> Mistake:
        """Its kind."""
        return self.slip.mistake


@dataclass(frozen=True)
class Written:
    """What is to be explained.

    Attributes:
        value: the number as it was written.
        calculations: how it follows from the written numbers, and from the unrounded ones; both ways where a
            textbook has another formula.
        spreads: how far each written number may be from the one that the student went on with.
        rounds: whether he is known to round, never to truncate.
    """

    value: WrittenNumber
    calculations: Sequence[tuple[Calculation, Calculation]]
    spreads: Mapping[Element, float]
    rounds: bool = False

    def own(self, value: float) -> float:
        """Return how far the written number may be from the very value that it stands for."""
        return own_tolerance(self.value, value, self.rounds)


@dataclass(frozen=True)
class Causes:
    """What was found: the likely causes first, then those that are possible too."""

    likely: tuple[Cause, ...] = ()
    possible: tuple[Cause, ...] = ()

    @property
    def all(self) -> tuple[Cause, ...]:
        """Every cause that is named."""
        return self.likely + self.possible


def find_causes(written: Written) -> Causes:
    """Return the mistakes that give a written number, those that say more before others."""
    found = list(_one_a_kind(_fitting(written)))
    if not any(one.slip.rank < Rank.DECIMAL_SIGN for one in found):
        found += _digit(written)
    if not found:
        found = list(_one_a_kind(_copied(written)))
    return ranked(found)


def ranked(found: Sequence[Cause]) -> Causes:
    """Return causes in order: what fits to the last place, then by how much a cause explains."""
    if any(one.tight for one in found):
        found = [one for one in found if one.tight]
    if not found:
        return Causes()
    best = min(one.slip.rank for one in found)
    likely = [one for one in found if one.slip.rank == best]
    possible = [one for one in found if best < one.slip.rank < Rank.DECIMAL_SIGN]
    return Causes(tuple(likely[:MOST_CAUSES]), tuple(possible[: MOST_CAUSES - 1]))


def fits(cause: Slip, written: Written) -> bool:
    """Return whether a mistake gives a written number."""
    return next(_fitting(written, [cause]), None) is not None


def _fitting(written: Written, tried: Iterable[Slip] | None = None) -> Iterator[Cause]:
    unit = written.value.unit
    for calculation, unrounded in written.calculations:
        usual = tolerance(calculation, written.value, written.spreads)
        for slip in slips(calculation) if tried is None else tried:
            found = calculation.value(slip.replaced)
            if not math.isfinite(found) or _same(found, calculation.expected, unit):
                continue
            if slip.rank is Rank.DECIMAL_SIGN and abs(found) < unit:
                continue  # none of the digits can be seen
            cause = _fit(slip, found, calculation, unrounded, written, usual)
            if cause is not None:
                yield cause


def _same(found: float, expected: float, unit: float) -> bool:
    """Return whether a mistake changes nothing that could be seen."""
    return abs(found - expected) <= unit / 2 + slack(expected)


def _fit(
    slip: Slip,
    found: float,
    calculation: Calculation,
    unrounded: Calculation,
    written: Written,
    usual: float,
) -> Cause | None:
    missed = abs(written.value.value - found)
    own = written.own(found)
    if missed <= own:
        return Cause(slip, found, calculation, True)
    if missed > _NEAR * usual:
        return None
    carried = unrounded.value(slip.replaced)
    if abs(written.value.value - carried) <= own:
        return Cause(slip, found, calculation, True)
    if missed <= tolerance(calculation, written.value, written.spreads, slip.replaced):
        return Cause(slip, found, calculation, False)
    return None


def _one_a_kind(found: Iterable[Cause]) -> Iterator[Cause]:
    """Yield the first cause of each kind, those to the last place first."""
    seen: set[Mistake] = set()
    for one in sorted(found, key=lambda cause: (not cause.tight, cause.slip.rank, cause.slip.partly)):
        if one.mistake not in seen:
            seen.add(one.mistake)
            yield one


# digits


def _digit(written: Written) -> list[Cause]:
    """Return the slip of the pen that makes the right number the written one, if there is one."""
    value = written.value
    if not value.unit:
        return []
    for calculation, unrounded in written.calculations:
        for expected in (calculation.expected, unrounded.expected):
            if math.isfinite(expected) and math.copysign(1, expected) == math.copysign(1, value.value):
                steps = abs(expected) / value.unit
                if steps > 1e15:
                    continue
                for right in (round(steps), math.floor(steps)):
                    if is_miscopied(str(right), value.digits):
                        slip = Slip(Mistake.DIGIT, Rank.DIGITS, calculation.root, {}, None)
                        return [Cause(slip, right * value.unit, calculation, True)]
    return []


def is_miscopied(right: str, written: str) -> bool:
    """Return whether one digit differs, or two that stand side by side are swapped.

    Example:
        >>> is_miscopied("508", "588"), is_miscopied("508", "580"), is_miscopied("508", "859")
        (True, True, False)
    """
    right, written = (one.zfill(max(len(right), len(written))) for one in (right, written))
    wrong = [at for at in range(len(right)) if right[at] != written[at]]
    if len(wrong) == 1:
        return len(right) > 1
    return (
        len(wrong) == 2
        and wrong[1] == wrong[0] + 1
        and right[wrong[0]] == written[wrong[1]]
        and right[wrong[1]] == written[wrong[0]]
    )


def _copied(written: Written) -> Iterator[Cause]:
    """Yield the given or earlier numbers that, copied wrong, give the written one, if it has some digits."""
    if len(written.value.digits) < _FEWEST_DIGITS:
        return
    for calculation, unrounded in written.calculations:
        taken = (*calculation.leaves, *calculation.written)
        for leaf in taken if len(taken) <= _MOST_LEAVES else ():
            literal = f"{calculation.value_of(leaf):.12g}"
            for other in miscopied(literal):
                instead: Mapping[Element, Expression] = {leaf: Number(Decimal(other))}
                slip = Slip(Mistake.COPIED, Rank.GIVEN, leaf, instead, Number(Decimal(other)))
                changed = {leaf: float(other)}
                found = calculation.value(changed=changed)
                own = written.own(found)
                tight = min(
                    abs(written.value.value - one) for one in (found, unrounded.value(changed=changed))
                )
                if math.isfinite(found) and tight <= own and not _same(found, calculation.expected, own):
                    yield Cause(slip, found, calculation, True)


def miscopied(literal: str) -> Iterator[str]:
    """Yield what a number may become when it is copied: another sign, another digit, two digits swapped.

    Example:
        >>> list(miscopied("0.12"))[:3], "0.21" in miscopied("0.12")
        (['-0.12', '0.02', '0.22'], True)
    """
    if "e" in literal or "n" in literal or len(literal) > 8:
        return
    yield literal.removeprefix("-") if literal.startswith("-") else f"-{literal}"
    places = [at for at, one in enumerate(literal) if one.isdigit()]
    significant = [at for at in places if literal[: at + 1].strip("-0.")]
    for at in significant:
        for digit in "0123456789":
            if digit != literal[at]:
                yield literal[:at] + digit + literal[at + 1 :]
    for first, second in pairwise(significant):
        if literal[first] != literal[second]:
            swapped = list(literal)
            swapped[first], swapped[second] = literal[second], literal[first]
            yield "".join(swapped)
