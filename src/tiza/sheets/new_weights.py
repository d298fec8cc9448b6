"""A new weight that lost its prime: `w5 = 0.5315`, where the old one is given and is another number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiza.blackboard.expressions import Element
from tiza.graph.provenance import Role
from tiza.sheets.formulas import Formulas
from tiza.sheets.judging import JudgedLine, Remark, Verdict, judge
from tiza.sheets.mistakes import Rank
from tiza.sheets.naming import Naming
from tiza.sheets.reading import WorkLine
from tiza.sheets.tolerance import own_tolerance

Work = Sequence[tuple[WorkLine, Element]]


def judged_with_new_weights(formulas: Formulas, naming: Naming, work: Work) -> list[JudgedLine]:
    """Return what is said of each line; weights that fit better as new ones are taken for them."""
    plain = judge(formulas, work)
    new = _new_of(formulas, naming, work)
    if not new:
        return plain
    other = judge(formulas, [(line, new.get(element, element)) for line, element in work])
    taken = set(new.values())
    told = [replace(one, remark=Remark.NEW_WEIGHT) if one.element in taken else one for one in other]
    return told if _fits_better(told, plain, taken) else plain


def _new_of(formulas: Formulas, naming: Naming, work: Work) -> dict[Element, Element]:
    """Return the new value of each weight that is written with another number than the given one."""
    written = {element for _, element in work}
    found = {}
    for line, element in work:
        if element.node.provenance.role is not Role.PARAMETER:
            continue
        given, new = formulas.exact(element), naming.derived(Role.UPDATE, element)
        is_given = abs(line.value.value - given) <= own_tolerance(line.value, given)
        if new is None or not formulas.exists(new) or new in written or is_given:
            continue
        # a number of so few places says of either nothing
        if own_tolerance(line.value, given) < abs(formulas.exact(new) - given) / 4:
            found[element] = new
    return found


def _fits_better(other: Sequence[JudgedLine], plain: Sequence[JudgedLine], taken: set[Element]) -> bool:
    """Return whether fewer lines are wrong; of as many, whether a usual slip gives the new weight."""
    wrong, before = (sum(one.verdict is Verdict.WRONG for one in lines) for lines in (other, plain))
    if wrong != before:
        return wrong < before
    return any(
        one.element in taken and cause.slip.rank < Rank.DECIMAL_SIGN
        for one in other
        for cause in one.causes.likely
    )
