"""What it costs to round every line of a page, as slides do, and to go on from the rounded numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tiza.blackboard.expressions import Element
from tiza.blackboard.slide_text import slide_table_text
from tiza.blackboard.slides import SlideLine, SlideRow, Worksheet, slide_rows
from tiza.blackboard.steps import Definition, Page
from tiza.graph.node import Node
from tiza.nn.checks import whole_number

MOST_DECIMALS = 10


def checked_decimals(decimals: int) -> int:
    """Return decimals to round to.

    Raises:
        ModelError: they are no whole number from 0 to 10.
    """
    return whole_number("slide", decimals, 0, MOST_DECIMALS + 1)


def rounded_table(page: Page, values: Mapping[Node, Any], decimals: int) -> str:
    """Return a table: every line rounded, its exact number, and what rounding has cost so far.

    Args:
        page: the worked solution.
        values: value of every node in float64.
        decimals: decimals of every line.
    """
    return slide_table_text(rounded_rows(page, values, decimals), page.names.element)


def rounded_rows(page: Page, values: Mapping[Node, Any], decimals: int) -> tuple[SlideRow, ...]:
    """Return the lines of a page, each rounded and worked out from the rounded ones before it."""
    own: dict[Element, Definition | None] = {one.element: one.definition for one in page.steps}
    own.update(dict.fromkeys(page.given))
    sheet = Worksheet({}, values, own)
    unit = Decimal((0, (1,), -decimals))
    used: dict[Element, Decimal] = {}
    lines = []
    for step in page.steps:
        value = sheet.work_out(step.element, used).quantize(unit, ROUND_HALF_UP)
        used[step.element] = value
        name = page.names.element(step.element)
        lines.append(SlideLine(name, step.element, str(value), value, decimals))
    return tuple(replace(one, verdict=None) for one in slide_rows(sheet, lines))
