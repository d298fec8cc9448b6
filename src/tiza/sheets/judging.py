"""Judging a sheet: every line from the student's own earlier lines, so that one slip counts once."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tiza.blackboard.expressions import Element
from tiza.sheets.causes import Cause, Causes, Written, find_causes, fits, ranked
from tiza.sheets.early_rounding import comes_from_rounded_steps
from tiza.sheets.formulas import Calculation, Formulas, World
from tiza.sheets.logarithms import in_natural_logarithms
from tiza.sheets.mistakes import Mistake, Rank
from tiza.sheets.numbers import WrittenNumber
from tiza.sheets.reading import WorkLine
from tiza.sheets.tolerance import own_tolerance, slack, tolerance, unwritten_rounding


class Verdict(StrEnum):
    """What is said of a line."""

    RIGHT = "right"
    WRONG = "wrong"
    SAME_MISTAKE = "same mistake"
    CARRIED = "carried"


class Remark(StrEnum):
    """What is said of a line that is right."""

    NONE = ""
    TRUNCATED = "truncated"
    UNROUNDED = "from unrounded numbers"
    STEPS_ROUNDED = "steps rounded"
    CORRECTED = "right again"
    NATURAL_LOGARITHM = "natural logarithm"
    NEW_WEIGHT = "new weight"


SURE_OF_HABIT = 3
"""Lines that show how a student rounds."""

MOST_SEARCHED = 40
"""Wrong lines of a sheet whose cause is looked for."""


@dataclass(frozen=True, slots=True)
class OtherResult:
    """A formula and what it gives, or another number in the same line.

    Attributes:
        text: as it was written.
        value: what it gives.
        is_number: whether it is a number itself.
    """

    text: str
    value: float
    is_number: bool = False


@dataclass(frozen=True)
class JudgedLine:
    """One line and what is said of it.

    Attributes:
        line: the line as it was written.
        element: the quantity.
        verdict: what is said of it.
        expected: what follows from the student's earlier lines.
        exact: what follows from the data alone.
        corrected: what follows from his right lines alone.
        tolerance: how far it might be from `expected`; with what rounding unwritten steps costs, where that
            is why it is right.
        calculation: how it follows from his earlier lines.
        remark: what is said besides.
        causes: the mistakes that give this number, if it is wrong.
        decided_by: the line that decides between several causes.
        otherwise: a formula in the line that gives another number, though the line's is right.
        repeats: the first line about the same quantity, under another name; that one counts.
    """

    line: WorkLine
    element: Element
    verdict: Verdict
    expected: float
    exact: float
    tolerance: float
    calculation: Calculation
    remark: Remark = Remark.NONE
    causes: Causes = field(default_factory=Causes)
    decided_by: WorkLine | None = None
    otherwise: OtherResult | None = None
    corrected: float = math.nan
    repeats: WorkLine | None = None

    @property
    def cost(self) -> float:
        """How far the written number is from the exact one, as a part of that."""
        missed = abs(self.line.value.value - self.exact)
        return missed / abs(self.exact) if self.exact else 0.0


def judge(formulas: Formulas, work: Sequence[tuple[WorkLine, Element]]) -> list[JudgedLine]:
    """Return what is said of each line, in the order in which they depend on each other."""
    return _Judge(formulas, work).judged()


class _Judge:
    def __init__(self, formulas: Formulas, work: Sequence[tuple[WorkLine, Element]]) -> None:
        self._formulas = formulas
        self._work = in_order(formulas, work)
        self._decimals = _usual_decimals([line for line, _ in work])
        self._first = {element: line for line, element in reversed(self._work)}
        self._given = {element: line.value.value for element, line in self._first.items()}
        self._worlds = [formulas.with_numbers(self._given, way) for way in formulas.ways]
        self._unrounded: list[World] = []
        self._off_course: set[Element] = set()
        self._wrong: dict[Element, float] = {}
        self._spreads: dict[Element, float] = {}
        self._searched = 0
        self._rounded = 0
        self._truncated = 0
        self._renew()

    def _renew(self) -> None:
        """Make the formulas anew with the wrong numbers, and everything else unrounded."""
        self._unrounded = [self._formulas.with_numbers(self._wrong, way) for way in self._formulas.ways]

    def judged(self) -> list[JudgedLine]:
        found: list[JudgedLine] = []
        for line, element in self._work:
            first = self._first[element]
            if line is not first:
                found.append(self._again(line, element, found))
                continue
            judged = self._judge(line, element, found)
            found.append(judged)
            self._learn(judged)
        right = {one.element: one.line.value.value for one in found if one.verdict is Verdict.RIGHT}
        world = self._formulas.with_numbers(right, self._formulas.ways[0])
        return [_corrected(one, world.value(one.element)) for one in found]

    def _again(self, line: WorkLine, element: Element, before: Sequence[JudgedLine]) -> JudgedLine:
        """Judge a quantity that was written before; a wrong number that is repeated is no new mistake."""
        first = next(one for one in before if one.element == element)
        if first.verdict is Verdict.RIGHT or not agree(first.line.value, line.value):
            return replace(self._judge(line, element, before), repeats=first.line)
        verdict = Verdict.SAME_MISTAKE if first.verdict is Verdict.WRONG else first.verdict
        return replace(first, line=line, verdict=verdict, repeats=first.line)

    def _learn(self, judged: JudgedLine) -> None:
        """Note how far the student's own number may be from what he wrote, and whether it is off course."""
        element, value = judged.element, judged.line.value
        right = judged.verdict in (Verdict.RIGHT, Verdict.CARRIED)
        carried = self._unrounded[0].value(element)
        self._note_habit(judged, carried)
        close = right and abs(carried - value.value) <= slack(carried)
        self._spreads[element] = 0.0 if close else value.unit
        if judged.verdict is not Verdict.RIGHT:
            self._off_course.add(element)
        if not right:
            self._wrong[element] = value.value
            self._renew()

    def _note_habit(self, judged: JudgedLine, carried: float) -> None:
        """Note whether he rounds or truncates."""
        value, unit = judged.line.value.value, judged.line.value.unit
        if judged.verdict is Verdict.RIGHT and unit:
            missed = min(abs(value - one) for one in (judged.expected, carried))
            if missed > unit / 2 + slack(value):
                self._truncated += 1
            elif missed > slack(value):
                self._rounded += 1

    def _judge(self, line: WorkLine, element: Element, before: Sequence[JudgedLine]) -> JudgedLine:
        exact = self._formulas.exact(element)
        value = line.value
        judged = self._compared(line, element, exact)
        if judged.verdict is Verdict.RIGHT:
            off_course = any(one in self._off_course for one in judged.calculation.written)
            fits_exact = abs(value.value - exact) <= own_tolerance(value, exact)
            if off_course and not fits_exact:
                return replace(judged, verdict=Verdict.CARRIED)
            return judged
        pairs = [
            (world.calculation(element), unrounded.calculation(element))
            for world, unrounded in zip(self._worlds, self._unrounded, strict=True)
        ]
        rounds = not self._truncated and self._rounded >= SURE_OF_HABIT
        written = Written(value, pairs, self._spreads, rounds)
        if any(comes_from_rounded_steps(one, value, self._decimals) for one, _ in pairs):
            missed = max(judged.tolerance, abs(value.value - judged.expected))
            right = replace(judged, verdict=Verdict.RIGHT, remark=Remark.STEPS_ROUNDED)
            return replace(right, tolerance=missed)
        self._searched += 1
        causes = find_causes(written) if self._searched <= MOST_SEARCHED else Causes()
        if not any(one.tight and one.slip.rank < Rank.DIGITS for one in causes.likely):
            unwritten = unwritten_rounding(judged.calculation, value.unit, self._decimals)
            allowed = judged.tolerance + unwritten
            if abs(value.value - judged.expected) <= allowed:
                right = replace(judged, verdict=Verdict.RIGHT, remark=Remark.STEPS_ROUNDED)
                return replace(right, tolerance=allowed)
        judged = replace(judged, causes=causes)
        return _compared_with_earlier(judged, written, before)

    def _compared(self, line: WorkLine, element: Element, exact: float) -> JudgedLine:
        """Return the line as right, with a remark, or as wrong."""
        value, written = line.value.value, line.value
        first = None
        for world, unrounded in zip(self._worlds, self._unrounded, strict=True):
            calculation, carried = world.calculation(element), unrounded.value(element)
            expected = calculation.expected
            allowed = tolerance(calculation, written, self._spreads)
            made = JudgedLine(line, element, Verdict.RIGHT, expected, exact, allowed, calculation)
            first = first or made
            if abs(value - expected) <= allowed:
                return replace(made, remark=_remark(written, expected, carried, exact))
            if abs(value - carried) <= own_tolerance(written, carried):
                return replace(made, remark=Remark.UNROUNDED)
        assert first is not None
        if abs(value - exact) <= own_tolerance(written, exact):
            return replace(first, remark=Remark.CORRECTED)
        natural = in_natural_logarithms(first.calculation)
        if natural:
            found = first.calculation.value(natural)
            allowed = tolerance(first.calculation, written, self._spreads, natural)
            if abs(value - found) <= allowed:
                return replace(first, expected=found, tolerance=allowed, remark=Remark.NATURAL_LOGARITHM)
        return replace(first, verdict=Verdict.WRONG)


def agree(one: WrittenNumber, other: WrittenNumber) -> bool:
    """Return whether two numbers may be the same one, written with more digits or with fewer."""
    fewer, more = (one, other) if one.unit >= other.unit else (other, one)
    allowed = own_tolerance(fewer, more.value) if fewer.unit > more.unit else slack(more.value)
    return abs(fewer.value - more.value) <= allowed


def _usual_decimals(lines: Sequence[WorkLine]) -> int:
    """Return the decimals that most numbers of a sheet have."""
    units = [one.value.unit for one in lines if one.value.unit]
    return round(-math.log10(Counter(units).most_common(1)[0][0])) if units else 0


def _corrected(judged: JudgedLine, corrected: float) -> JudgedLine:
    """Return a line with what follows from the right lines alone; a wrong one may be just that."""
    made = replace(judged, corrected=corrected)
    value = judged.line.value
    if judged.verdict is Verdict.WRONG and abs(value.value - corrected) <= own_tolerance(value, corrected):
        return replace(made, verdict=Verdict.RIGHT, remark=Remark.CORRECTED, causes=Causes())
    return made


def _remark(written: WrittenNumber, expected: float, carried: float, exact: float) -> Remark:
    value, unit = written.value, written.unit
    missed = abs(value - expected)
    if missed <= slack(expected):
        return Remark.NONE
    half = unit / 2 * _NEARLY
    if half <= missed <= unit + slack(expected):  # half a unit is rounded away from 0
        rounded = min(abs(value - one) for one in (carried, exact)) < half
        cut = unit > 0 and abs(value) < abs(expected) and not rounded
        return Remark.TRUNCATED if cut else Remark.NONE
    return Remark.NONE if missed <= unit else Remark.UNROUNDED


_NEARLY = 1 - 1e-6


def _compared_with_earlier(judged: JudgedLine, written: Written, before: Sequence[JudgedLine]) -> JudgedLine:
    """Return a wrong line as the same mistake again, if an earlier one has a cause of the same kind."""
    kinds = {one.mistake for one in judged.causes.all}
    for earlier in before:
        if earlier.verdict is not Verdict.WRONG:
            continue
        shared = [one for one in earlier.causes.all if one.mistake in kinds or fits(one.slip, written)]
        shared = [one for one in shared if one.slip.rank < Rank.DIGITS and one.mistake in kinds]
        if shared:
            same = [one for one in judged.causes.all if one.mistake in {of.mistake for of in shared}]
            return replace(judged, verdict=Verdict.SAME_MISTAKE, causes=ranked(same))
    return judged


def decided(lines: Sequence[JudgedLine]) -> list[JudgedLine]:
    """Return the lines, each mistake's causes narrowed by the lines that make it again."""
    narrowed: list[JudgedLine] = []
    for one in lines:
        if one.verdict is Verdict.WRONG and len(one.causes.all) > 1:
            one = _narrowed(one, lines)
        narrowed.append(one)
    return narrowed


def _narrowed(wrong: JudgedLine, lines: Sequence[JudgedLine]) -> JudgedLine:
    left: list[Cause] = list(wrong.causes.all)
    deciding: WorkLine | None = None
    for one in lines:
        if one.verdict is not Verdict.SAME_MISTAKE:
            continue
        kinds: set[Mistake] = {cause.mistake for cause in one.causes.all}
        kept = [cause for cause in left if cause.mistake in kinds]
        if kept and len(kept) < len(left):
            left, deciding = kept, one.line
    if deciding is None:
        return wrong
    out = tuple(one for one in wrong.causes.all if one not in left)
    return replace(wrong, causes=Causes(tuple(left), out), decided_by=deciding)


def in_order(formulas: Formulas, work: Sequence[tuple[WorkLine, Element]]) -> list[tuple[WorkLine, Element]]:
    """Return lines so that each stands after those it depends on, as near as can be to the sheet's order."""
    lines: dict[Element, list[WorkLine]] = {}
    for line, element in work:
        lines.setdefault(element, []).append(line)
    elements = list(lines)
    needs = _needs(formulas, elements)
    place = {element: at for at, element in enumerate(elements)}
    waiting = {element: len(needs[element]) for element in place}
    used_by: dict[Element, list[Element]] = {one: [] for one in place}
    for element, needed in needs.items():
        for one in needed:
            used_by[one].append(element)
    ready = [place[one] for one, count in waiting.items() if not count]
    heapq.heapify(ready)
    ordered = []
    while ready:
        element = elements[heapq.heappop(ready)]
        ordered += [(line, element) for line in lines[element]]
        for one in used_by[element]:
            waiting[one] -= 1
            if not waiting[one]:
                heapq.heappush(ready, place[one])
    return ordered


def _needs(formulas: Formulas, elements: Sequence[Element]) -> Mapping[Element, set[Element]]:
    """Return for each quantity the others of the sheet that it is computed from directly."""
    marked = dict.fromkeys(elements, math.nan)
    needs: dict[Element, set[Element]] = {one: set() for one in elements}
    for way in formulas.ways:
        world = formulas.with_numbers({}, way).taking(marked)
        for one in elements:
            needs[one].update(world.calculation(one).written)
    return needs
