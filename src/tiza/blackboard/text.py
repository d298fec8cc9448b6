"""A worked solution as plain text, in the current language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
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
_SPACE = re.compile(r" (?:([+−=≈<≤≠]|→) )?")


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
    yield from _folded(markup.sentence(translatable("Data    {data}"), data=data), _INDENT, _ITEMS)
    if path := sentences.path():
        yield from _folded(markup.sentence(translatable("Path    {path}"), path=path), _INDENT, _SENTENCE)
    if working := sentences.working():
        yield working
    if mode := sentences.mode():
        yield from _folded(mode, _INDENT, _SENTENCE)
    if taken := sentences.taken():
        yield from _folded(taken, _INDENT, _ITEMS)
    yield ""
    width = len(str(len(page.steps))) + 3
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield f"{at}. {sentences.heading(section)}"
        for step in steps:
            yield from _step_lines(step, sentences, width)
        if section is Section.BACKWARD and page.check and not sentences.hidden:
            yield from _folded(f"{' ' * width} {sentences.quotient(page.check)}", width + 3, _SENTENCE)
    if page.through_time and not sentences.hidden:
        yield from ("", markup.sentence(THROUGH_TIME))
        table = plain_table(*sentences.through_time(page.through_time))
        yield from (f"   {one}" for one in table.splitlines())
        told = sentences.through_time_told(page.through_time)
        yield from (line for one in told for line in _folded(f"   {one}", _INDENT, _SENTENCE))
    yield from (line for one in sentences.closing() for line in _folded(f"   {one}", _INDENT, _SENTENCE))


def _step_lines(step: Step, sentences: Sentences, width: int) -> Iterator[str]:
    name, formula, *numbers = sentences.sides(step)
    head, tail = f"[{step.number}]".rjust(width) + f" {name}{formula}", "".join(numbers)
    lines = [f"{head}{tail}"] if len(head) + len(tail) <= WIDTH else _sides(head, numbers, width)
    notes = f"({'; '.join(sentences.remarks(step))})" if step.remarks or step.definition.shortened else ""
    beside = f"{lines[-1]}    {notes}"
    if len(beside.rstrip()) <= LONGEST:
        yield from (*lines[:-1], beside)
    else:
        yield from (*lines, *_folded(f"{' ' * (width + 2)}{notes}", width + 3, _ITEMS))


def _sides(head: str, numbers: Sequence[str], width: int) -> list[str]:
    """Return a long line in several: the formula, then the numbers, as many sides a line as there is room."""
    below: list[str] = []
    for side in numbers:
        if below and len(below[-1]) + len(side) <= LONGEST:
            below[-1] += side
        else:
            below.append(f"{' ' * (width + 2)}{side}")
    return [line for one in (head, *below) for line in _folded(one, width + 4, _FORMULA)]


def _whole(item: str) -> str:
    """Return an item that is not broken, unless it is long."""
    return item.replace(" ", _UNBROKEN) if len(item) <= WIDTH - _INDENT else item


def _outside(space: re.Match[str]) -> bool:
    before = space.string[: space.start()]
    return sum(map(before.count, "([")) == sum(map(before.count, ")]"))


def _before_sign(space: re.Match[str]) -> bool:
    return bool(space[1])


def _between_words(space: re.Match[str]) -> bool:
    return not space[1]


def _anywhere(space: re.Match[str]) -> bool:
    return True


_Where = Callable[[re.Match[str]], bool]
_FORMULA: tuple[_Where, ...] = (lambda one: _before_sign(one) and _outside(one), _before_sign, _anywhere)
"""Where a line may be broken, the best places first; the next ones serve what is still very long."""
_SENTENCE: tuple[_Where, ...] = (_outside, _anywhere)
_ITEMS: tuple[_Where, ...] = (_between_words, _anywhere)


def _folded(line: str, indent: int, places: Sequence[_Where]) -> list[str]:
    """Return a line, a very long one in several, none of which ends with a sign."""
    lines = [line]
    for where in places:
        lines = [part for whole in lines for part in _broken(whole, indent, where)]
    return lines


def _broken(line: str, indent: int, where: _Where) -> list[str]:
    if len(line) <= LONGEST:
        return [line.replace(_UNBROKEN, " ")]
    words = line.lstrip(" ")

    def bound(space: re.Match[str]) -> str:
        before = " " if where(space) else _UNBROKEN
        return f"{before}{space[1]}{_UNBROKEN}" if space[1] else before

    lines = textwrap.wrap(
        _SPACE.sub(bound, words),
        WIDTH,
        initial_indent=line[: -len(words)],
        subsequent_indent=" " * indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [one.replace(_UNBROKEN, " ") for one in lines]
