"""How far a line may be from what follows from the lines before it without being wrong.

It may fall short by a unit of its last place (truncation is no error) and go beyond by half of one, and be
off by what the last places of the numbers that it uses bring with them: each of them is moved, and then all
of them, the same way and the worst way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from tiza.blackboard.expressions import Element
from tiza.sheets.formulas import Calculation, Definitions
from tiza.sheets.numbers import WrittenNumber

SLACK = 1e-8
"""Of a number, what float64 and the display of a calculator may cost."""
TRUNCATED = 1 - 1e-6
"""Of a unit of the last place, what truncation may cost: less than a whole one."""
ROUNDED = 0.5 + 1e-6
"""The same of rounding; half a unit may go either way."""
COARSEST_STEP = 0.1
"""Place to which a step that is not written may be rounded: nobody goes on with 1 for 0.66."""


def tolerance(
    calculation: Calculation,
    written: WrittenNumber,
    spreads: Mapping[Element, float],
    replaced: Definitions | None = None,
) -> float:
    """Return how far a written number may be from the calculated one.

    Args:
        calculation: the line.
        written: its number.
        spreads: how far each written number may be from the one that the student went on with.
        replaced: formulas that are changed, as `Calculation.value` takes them.
    """
    moved = {one: spreads[one] for one in calculation.written if spreads.get(one, 0.0) > 0}
    return own_tolerance(written, calculation.value(replaced)) + _propagated(calculation, moved, replaced)


def own_tolerance(written: WrittenNumber, value: float, rounds: bool = False) -> float:
    """Return how far a written number may be from the value that was rounded, or truncated towards 0.

    Example:
        >>> from tiza.sheets.numbers import read_number
        >>> [round(own_tolerance(read_number(text), 0.7163), 4) for text in ("0.71", "0.72")]
        [0.01, 0.005]
    """
    rounded = rounds or abs(written.value) > abs(value)
    return (ROUNDED if rounded else TRUNCATED) * written.unit + slack(value)


def slack(value: float) -> float:
    """Return what rounding of the machine may cost."""
    return SLACK * abs(value) if math.isfinite(value) else 0.0


def _propagated(
    calculation: Calculation, moved: Mapping[Element, float], replaced: Definitions | None
) -> float:
    if not moved:
        return 0.0
    middle = calculation.value(replaced)
    first_order = 0.0
    worst: dict[Element, float] = {}
    for element, spread in moved.items():
        at = calculation.value_of(element)
        up = calculation.value(replaced, {element: at + spread}) - middle
        down = calculation.value(replaced, {element: at - spread}) - middle
        first_order += _largest((up, down))
        worst[element] = spread if up >= down else -spread
    corners = [
        calculation.value(
            replaced, {one: calculation.value_of(one) + sign * move for one, move in worst.items()}
        )
        - middle
        for sign in (1, -1)
    ]
    return max(first_order, _largest(corners))


def _largest(differences: Iterable[float]) -> float:
    return max((abs(one) for one in differences if math.isfinite(one)), default=0.0)


def unwritten_rounding(calculation: Calculation, unit: float, decimals: int) -> float:
    """Return what it may cost to round the steps that were not written, each to the same place.

    Args:
        calculation: the line.
        unit: one unit of its last place.
        decimals: those that the sheet usually has.
    """
    middle, unit = calculation.expected, min(unit, COARSEST_STEP)
    return sum(
        _largest([calculation.value(changed={one: calculation.value_of(one) + unit}) - middle])
        for one in _rounded_steps(calculation, max(unit, 10.0**-decimals))
    )


def _rounded_steps(calculation: Calculation, unit: float) -> Iterator[Element]:
    """Yield the steps that were not written and that rounding changes: 0.8 is 0.80."""
    found: set[Element] = set()
    for one in (*calculation.long, *calculation.steps):
        uses = calculation.world.references(one)
        if one != calculation.root and (
            not _ends_at(calculation.value_of(one), unit) or not found.isdisjoint(uses)
        ):
            found.add(one)
            yield one


def _ends_at(value: float, unit: float) -> bool:
    """Return whether a number has no places after the last one of `unit`."""
    if not unit or not math.isfinite(value):
        return False
    return abs(value - round(value / unit) * unit) <= slack(value)
