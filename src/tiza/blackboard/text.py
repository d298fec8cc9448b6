"""A worked solution as plain text, in the current language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from tiza.blackboard.markup import PlainText
from tiza.blackboard.sentences import THROUGH_TIME, Sentences
from tiza.blackboard.steps import Page, Section, Step
from tiza.calculus.plain_table import plain_table
from tiza.language import translatable

WIDTH = 110
"""Lines that are longer are broken before the numbers."""
LONGEST = 160
"""What is longer still is broken before signs, between items and between words, too."""
_INDENT = 8
_UNBROKEN = "\N{NO-BREAK SPACE}"
_SIGN = re.compile(r" ([+−=≈<≤≠]|→) ")


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
    data = "     ".join(_whole(one) for one in sentences.data())
    yield from _with_items(markup.sentence(translatable("Data    {data}"), data=data))
    if path := sentences.path():
        yield from _with_signs(markup.sentence(translatable("Path    {path}"), path=path), _INDENT)
    if working := sentences.working():
        yield working
    yield from _with_items(sentences.taken())
    yield ""
    width = len(str(len(page.steps))) + 3
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield f"{at}. {sentences.heading(section)}"
        for step in steps:
            yield from _step_lines(step, sentences, width)
        if section is Section.BACKWARD and page.check and not sentences.hidden:
            yield from _with_signs(" " * width + f" {sentences.quotient(page.check)}", width + 3)
    if page.through_time and not sentences.hidden:
        yield from ("", markup.sentence(THROUGH_TIME))
        table = plain_table(*sentences.through_time(page.through_time))
        yield from (f"   {one}" for one in table.splitlines())
        told = sentences.through_time_told(page.through_time)
        yield from (line for one in told for line in _with_signs(f"   {one}", _INDENT))
    yield from (line for one in sentences.closing() for line in _with_signs(f"   {one}", _INDENT))


def _step_lines(step: Step, sentences: Sentences, width: int) -> Iterator[str]:
    name, formula, *numbers = sentences.sides(step)
    head, tail = f"[{step.number}]".rjust(width) + f" {name}{formula}", "".join(numbers)
    lines = [f"{head}{tail}"] if len(head) + len(tail) <= WIDTH else _sides(head, numbers, width)
    notes = f"({'; '.join(sentences.remarks(step))})" if step.remarks or step.definition.shortened else ""
    beside = f"{lines[-1]}    {notes}"
    if len(beside.rstrip()) <= LONGEST:
        yield from (*lines[:-1], beside)
    else:
        yield from (*lines, *_folded(f"{' ' * (width + 2)}{notes}", width + 3))


def _sides(head: str, numbers: Sequence[str], width: int) -> list[str]:
    """Return a long line in several: the formula, then the numbers, as many sides a line as there is room."""
    below: list[str] = []
    for side in numbers:
        if below and len(below[-1]) + len(side) <= LONGEST:
            below[-1] += side
        else:
            below.append(f"{' ' * (width + 2)}{side}")
    return [line for one in (head, *below) for line in _with_signs(one, width + 4)]


def _with_signs(line: str, indent: int) -> list[str]:
    """Return a line, a very long one in several that begin with a sign, outside parentheses if they can."""
    return [
        part
        for whole in _folded(_breakable(line, outside=True), indent)
        for part in _folded(_breakable(whole), indent)
    ]


def _with_items(line: str) -> list[str]:
    """Return a line, a very long one in several that end behind an item of a list."""
    return _folded(_SIGN.sub(rf"{_UNBROKEN}\1{_UNBROKEN}", line), _INDENT) if line else []


def _whole(item: str) -> str:
    """Return an item that is not broken, unless it is long."""
    return item.replace(" ", _UNBROKEN) if len(item) <= WIDTH - _INDENT else item


def _breakable(line: str, outside: bool = False) -> str:
    """Return a formula that can be broken before its signs, or before those `outside` parentheses alone."""

    def bound(sign: re.Match[str]) -> str:
        before = line[: sign.start()]
        is_inside = sum(map(before.count, "([")) > sum(map(before.count, ")]"))
        return f"{_UNBROKEN if outside and is_inside else ' '}{sign[1]}{_UNBROKEN}"

    return _SIGN.sub(bound, line)


def _folded(line: str, indent: int) -> list[str]:
    if len(line) <= LONGEST:
        return [line.replace(_UNBROKEN, " ")]
    lines = textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [one.replace(_UNBROKEN, " ") for one in lines]
