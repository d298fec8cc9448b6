"""A worked solution as Markdown with formulas in LaTeX, in the current language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tiza.blackboard.latex import Latex
from tiza.blackboard.sentences import THROUGH_TIME, Sentences
from tiza.blackboard.steps import Page, Section, Step
from tiza.language import translatable


def page_markdown(page: Page, hidden: frozenset[int] = frozenset()) -> str:
    """Return the page as Markdown; `hidden` are the lines whose results are left to be filled in."""
    return "\n".join(_lines(Sentences(page, Latex(page.names.notation.decimal_sign), hidden)))


def table_markdown(heading: str, text: str) -> str:
    """Return a table of plain text as Markdown that leaves its columns alone."""
    return f"\n\n#### {heading}\n\n```text\n{text}\n```"


def _lines(sentences: Sentences) -> Iterator[str]:
    page, markup = sentences.page, sentences.markup
    question, answer = sentences.headline()
    yield from (f"### {question}", "", f"> {answer}", "")
    told = [markup.sentence(translatable("Data: {data}"), data="; ".join(sentences.data()))]
    if path := sentences.path():
        told.append(markup.sentence(translatable("Path: {path}"), path=path))
    yield from (f"- {one}" for one in (*told, *sentences.before_the_lines()))
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield from ("", f"#### {at}. {sentences.heading(section)}")
        for step in steps:
            yield from _step(step, sentences)
        if section is Section.BACKWARD and page.check and not sentences.hidden:
            yield from ("", sentences.quotient(page.check))
    if page.through_time and not sentences.hidden:
        yield from ("", f"#### {markup.sentence(THROUGH_TIME)}", "")
        yield from _table(*sentences.through_time(page.through_time))
        yield from (line for one in sentences.through_time_told(page.through_time) for line in ("", one))
    yield from (line for one in sentences.closing() for line in ("", one))


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["--:"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _step(step: Step, sentences: Sentences) -> Iterator[str]:
    yield from ("", f"**[{step.number}]** {sentences.markup.equation(sentences.sides(step))}")
    remarks = sentences.remarks(step)
    if remarks:
        yield f"  ({'; '.join(remarks)})"
