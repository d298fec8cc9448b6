"""Slide mode: what a printed number is, what it costs, and where rounding hurts."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tiza.blackboard.slides import (
    SlideLine,
    Verdict,
    Why,
    Worksheet,
    judged,
    needed_lines,
    percentage,
    slide_rows,
)
from tiza.lessons.calculation import Calculation
from tiza.lessons.catalogue import find_lesson
from tiza.lessons.worksheets import calculation_worksheet

NUMBERS = st.decimals("-50", "50", places=6)
LINES = {"a": "x*y", "b": "a + z", "c": "b^2 - a", "d": "b*c"}


@pytest.mark.parametrize(
    ("printed", "decimals", "candidates", "expected"),
    [
        ("0.698", 3, ["0.69897"], Verdict.TRUNCATED),
        ("0.699", 3, ["0.69897"], Verdict.REPRODUCED),
        ("-0.0693", 4, ["-0.0693504"], Verdict.TRUNCATED),
        ("-0.0694", 4, ["-0.0693504"], Verdict.REPRODUCED),
        ("0.3347", 4, ["0.33465"], Verdict.REPRODUCED),  # half goes away from zero
        ("0.3346", 4, ["0.33465"], Verdict.TRUNCATED),
        ("0.00045", 5, ["0.00405", "0.0045071"], Verdict.WRONG),
        ("-0.952", 3, ["-0.952", "-0.95260965"], Verdict.REPRODUCED),  # by one of its ways
        ("20", 0, ["14.2857"], Verdict.WRONG),
        ("0.015625", None, ["0.015625"], Verdict.REPRODUCED),
        ("0.0156", None, ["0.015625"], Verdict.WRONG),
    ],
)
def test_verdicts(printed: str, decimals: int | None, candidates: list[str], expected: Verdict) -> None:
    assert judged(Decimal(printed), decimals, map(Decimal, candidates)) is expected


@given(NUMBERS, st.integers(0, 5))
def test_a_number_that_is_rounded_cut_off_or_moved(number: Decimal, decimals: int) -> None:
    unit = Decimal((0, (1,), -decimals))
    rounded, cut = number.quantize(unit, ROUND_HALF_UP), number.quantize(unit, ROUND_DOWN)
    assert judged(rounded, decimals, [number]) is Verdict.REPRODUCED
    assert judged(cut, decimals, [number]) is (Verdict.REPRODUCED if cut == rounded else Verdict.TRUNCATED)
    for moved in (rounded + 2 * unit, rounded - 2 * unit):
        assert judged(moved, decimals, [number]) is Verdict.WRONG


def sheet_of(x: Decimal, y: Decimal, z: Decimal) -> Worksheet:
    return calculation_worksheet(
        Calculation(given={"x": float(x), "y": float(y), "z": float(z)}, lines=LINES), {}
    )


def lines_of(sheet: Worksheet, printed: dict[str, Decimal], decimals: int) -> list[SlideLine]:
    return [
        SlideLine(name, sheet.elements[name], str(value), value, decimals) for name, value in printed.items()
    ]


@settings(deadline=None, max_examples=40)
@given(NUMBERS, NUMBERS, NUMBERS, st.integers(1, 4))
def test_a_slide_that_rounds_every_line_is_reproduced(
    x: Decimal, y: Decimal, z: Decimal, decimals: int
) -> None:
    """The slide is made here, in decimal, with every later line from the printed numbers."""
    unit = Decimal((0, (1,), -decimals))
    a = (x * y).quantize(unit, ROUND_HALF_UP)
    b = (a + z).quantize(unit, ROUND_HALF_UP)
    c = (b**2 - a).quantize(unit, ROUND_HALF_UP)
    d = (b * c).quantize(unit, ROUND_HALF_UP)
    sheet = sheet_of(x, y, z)
    rows = slide_rows(sheet, lines_of(sheet, {"a": a, "b": b, "c": c, "d": d}, decimals))
    printed = [one for one in rows if one.difference is None]
    assert [one.verdict for one in printed] == [Verdict.REPRODUCED] * 4
    assert [one.own for one in printed] == [x * y, a + z, b**2 - a, b * c]


@settings(deadline=None, max_examples=30)
@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from("abcd"))
def test_one_slip_is_one_wrong_number(x: Decimal, y: Decimal, z: Decimal, slip: str) -> None:
    """Lines after a slip go on from what is printed, and are right."""
    unit = Decimal("0.01")
    printed: dict[str, Decimal] = {}
    ways = {
        "a": lambda: x * y,
        "b": lambda: printed["a"] + z,
        "c": lambda: printed["b"] ** 2 - printed["a"],
        "d": lambda: printed["b"] * printed["c"],
    }
    for name, way in ways.items():
        printed[name] = way().quantize(unit, ROUND_HALF_UP) + (3 if name == slip else 0)
    sheet = sheet_of(x, y, z)
    rows = slide_rows(sheet, lines_of(sheet, printed, 2))
    wrong = [one.name for one in rows if one.verdict is Verdict.WRONG]
    assert wrong == [slip]


@settings(deadline=None, max_examples=30)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_costs_come_from_the_printed_columns(x: Decimal, y: Decimal, z: Decimal) -> None:
    unit = Decimal("0.1")
    printed = (x * y).quantize(unit, ROUND_HALF_UP)
    sheet = sheet_of(x, y, z)
    (row,) = slide_rows(sheet, lines_of(sheet, {"a": printed}, 1))
    assume(row.shown_exact)
    share = 100 * (printed - row.shown_exact) / row.shown_exact
    assert row.cost is not None
    assert abs(row.cost - share) <= Decimal("0.05")
    assert str(row.cost) != "-0.0"


def test_percentages_of_nothing() -> None:
    assert percentage(Decimal(1), Decimal(0)) is None


def test_the_loss_at_a_difference_is_pointed_out() -> None:
    """The mock-up's table: y-hat - y loses 5.2 %, 1 - h1^2 gains 0.9 %, and the product has both."""
    rows = find_lesson("tanh-2-2-1").rows
    differences = [one for one in rows if one.difference is not None]
    assert [(one.used, one.cost) for one in differences] == [
        (Decimal("-0.09"), Decimal("-5.2")),
        (Decimal("0.5644"), Decimal("0.9")),
        (Decimal("0.4816"), Decimal("-1.1")),
    ]
    assert [one.why for one in differences] == [Why.DIFFERENCE, None, None]
    first = next(one for one in rows if one.name == "dE/dw1")
    assert first.why is Why.PRODUCT
    assert sorted(first.parts) == [Decimal("-5.2"), Decimal("0.9")]
    assert first.cost == Decimal("-4.3")


def test_differences_stand_before_the_number_that_they_lead_to() -> None:
    rows = find_lesson("tanh-2-2-1").rows
    names = [one.name for one in rows]
    of_the_first_unit = next(at for at, one in enumerate(rows) if one.used == Decimal("0.5644"))
    assert of_the_first_unit == names.index("dE/dw1") - 1


def test_what_a_number_depends_on() -> None:
    lesson = find_lesson("tanh-2-2-1")
    needed = needed_lines(lesson.sheet, lesson.lines, lesson.sheet.elements["w1'"])
    assert [one.name for one in needed if one.text] == ["h1", "h2", "yhat", "dE/dw1", "w1'"]


def test_nothing_is_lost_where_nothing_is_rounded() -> None:
    sheet = sheet_of(Decimal(2), Decimal(3), Decimal(-4))
    printed = {"a": Decimal(6), "b": Decimal(2), "c": Decimal(-2), "d": Decimal(-4)}
    rows = slide_rows(sheet, lines_of(sheet, printed, 0))
    assert [one.name for one in rows] == list("abcd")
    assert all(one.cost == 0 and one.why is None for one in rows)
