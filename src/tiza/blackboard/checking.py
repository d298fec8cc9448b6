"""Two checks that do not use the derivation: a difference quotient, and the loss after the change."""

from __future__ import annotations

from decimal import Decimal

from tiza.blackboard.decimals import CONTEXT, exact, significant
from tiza.blackboard.expressions import Element
from tiza.blackboard.setting import Setting
from tiza.blackboard.steps import Check

_STEPS = (Decimal("0.001"), Decimal("0.0001"), Decimal("0.00001"))
"""Moves that are tried until the quotient agrees: a kink may lie within the longer ones."""
_DIGITS = 12
_TOLERANCE = 2e-3


def difference_check(setting: Setting, weight: Element, value: float, gradient: float) -> Check | None:
    """Return the quotient of the loss around a weight's value, from losses as they are printed."""
    check = None
    for step in _STEPS:
        move = float(step)
        above, below = (setting.loss_with(weight.node, weight.index, value + move * sign) for sign in (1, -1))
        if not all(abs(one) < float("inf") for one in (above, below)):
            continue
        up, down = (significant(exact(one), _DIGITS) for one in (above, below))
        difference = CONTEXT.subtract(up, down)
        quotient = significant(CONTEXT.divide(difference, 2 * step), 6)
        blur = 10.0 ** (1 - _DIGITS) * max(abs(above), abs(below)) / move
        agrees = abs(float(quotient) - gradient) <= _TOLERANCE * abs(gradient) + blur + 1e-9
        check = Check(weight, step, up, down, quotient, agrees)
        if agrees:
            return check
    return check
