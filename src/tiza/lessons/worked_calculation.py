"""The lines of a lesson's calculation that no network explains, as a blackboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tiza.blackboard.board import Blackboard
from tiza.blackboard.derivation import derive
from tiza.blackboard.explanation import MOST_ASKED_DIGITS
from tiza.blackboard.expressions import Element, references
from tiza.blackboard.names import Names
from tiza.blackboard.notation import Notation
from tiza.blackboard.slide_text import shown_name
from tiza.blackboard.steps import Definition, Page, Section, Step
from tiza.blackboard.symbols import symbol_of
from tiza.blackboard.working import given_number, worked_numbers
from tiza.graph.node import INPUT
from tiza.graph.provenance import Role
from tiza.nn.checks import whole_number

if TYPE_CHECKING:
    from tiza.lessons.lesson import Lesson

STORED = "float64"


def element_name(lesson: Lesson, element: Element) -> str:
    """Return what a number is called on the slide, or else what it is the derivative of."""
    own = next((name for name, one in lesson.sheet.elements.items() if one == element), None)
    if own is not None:
        return shown_name(own)
    known = element.node.provenance
    if known.role is Role.GRADIENT and known.of is not None:
        letter = getattr(lesson.subject, "letter", lesson.course.loss)
        return f"∂{letter}/∂{shown_name(known.of.name)}"
    index = f"[{','.join(map(str, element.index))}]" if element.index else ""
    return f"{known.label}{index}"


def calculation_board(
    lesson: Lesson, asked: Sequence[str], notation: Notation, digits: int, language: str | None = None
) -> Blackboard:
    """Return the lines that lead to some numbers of a lesson; the last one is the answer.

    Args:
        lesson: the lesson.
        asked: names of numbers on its sheet.
        notation: the decimal sign, and letters of what the slide does not name.
        digits: significant digits of the answer.
        language: the language to show it in; None is the one in force when it is shown.

    Raises:
        ModelError: `digits` is out of range.
    """
    digits = whole_number("digits", digits, below=MOST_ASKED_DIGITS + 1)
    sheet = lesson.sheet
    found: dict[Element, Definition] = {}
    for name in asked:
        for one in derive([sheet.elements[name]], sheet.values).definitions:
            found.setdefault(one.element, replace(one, section=Section.CALCULATION))
    definitions = _in_order(found)
    answer = sheet.elements[asked[-1]]
    numbers, working = worked_numbers(definitions, sheet.values, digits, [answer], STORED)
    used = dict.fromkeys(one for line in definitions for one in references(line.expression))
    given = tuple(one for one in used if one not in found)
    inputs = tuple(one for one in sheet.elements.values() if one.node.primitive is INPUT and one in used)
    for element in (*given, answer):
        numbers.setdefault(element, given_number(float(sheet.exact(element)), working, STORED))
    page = Page(
        names=_names(lesson, [*found, *given, answer], notation),
        numbers=numbers,
        asked=answer,
        root=answer,
        gradient=None,
        is_step=False,
        exact_answer=sheet.exact(answer),
        digits=digits,
        working=working,
        samples=0,
        loss="",
        data=tuple(one for one in inputs if not one.index),
        features=0,
        path=(),
        steps=tuple(
            Step(at, one, numbers[one.element], one.remarks) for at, one in enumerate(definitions, 1)
        ),
        given=given,
        check=None,
        loss_before=None,
        loss_after=None,
    )
    return Blackboard(page, language)


def _names(lesson: Lesson, elements: Sequence[Element], notation: Notation) -> Names:
    """Return the slide's names of numbers; those without one are S1, S2 ..."""
    called = {one: element_name(lesson, one) for one in elements}
    unnamed = (one for one, name in called.items() if not name)
    return Names(
        of={one.node: symbol_of(name) for one, name in called.items() if name},
        rows=0,
        nodes={},
        notation=notation,
        single={one: name for one, name in called.items() if name},
        lines={one: f"S{at}" for at, one in enumerate(unnamed, 1)},
    )


def _in_order(definitions: dict[Element, Definition]) -> list[Definition]:
    """Return lines each after those it uses, else in the order given."""

    def placed(element: Element) -> Iterator[Definition]:
        if element in ordered or element not in definitions:
            return
        for one in references(definitions[element].expression):
            yield from placed(one)
        yield definitions[element]

    ordered: dict[Element, Definition] = {}
    for element in definitions:
        for one in placed(element):
            ordered.setdefault(one.element, one)
    return list(ordered.values())
