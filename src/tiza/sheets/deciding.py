"""Which line would decide between several causes that give the same number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.sheets.causes import Cause
from tiza.sheets.judging import JudgedLine

_APART = 1e-3
"""Of the larger, how far two numbers must be apart to tell causes from each other."""
_MOST_TRIED = 40


@dataclass(frozen=True)
class DecidingLine:
    """A quantity whose number tells causes from each other.

    Attributes:
        element: the quantity.
        values: the number that it has under each cause.
    """

    element: Element
    values: tuple[tuple[Cause, float], ...]


def deciding_line(judged: JudgedLine, causes: Sequence[Cause]) -> DecidingLine | None:
    """Return a quantity that the student did not write and that decides between causes, if there is one."""
    if len(causes) < 2:
        return None
    for element in _candidates(judged):
        values = tuple((one, _value(judged, one, element)) for one in causes)
        if _all_apart([value for _, value in values]):
            return DecidingLine(element, values)
    return None


def _candidates(judged: JudgedLine) -> Iterator[Element]:
    """Yield steps on the way, then the numbers beside the wrong one."""
    calculation = judged.calculation
    known = calculation.world.formulas.names.of
    steps = [one for one in calculation.steps if one != calculation.root and one.node in known]
    yield from steps[:_MOST_TRIED]
    shape = judged.element.node.tensor_type.shape
    beside = [Element(judged.element.node, tuple(map(int, at))) for at in np.ndindex(*shape)][:_MOST_TRIED]
    yield from (one for one in beside if one != judged.element and one not in calculation.world.given)


def _value(judged: JudgedLine, cause: Cause, element: Element) -> float:
    calculation = cause.calculation
    if element in calculation.steps:
        return calculation.value(cause.slip.replaced, of=element)
    return calculation.world.calculation(element).value(cause.slip.replaced)


def _all_apart(values: Sequence[float]) -> bool:
    if not all(map(math.isfinite, values)):
        return False
    ordered = sorted(values)
    return all(second - first > _APART * max(abs(first), abs(second)) for first, second in pairwise(ordered))
