"""A worked solution as plain text, in the current language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tiza.blackboard.markup import PlainText
from tiza.blackboard.sentences import Sentences
from tiza.blackboard.steps import Page, Section, Step
from tiza.language import translatable

WIDTH = 110
"""Lines that are longer are broken before the numbers."""


def page_text(page: Page, hidden: frozenset[int] = frozenset()) -> str:
    """Return the page as text: the answer, the data, the path, the lines, the checks.

    Args:
        page: the worked solution.
        hidden: numbers of the lines whose results are left to be filled in.
    """
    sentences = Sentences(page, PlainText(page.names.notation.decimal_sign), hidden)
    return "\n".join(one.rstrip() for one in _lines(sentences))


def _lines(sentences: Sentences) -> Iterator[str]:
    page, markup = sentences.page, sentences.markup
    yield "    ".join(sentences.headline())
    yield markup.sentence(translatable("Data    {data}"), data="     ".join(sentences.data()))
    if path := sentences.path():
        yield markup.sentence(translatable("Path    {path}"), path=path)
    yield from (one for one in (sentences.working(), sentences.taken()) if one)
    yield ""
    width = len(str(len(page.steps))) + 3
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield f"{at}. {sentences.heading(section)}"
        for step in steps:
            yield from _step_lines(step, sentences, width)
        if section is Section.BACKWARD and page.check and not sentences.hidden:
            yield " " * width + f" {sentences.quotient(page.check)}"
    yield from (f"   {one}" for one in sentences.closing())


def _step_lines(step: Step, sentences: Sentences, width: int) -> Iterator[str]:
    name, formula, *numbers = sentences.sides(step)
    head = f"[{step.number}]".rjust(width) + f" {name}{formula}"
    tail = "".join(numbers)
    notes = "    ".join(sentences.remarks(step))
    if notes:
        notes = f"    ({notes})"
    if len(head) + len(tail) <= WIDTH:
        yield f"{head}{tail}{notes}"
    else:
        yield head
        yield f"{' ' * (width + 2)}{tail}{notes}"
