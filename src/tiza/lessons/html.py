"""A lesson as a page for the browser that loads nothing, in the current language."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tiza.blackboard.html import STYLE, document, page_fragment
from tiza.errors import ModelError
from tiza.language import current_language, translate
from tiza.lessons.lesson import Lesson
from tiza.lessons.page import REMARKS, course_text, discrepancies, slide_table, subject_lines

_UNBROKEN = 10_000
"""Characters of a line that the browser breaks."""


def lesson_html(lesson: Lesson, target: str | None = None) -> str:
    """Return a lesson's page: what it is about, its calculation, its slide, what is wrong there.

    Args:
        lesson: the lesson.
        target: the number that is explained, by the slide's name or the network's; None is the lesson's own.

    Raises:
        NameNotFoundError: there is no such number; near names are listed.
        ModelError: a number is asked for, and the lesson has none.
    """
    if lesson.subject is None and target is not None:
        raise ModelError(f"target: got {target!r}, but lesson {lesson.name!r} has no numbers; leave it out.")
    return document(f"Tiza: {lesson.name}", "\n".join(_parts(lesson, target)))


def _parts(lesson: Lesson, target: str | None) -> Iterator[str]:
    yield f"<style>\n{STYLE}</style>"
    yield _article("\n".join(_heading(lesson)))
    if lesson.subject is not None:
        board = lesson.explain(target or "")
        yield page_fragment(board.page, tables=board.tables)
    if below := "\n".join(_slide(lesson, target)):
        yield _article(below)


def _heading(lesson: Lesson) -> Iterator[str]:
    yield f"<h1>{escape(translate(lesson.title))}</h1>"
    yield f'<p class="remark">{escape(lesson.name)}: {escape(course_text(lesson))}</p>'
    yield f"<p>{escape(translate(lesson.introduction))}</p>"
    if lesson.subject is not None:
        yield from (f"<p>{escape(one)}</p>" for one in subject_lines(lesson, _UNBROKEN))


def _slide(lesson: Lesson, target: str | None) -> Iterator[str]:
    if lesson.values:
        heading, text = slide_table(lesson, target)
        yield _folding(heading, f"<pre>{escape(text)}</pre>")
    if told := list(discrepancies(lesson)):
        yield _folding(translate(REMARKS), "\n".join(f"<p>{escape(one)}</p>" for one in told))


def _article(inner: str) -> str:
    return f'<article class="tiza" lang="{current_language()}">\n{inner}\n</article>'


def _folding(heading: str, inner: str) -> str:
    return f"<details open><summary><h2>{escape(heading)}</h2></summary>\n{inner}\n</details>"
