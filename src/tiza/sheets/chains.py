"""Lines such as `E = 1/2*(0.09)^2 = 0.00405`: whether what stands in between gives the number."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expressions import Element, references
from tiza.graph.node import INPUT
from tiza.sheets.causes import Cause, Causes
from tiza.sheets.formula_reading import FormulaError, WrittenFormula
from tiza.sheets.formulas import World
from tiza.sheets.judging import JudgedLine, OtherResult, Verdict
from tiza.sheets.mistakes import Mistake, Rank, Slip
from tiza.sheets.numbers import NumberError, WrittenNumber, read_number
from tiza.sheets.quantities import Quantities
from tiza.sheets.tolerance import TRUNCATED, own_tolerance, slack

_MOST_DATA = 1_000


@dataclass(frozen=True)
class Result:
    """What a formula of a sheet gives.

    Attributes:
        value: its value with the student's numbers.
        spread: what the last places of its numbers may cost.
    """

    value: float
    spread: float


def result_of(formula: WrittenFormula, world: World, units: dict[Element, float]) -> Result:
    """Return what a formula gives.

    Args:
        formula: the formula.
        world: the student's numbers.
        units: one unit of the last place of each number that he wrote.

    Raises:
        FormulaError: it is none, or it has no value.
    """

    def value(moved: dict[int, float], other: dict[Element, float]) -> float:
        def number(element: Element) -> float:
            return other.get(element, world.number(element))

        return value_of_expression(formula.expression(moved), number)

    middle = value({}, {})
    if not math.isfinite(middle):
        raise FormulaError
    data = _data(world)
    spread = 0.0
    for one in formula.literals:
        if one.unit and one.value not in data:
            ends = (value({one.token: one.value + move}, {}) for move in (one.unit, -one.unit))
            spread += _farthest(middle, ends)
    for element in references(formula.expression()):
        unit, at = units.get(element, 0.0), world.number(element)
        if unit:
            spread += _farthest(middle, (value({}, {element: at + move}) for move in (unit, -unit)))
    return Result(middle, spread)


def _farthest(middle: float, values: Iterator[float]) -> float:
    return max((abs(one - middle) for one in values if math.isfinite(one)), default=0.0)


def _data(world: World) -> frozenset[float]:
    """Return the numbers that the exercise gives: they are exact."""
    values = [
        np.asarray(value).ravel()
        for node, value in world.formulas.values.items()
        if node.primitive is INPUT and np.asarray(value).size <= _MOST_DATA
    ]
    return frozenset(abs(round(float(one), 12)) for part in values for one in part)


def with_chain(judged: JudgedLine, quantities: Quantities, units: dict[Element, float]) -> JudgedLine:
    """Return a line with what is to be said of the formulas that stand in it."""
    if judged.verdict not in (Verdict.RIGHT, Verdict.WRONG):
        return judged
    for text in judged.line.chain:
        number = _number(text)
        if number is not None:
            if judged.verdict is Verdict.RIGHT and _contradicts(number, judged.line.value):
                return replace(judged, otherwise=OtherResult(text, number.value, is_number=True))
            continue
        results = list(_results(text, judged.calculation.world, quantities, units))
        if not results or any(_gives(one, judged.line.value) for one in results):
            continue
        found = results[0]
        if judged.verdict is Verdict.RIGHT:
            return replace(judged, otherwise=OtherResult(text, found.value))
        if (
            abs(found.value - judged.expected)
            <= own_tolerance(judged.line.value, judged.expected) + found.spread
        ):
            return replace(judged, causes=_miscalculated(judged, found.value))
    return judged


def _number(text: str) -> WrittenNumber | None:
    try:
        return read_number(text)
    except NumberError:
        return None


def _contradicts(one: WrittenNumber, other: WrittenNumber) -> bool:
    """Return whether two numbers of a chain are none the other with more digits."""
    unit = max(one.unit, other.unit)
    return abs(one.value - other.value) > TRUNCATED * unit + slack(one.value)


def _results(
    text: str, world: World, quantities: Quantities, units: dict[Element, float]
) -> Iterator[Result]:
    """Yield what a formula gives, in each of its readings."""
    for formula in quantities.readings(text):
        with contextlib.suppress(FormulaError):
            yield result_of(formula, world, units)


def _gives(result: Result, written: WrittenNumber) -> bool:
    return abs(written.value - result.value) <= own_tolerance(written, result.value) + result.spread


def _miscalculated(judged: JudgedLine, value: float) -> Causes:
    """Return the causes of a wrong number whose formula is right: only a slip of the pen can be one."""
    pen = tuple(one for one in judged.causes.all if one.slip.rank >= Rank.DECIMAL_SIGN)
    if pen:
        return Causes(pen)
    slip = Slip(Mistake.MISCALCULATED, Rank.TYPICAL, judged.element, {})
    return Causes((Cause(slip, value, judged.calculation, True),))
