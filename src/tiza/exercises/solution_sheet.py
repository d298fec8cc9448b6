"""What a teacher reads: the statement, the answers, the whole solution, what common mistakes would give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tiza.blackboard.markup import Markup
from tiza.blackboard.sentences import Sentences
from tiza.exercises.blocks import Block, Code, Heading, Lines, Paragraph, Table, Values
from tiza.exercises.exercise import Exercise
from tiza.exercises.parts import COUNT, STEPS
from tiza.exercises.separation import RIGHT, by_mistake
from tiza.exercises.statement import statement
from tiza.exercises.writing import answer_number, equation, listed
from tiza.language import translatable, translate, translate_plural

MOST_EXAMPLES = 4
"""Numbers that are told of one mistake."""


def solution_sheet(exercise: Exercise, markup: Markup) -> Iterator[Block]:
    """Yield the blocks of an exercise as a teacher gets it."""
    yield from statement(exercise, markup, blank=False)
    yield Heading(markup.sentence(translatable("Answers")))
    found = ((markup.symbol(one.symbol), answer_number(one.value, markup)) for one in exercise.answers)
    yield Values(tuple(markup.inline(equation(markup, name, value)) for name, value in found))
    yield Heading(markup.sentence(translatable("Solution")))
    yield from _solution(exercise, markup)
    yield Heading(markup.sentence(translatable("What common mistakes would give")))
    yield from _mistakes(exercise, markup)
    yield Code(exercise.sheet(), markup.sentence(translatable("The right answers as a sheet for tiza check")))


def _solution(exercise: Exercise, markup: Markup) -> Iterator[Block]:
    page = exercise.solution.page
    sentences = Sentences(page, markup)
    if exercise.kind != COUNT:
        yield Paragraph(sentences.working(), soft=True)
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        if exercise.kind in STEPS:
            yield Heading(f"{at}. {sentences.heading(section)}", 3)
        yield Lines(tuple((one.number, markup.equation(sentences.sides(one))) for one in steps))
    if page.is_step:
        for one in list(sentences.closing())[-1:]:
            yield Paragraph(one)


def _mistakes(exercise: Exercise, markup: Markup) -> Iterator[Block]:
    names = exercise.problem.names
    rows = []
    for mistakes, numbers in by_mistake(exercise.wrong).items():
        told = [
            equation(markup, markup.symbol(names.symbol(one.element)), answer_number(one.value, markup))
            for one in numbers[:MOST_EXAMPLES]
        ]
        more = f", … ({len(numbers)})" if len(numbers) > MOST_EXAMPLES else ""
        said = translate(" or ").join(markup.sentence(one) for one in mistakes)
        rows.append((said, listed(told, markup) + more))
    yield Table(
        (markup.sentence(translatable("mistake")), markup.sentence(translatable("would give"))), tuple(rows)
    )
    yield Paragraph(_separated(exercise, markup), soft=True)


def _separated(exercise: Exercise, markup: Markup) -> str:
    """Return how many mistakes the numbers tell apart."""
    told = markup.sentence(
        translate_plural(
            "The numbers tell {count} kind of mistake apart, each made where everything before is right.",
            "The numbers tell {count} kinds of mistake apart, each made where everything before is right.",
            exercise.separated,
        )
    )
    names = exercise.problem.names
    for one in exercise.confusions:
        first, second = (
            markup.sentence(translatable("the right number")) if name == RIGHT else markup.sentence(name)
            for name in one.mistakes
        )
        told += " " + markup.sentence(
            translatable("At {name} chance makes two numbers equal: {first}; {second}."),
            name=markup.inline(markup.symbol(names.symbol(one.element))),
            first=first,
            second=second,
        )
    return told
