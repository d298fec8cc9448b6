"""Lessons as plain records, for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tiza.blackboard.slide_text import difference_text
from tiza.blackboard.slides import SlideRow, Verdict
from tiza.language import translate
from tiza.lessons.lesson import Kind, Lesson
from tiza.lessons.network import Network
from tiza.lessons.page import discrepancies, explanation_text, shown_rows
from tiza.lessons.worked_calculation import element_name


def summary_record(lesson: Lesson) -> dict[str, Any]:
    """Return what a list tells of a lesson, texts in the current language."""
    return {
        "name": lesson.name,
        "course": lesson.course.number,
        "title": translate(lesson.title),
        **{str(one): lesson.count(one) for one in Verdict},
        **{f"{one} in words": lesson.stated(one) for one in Kind},
    }


def lesson_record(lesson: Lesson, target: str | None = None) -> dict[str, Any]:
    """Return a whole lesson, texts in the current language; numbers as text keep their digits."""
    record = {
        **summary_record(lesson),
        "introduction": translate(lesson.introduction),
        "notation": lesson.course.notation,
        "names": dict(lesson.names),
        "values": [_row_record(lesson, one) for one in shown_rows(lesson, target)],
        "discrepancies": list(discrepancies(lesson)),
    }
    if isinstance(lesson.subject, Network):
        record |= {"sizes": lesson.network.sizes, "x": lesson.x, "y": lesson.y}
    if lesson.subject is not None:
        record["explanation"] = explanation_text(lesson, target).splitlines()
    return record


def _row_record(lesson: Lesson, row: SlideRow) -> dict[str, Any]:
    return dict(_row_fields(lesson, row))


def _row_fields(lesson: Lesson, row: SlideRow) -> Iterator[tuple[str, Any]]:
    if row.difference is None:
        yield "name", row.name
    else:
        yield "difference", difference_text(row.difference, lambda one: element_name(lesson, one))
    yield "printed", row.text or None
    yield "own", f"{row.own:.15g}"
    yield "exact", f"{row.exact:.15g}"
    yield "verdict", row.verdict
    yield "cost in percent", None if row.cost is None else float(row.cost)
    if row.tie:
        yield "tie", True
    if row.with_change is not None:
        yield "with the change", f"{row.with_change:.15g}"
