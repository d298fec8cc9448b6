"""A lesson as text, in the current language: its subject, its calculation, its slide, what is wrong there."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain

import numpy as np

from tiza.blackboard.decimals import number_text, significant
from tiza.blackboard.loss_words import loss_words
from tiza.blackboard.notations import notation
from tiza.blackboard.slide_text import shown_name, slide_table_text
from tiza.blackboard.slides import SlideRow, Verdict, needed_lines, slide_rows
from tiza.blackboard.targets import WHOLE_STEP
from tiza.errors import ModelError
from tiza.language import translatable, translate
from tiza.lessons.calculation import Calculation
from tiza.lessons.lesson import Kind, Lesson, SlideValue
from tiza.lessons.network import Network
from tiza.lessons.worked_calculation import element_name

WIDTH = 100
REMARKS = translatable("Remarks on the slide")
_UNBROKEN = "\N{NO-BREAK SPACE}"
DIGITS = 6
"""Significant digits of numbers within sentences."""


def lesson_text(lesson: Lesson, target: str | None = None, width: int = WIDTH) -> str:
    """Return a lesson's page.

    Args:
        lesson: the lesson.
        target: the number that is explained, by the slide's name or the network's; None is the lesson's own.
        width: characters of a line of prose.

    Raises:
        NameNotFoundError: there is no such number; near names are listed.
        ModelError: the lesson has no numbers.
    """
    if lesson.subject is None and target is not None:
        raise ModelError(f"target: got {target!r}, but lesson {lesson.name!r} has no numbers; leave it out.")
    blocks = [_heading(lesson, width)]
    if lesson.subject is not None:
        blocks.append("\n".join(subject_lines(lesson, width)))
        blocks.append(explanation_text(lesson, target))
    if lesson.values:
        blocks.append("\n".join(slide_table(lesson, target)))
    if told := list(discrepancies(lesson)):
        bullets = (_wrapped(one, width, " - ", "   ") for one in told)
        blocks.append("\n".join((translate(REMARKS), *chain(*bullets))))
    return "\n\n".join(blocks)


def course_text(lesson: Lesson) -> str:
    """Return the course of a lesson, with its number."""
    title = translate(lesson.course.title)
    return translate("{title} (course {number})", title=title, number=lesson.course.number)


def _heading(lesson: Lesson, width: int) -> str:
    return "\n".join(
        (
            f"{lesson.name}    {course_text(lesson)}",
            translate(lesson.title),
            "",
            *_wrapped(translate(lesson.introduction), width),
        )
    )


def _wrapped(text: str, width: int, first: str = "", further: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=further, break_on_hyphens=False)


def _listed(head: str, items: Sequence[str], width: int) -> list[str]:
    """Return items after their heading; a line does not end within one."""
    whole = ", ".join(one.replace(" ", _UNBROKEN) for one in items)
    return [line.replace(_UNBROKEN, " ") for line in _wrapped(whole, width, f"{head}  ", "  ")]


# what it is about


def subject_lines(lesson: Lesson, width: int) -> Iterator[str]:
    """Yield what a lesson is about: its given numbers, or its network, sample and weights."""
    if isinstance(lesson.subject, Calculation):
        given = [f"{shown_name(name)} = {_number(one)}" for name, one in lesson.subject.given.items()]
        yield from _listed(translate("Given"), given, width)
        return
    network = lesson.network
    parts = [
        _structure(network),
        translate("loss {name}", name=loss_words(_activation(network.loss))),
    ]
    if lesson.update:
        rate = notation(lesson.course.notation).letter("learning_rate")
        parts.append(f"{rate} = {_number(network.learning_rate)}")
    if not any("bias" in one.weights for one in network.layers):
        parts.insert(1, translate("no biases"))
    yield from _listed(translate("Network"), parts, width)
    if len(network.x) == 1 and len(network.input_shape) < 3:
        sample = translate("Sample")
        yield f"{sample}  x = {_tuple(np.ravel(network.x[0]))}, y = {_tuple(network.y[0])}"
    weights = [
        f"{name} = {number_text(significant(lesson.sheet.exact(lesson.sheet.elements[name]), DIGITS))}"
        for name, weight in lesson.own_names.items()
        if re.search(r"(kernel|bias)\[", weight)
    ]
    if weights:
        yield from _listed(translate("Weights"), weights, width)


def _structure(network: Network) -> str:
    if network.sizes:
        activations = ", ".join(_activation(one.activation) for one in network.layers)
        return f"{'-'.join(map(str, network.sizes))} ({activations})"
    shape = "×".join(map(str, network.input_shape))
    layers = (
        f"{layer.name} ({_activation(part.activation)})" if part.activation else str(layer.name)
        for layer, part in zip(network.model().layers, network.layers, strict=True)
    )
    return " → ".join((shape, *layers))


def _activation(part: object) -> str:
    return part if isinstance(part, str) else getattr(part, "__name__", type(part).__name__)


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _tuple(values: Iterable[float]) -> str:
    numbers = tuple(map(_number, values))
    return f"({', '.join(numbers)})" if len(numbers) > 1 else numbers[0]


# the calculation


def explanation_text(lesson: Lesson, target: str | None = None) -> str:
    """Return where a number of the lesson comes from, line by line.

    Raises:
        NameNotFoundError: there is no such number; near names are listed.
    """
    return str(lesson.explain(target or ""))


# the slide

_HAS = translatable("What the slide has, and what its rounding costs")
_HAS_NOT = translatable("What the slide leaves in letters, in numbers")


def slide_table(lesson: Lesson, target: str | None) -> tuple[str, str]:
    """Return the heading and the text of the table of a lesson's slide."""
    printed = any(one.printed for one in lesson.values)
    return translate(_HAS if printed else _HAS_NOT), slide_text(lesson, target)


def slide_text(lesson: Lesson, target: str | None = None) -> str:
    """Return the table of a lesson's slide; with a target the part that it depends on, and what is wrong."""
    rows = [_with_change_named(lesson, row) for row in shown_rows(lesson, target)]
    return slide_table_text(rows, lambda one: element_name(lesson, one))


def shown_rows(lesson: Lesson, target: str | None = None) -> tuple[SlideRow, ...]:
    """Return the slide's numbers, judged; with a target those that it depends on, and what is wrong."""
    if target is None or target == WHOLE_STEP:
        return lesson.rows
    wanted = {target, f"{target}'", f"d{lesson.course.loss}/d{target}"}
    roots = [lesson.sheet.elements[name] for name in wanted if name in lesson.sheet.elements]
    needed = {line.name for root in roots for line in needed_lines(lesson.sheet, lesson.lines, root)}
    wrong = {one.name for one in lesson.values if one.verdict is Verdict.WRONG}
    lines = [line for line in lesson.lines if line.name in needed | wrong]
    return slide_rows(lesson.sheet, lines)


def _with_change_named(lesson: Lesson, row: SlideRow) -> SlideRow:
    """Return a row that only a change gives with the change in its name."""
    if row.text or row.with_change is None:
        return row
    value = next(one for one in lesson.values if one.name == row.name and one.changed and not one.printed)
    return replace(row, name=f"{row.name} ({_changes(value)})")


def _changes(value: SlideValue) -> str:
    return ", ".join(f"{name} = {_number(one)}" for name, one in value.changed.items())


# discrepancies

_JUDGED = {
    Verdict.TRUNCATED: translatable(
        "{name}: the slide has {printed}; its own numbers give {own}, cut off instead of rounded"
    ),
    Verdict.WRONG: translatable("{name}: the slide has {printed}, but it is {exact}"),
}
_STATED = {
    Kind.CORRECTION: translatable("According to the slide, {said}. But {right}."),
    Kind.CONVENTION: translatable("According to the slide, {said}. That is a convention: {right}."),
    Kind.NOT_GIVEN: translatable("According to the slide, {said}; {right}."),
    Kind.PICTURED: translatable("The slide shows {said}; {right}."),
}


def discrepancies(lesson: Lesson) -> Iterator[str]:
    """Yield a sentence for each number that is truncated, wrong or of another convention, and statement."""
    rows = [one for one in lesson.rows if one.difference is None]
    for value, row in zip(lesson.values, rows, strict=True):
        if row.verdict in _JUDGED or value.changed or value.against:
            yield _sentence(value, row, lesson.sheet.exact(lesson.sheet.elements[value.name]))
    for one in lesson.statements:
        yield translate(_STATED[one.kind], said=translate(one.said), right=translate(one.right))


def _sentence(value: SlideValue, row: SlideRow, plain: Decimal) -> str:
    numbers = {
        "plain": number_text(significant(plain, DIGITS)),
        "own": number_text(significant(row.own, DIGITS)),
        "exact": number_text(significant(row.exact, max(DIGITS, len(row.shown_exact.as_tuple().digits)))),
        "changed": "" if row.with_change is None else number_text(significant(row.with_change, DIGITS)),
    }
    name = shown_name(value.name)
    told = translate(value.note, **numbers) if value.note else ""
    if row.verdict not in _JUDGED:
        return f"{name}: {told}."
    sentence = translate(_JUDGED[row.verdict], name=name, printed=row.text.replace("-", "−"), **numbers)
    if row.tie:
        sentence += "; " + translate("it is a tie, and a tie is rounded away from zero")
    return f"{sentence}; {told}." if told else f"{sentence}."
