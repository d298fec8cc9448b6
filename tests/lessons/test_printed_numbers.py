"""Every number of the courses' slides: exact to the digits given, and judged as it should be."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from figures import record_figure
from lessons.printed_numbers import (
    BY_THE_SLIDES_WAY,
    COSTS,
    EXPLAINED_WITH_OWN_NUMBERS,
    NOT_GIVEN,
    NOTHING_IN_NUMBERS,
    NUMBERS,
    OTHER_CONVENTIONS,
    PICTURED,
    STATED_WRONGLY,
    Printed,
)
from tiza.blackboard.slides import SlideRow, Verdict
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.lessons.lesson import Kind


def agrees(number: Decimal, wanted: str) -> bool:
    """Return whether a number is the wanted one to all of its digits."""
    exponent = Decimal(wanted).as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal((0, (5,), exponent - 1))
    return abs(number - Decimal(wanted)) <= half * Decimal("1.0000001")


def row_of(lesson: str, name: str, changed: bool = False) -> SlideRow:
    """Return a number of a slide; `changed` asks for one that only other weights give."""
    found = [
        one
        for one in find_lesson(lesson).rows
        if one.name == name and (one.with_change is not None and not one.text) is changed
    ]
    assert len(found) == 1, f"{lesson}: {name}"
    return found[0]


@pytest.mark.parametrize("wanted", NUMBERS, ids=lambda one: f"{one.lesson} {one.name}")
def test_a_number_is_exact_and_judged_as_it_should_be(wanted: Printed) -> None:
    row = row_of(wanted.lesson, wanted.name)
    assert row.text == wanted.printed
    assert agrees(row.exact, wanted.exact), row.exact
    assert (row.verdict or "") == wanted.verdict


@pytest.mark.parametrize(("lesson", "name", "kind", "wanted"), BY_THE_SLIDES_WAY)
def test_what_the_slides_own_way_gives(lesson: str, name: str, kind: str, wanted: str) -> None:
    row = row_of(lesson, name.partition(" ")[0], changed="(" in name)
    number = row.own if kind == "own" else row.with_change
    assert number is not None
    assert agrees(number, wanted), number


def test_a_wrong_number_would_be_seen() -> None:
    assert agrees(Decimal("0.664036770"), ".664037")
    assert not agrees(Decimal("0.6640376"), ".664037")
    assert not agrees(Decimal("-0.664037"), ".664037")


def test_what_rounding_costs_the_tanh_regression() -> None:
    for name, cost in COSTS.items():
        assert row_of("tanh-2-2-1", name).cost == -Decimal(cost)


def test_the_tie_is_told() -> None:
    ties = {(lesson.name, row.name) for lesson in LESSONS.values() for row in lesson.rows if row.tie}
    assert ties == {("tanh-2-2-1", "w3'")}


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_the_entries_expect_what_comes_out(lesson: object) -> None:
    found = find_lesson(getattr(lesson, "name", ""))
    rows = [one for one in found.rows if one.difference is None]
    assert [one.verdict for one in rows] == [one.verdict for one in found.values]


def test_all_that_is_truncated_or_wrong_is_listed_and_nothing_else() -> None:
    """A discrepancy of a slide that is not in the table, or one of the table that is lost, is found here."""
    published_elsewhere = {("tarea-2-2-2", "dE_o2/dh1")}  # of the linked page, not of the course
    for verdict in (Verdict.TRUNCATED, Verdict.WRONG):
        listed = {(one.lesson, one.name) for one in NUMBERS if one.verdict == verdict}
        found = {
            (name, value.name)
            for name, lesson in LESSONS.items()
            for value in lesson.values
            if value.verdict is verdict
        }
        assert found - published_elsewhere == listed


def test_all_that_is_said_wrongly_is_listed() -> None:
    def stated(kind: Kind) -> dict[str, int]:
        return {name: count for name, one in LESSONS.items() if (count := one.stated(kind))}

    assert stated(Kind.CORRECTION) == STATED_WRONGLY
    assert stated(Kind.CONVENTION) == OTHER_CONVENTIONS
    assert stated(Kind.NOT_GIVEN) == NOT_GIVEN
    assert stated(Kind.PICTURED) == dict.fromkeys(PICTURED, 1)


def test_every_lesson_has_its_place_in_the_tables() -> None:
    with_numbers = {one.lesson for one in NUMBERS}
    assert with_numbers | NOTHING_IN_NUMBERS | EXPLAINED_WITH_OWN_NUMBERS | PICTURED == set(LESSONS)
    assert {name for name, one in LESSONS.items() if not one.values} == NOTHING_IN_NUMBERS | PICTURED


def test_counts() -> None:
    counted = Counter(row.verdict for lesson in LESSONS.values() for row in lesson.rows)
    stated = sum(lesson.stated(Kind.CORRECTION) for lesson in LESSONS.values())
    assert counted[Verdict.TRUNCATED] == sum(one.verdict == "truncated" for one in NUMBERS)
    record_figure(
        "Lessons: numbers on slides reproduced, truncated, wrong",
        promised="as the courses' table says",
        measured=f"{counted[Verdict.REPRODUCED]}, {counted[Verdict.TRUNCATED]}, {counted[Verdict.WRONG]}",
        note=f"{len(LESSONS)} lessons; {stated} statements in words are wrong, too",
    )
