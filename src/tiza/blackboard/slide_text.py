"""Slide mode as text, in the current language: a slide's numbers beside the exact ones, and their cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from tiza.blackboard.decimals import MINUS, number_text, padded_text, significant
from tiza.blackboard.expressions import Element, Expression, Reference, Rest, Truth
from tiza.blackboard.markup import PlainText
from tiza.blackboard.slides import EXACT_DIGITS, FLOAT_NOISE, SlideRow, Verdict, Why
from tiza.blackboard.writing import Leaf, write
from tiza.calculus.plain_table import plain_table
from tiza.language import translatable, translate

NOTHING = "–"
VERDICTS = {
    Verdict.REPRODUCED: translatable("reproduced"),
    Verdict.TRUNCATED: translatable("truncated"),
    Verdict.WRONG: translatable("wrong"),
}
_DERIVATIVE = re.compile(r"d([^/]+)/d(.+)")
_NO_PERCENTAGE = "✗"


def shown_name(name: str) -> str:
    """Return how the name of a number is printed.

    Example:
        >>> shown_name("dE/dw1"), shown_name("w1'"), shown_name("yhat")
        ('∂E/∂w1', 'w1′', 'ŷ')
    """
    return _DERIVATIVE.sub(r"∂\1/∂\2", name).replace("'", "′").replace("yhat", "ŷ")


def slide_table_text(rows: Sequence[SlideRow], name_of: Callable[[Element], str]) -> str:
    """Return the numbers of a slide beside the exact ones, with what each costs and what it is.

    Args:
        rows: the numbers, judged.
        name_of: what the quantities of a difference are called.
    """
    header = ("", translate("slide"), translate("exact"), translate("cost"))
    table = plain_table(header, [_cells(row, name_of) for row in rows]).splitlines()
    width = max(map(len, table))
    remarks = ("", *(_remark(row, name_of) for row in rows))
    return "\n".join(
        f"{line.ljust(width)}   {told}".rstrip() for line, told in zip(table, remarks, strict=True)
    )


def difference_text(expression: Expression, name_of: Callable[[Element], str]) -> str:
    """Return a formula in names."""

    def leaf(one: Reference | Rest | Truth) -> Leaf:
        return Leaf(name_of(one.element) if isinstance(one, Reference) else "…")

    return write(expression, leaf, PlainText())


def _cells(row: SlideRow, name_of: Callable[[Element], str]) -> tuple[str, str, str, str]:
    name = shown_name(row.name) if row.difference is None else difference_text(row.difference, name_of)
    return (name, _printed(row), _exact(row), _cost(row))


def _printed(row: SlideRow) -> str:
    """Return what the slide prints; of a number that it passes through, what it has there."""
    if row.text:
        return row.text.replace("-", MINUS).replace("{", "").replace("}", "")
    if row.difference is not None:
        return number_text(significant(row.used, EXACT_DIGITS))
    return NOTHING


def _exact(row: SlideRow) -> str:
    """Return the exact number: with the zeros at its end if it is rounded, without if it is a short one."""
    is_short = abs(row.shown_exact - row.exact) <= abs(row.exact) * FLOAT_NOISE
    return number_text(row.shown_exact) if is_short else padded_text(row.shown_exact)


def _cost(row: SlideRow) -> str:
    if row.verdict is Verdict.WRONG:
        return _NO_PERCENTAGE
    if row.cost is None or not (row.text or row.difference is not None):
        return ""
    return "0" if not row.cost else f"{percentage_text(row.cost)} %"


def percentage_text(cost: Decimal) -> str:
    """Return a percentage with its sign.

    Example:
        >>> percentage_text(Decimal("-5.2")), percentage_text(Decimal("0.9"))
        ('−5.2', '+0.9')
    """
    return f"{'+' if cost > 0 else MINUS}{abs(cost):f}"


def _remark(row: SlideRow, name_of: Callable[[Element], str]) -> str:
    told = [translate(VERDICTS[row.verdict])] if row.verdict else []
    if row.against is not None:
        told.append(translate("compared with {name}", name=name_of(row.against)))
    if row.tie:
        told.append(translate("{number} is a tie", number=number_text(row.own)))
    if row.why is Why.DIFFERENCE:
        told.append("← " + translate("here: subtracting nearly equal numbers enlarges the error"))
    if row.why is Why.PRODUCT:
        told.append(
            translate("{sum} %: in a product percentages add up", sum=_added(row.parts)),
        )
    return "   ".join(told)


def _added(parts: Sequence[Decimal]) -> str:
    """Return percentages as a sum: `−5.2 + 0.9`."""
    first, *others = parts
    text = percentage_text(first).removeprefix("+")
    return text + "".join(f" {'+' if one > 0 else MINUS} {abs(one):f}" for one in others)
