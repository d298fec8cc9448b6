"""What a line comes to if the steps that are not written were rounded, too, as students do on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

from tiza.blackboard.expressions import Element
from tiza.graph.provenance import Role
from tiza.sheets.formulas import Calculation
from tiza.sheets.numbers import WrittenNumber
from tiza.sheets.tolerance import COARSEST_STEP, own_tolerance, slack

MOST_STEPS = 40
"""Steps that may be left out of a sheet; of more, none is rounded here."""
_MOST_PLACES = 15

Round = Callable[[float], float]


def comes_from_rounded_steps(calculation: Calculation, written: WrittenNumber, decimals: int) -> bool:
    """Return whether a number results when every step that is not written is rounded, or truncated.

    Args:
        calculation: the line.
        written: its number.
        decimals: those that the sheet usually has.
    """
    computed = (*calculation.long, *calculation.steps)
    steps = [one for one in computed if one != calculation.root and _has_a_name(calculation, one)]
    if not 0 < len(steps) <= MOST_STEPS or not written.unit:
        return False
    fewer = [one for one in steps if not _is_joined_to_the_next(one)]
    return any(
        abs(written.value - found) <= own_tolerance(written, found)
        for chosen, rounding in product((steps, fewer), _roundings(written, decimals))
        for found in _with_rounded(calculation, chosen, rounding)
    )


def _has_a_name(calculation: Calculation, element: Element) -> bool:
    return element.node in calculation.world.formulas.names.of


def _is_joined_to_the_next(element: Element) -> bool:
    """Return whether a step is usually worked out in one go with the next: the way back to an activation."""
    of = element.node.provenance.of
    return element.node.provenance.role is Role.GRADIENT and of is not None and of.role is Role.ACTIVATION


def _roundings(written: WrittenNumber, decimals: int) -> Iterator[Round]:
    """Yield ways to round: down or to the nearest, to several places, tiny numbers to as many digits more."""
    own = round(-math.log10(min(written.unit, COARSEST_STEP)))
    for half in (0.0, 0.5):
        for places in dict.fromkeys((own, max(decimals, 1), own + 1)):
            yield partial(_rounded, half, places, False)
            yield partial(_rounded, half, places, True)


def _rounded(half: float, places: int, zeros_apart: bool, value: float) -> float:
    if zeros_apart and value:
        places += max(0, -math.floor(math.log10(abs(value))) - 2)
    if not math.isfinite(value) or abs(places) > _MOST_PLACES:
        return value
    whole = math.floor(abs(value) * 10.0**places * (1 + 1e-12) + half)
    return math.copysign(whole / 10.0**places, value)


def _with_rounded(calculation: Calculation, steps: list[Element], rounding: Round) -> Iterator[float]:
    """Yield what results, if there is anything to round: 0.8 is 0.80."""
    changed: dict[Element, float] = {}
    is_rounded = False
    for one in steps:
        whole = calculation.value(changed=changed, of=one)
        changed[one] = rounding(whole)
        is_rounded |= abs(changed[one] - whole) > slack(whole)
    if is_rounded:
        yield calculation.value(changed=changed)
