"""docs/lessons.md, made from the lessons; `python tests/lessons/document.py` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tiza.blackboard.slides import Verdict
from tiza.language import use_language
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.lessons.lesson import Kind, Lesson
from tiza.lessons.page import discrepancies, slide_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "lessons.md"
HEAD = """\
# The lessons

The five courses' worked examples, as data: the slide's network or calculation, the numbers that it prints,
and what is to be said about them. Where a slide has a picture only, of filters, pooling, recurrent networks
and their gates, the numbers are the lesson's own, and images stand as grids below the calculation.

```
tiza lesson list                                        what there is, with what is right and wrong
tiza lesson show tanh-2-2-1                             a lesson: calculation, slide, discrepancies
tiza lesson show tanh-2-2-1 --target w3 --language es   another number, in Spanish
tiza lesson show tanh-2-2-1 --html page.html            the same as a page for the browser
```

`list` and `show` take `--json`. In Python:

```python
from tiza.lessons.catalogue import find_lesson

lesson = find_lesson("tanh-2-2-1")
lesson.explain("dE/dw3", language="es")  # a blackboard, in the course's notation
lesson.model(), lesson.x, lesson.y  # the network, with the course's conventions
lesson.names["w1"]  # 'dense.kernel[0,0]'
lesson.slide_sheet()  # what the slide prints, as a student's sheet
```

A course's conventions that change values are made by the lesson's model: half the squared error, added or
averaged; logarithms of base 10; the slope 1 of ReLU at 0.

## Slide mode

A slide rounds each number that it prints and goes on from the printed one. So a printed number is measured
by what the numbers printed before it give, or by the exact one: it is *reproduced* if one of both rounds to
it (half away from zero), *truncated* if digits were cut off, else *wrong*. What it costs is its distance from
the exact number, in percent of that, both as they are printed. Before a number stand the differences on the
way to it, where rounding costs most. `docs/courses.md` measures by the exact numbers alone.
"""


def document() -> str:
    """Return the whole page."""
    with use_language("en"):
        return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield HEAD
    lesson = find_lesson("tanh-2-2-1")
    yield f"```\n{slide_text(lesson, 'w1')}\n```\n"
    yield "## List\n"
    yield _counted()
    head = ("lesson", "what it shows", "reproduced", "truncated", "wrong", "wrong in words")
    for course, lessons in groupby(LESSONS.values(), key=lambda one: one.course):
        yield f"### Course {course.number}: {course.title}\n"
        yield f"{_table(head, [_row(one) for one in lessons])}\n"
    yield "## Discrepancies\n"
    for name, one in LESSONS.items():
        pictured = any(said.kind is Kind.PICTURED for said in one.statements)
        if (told := list(discrepancies(one))) and not pictured:
            yield f"**{name}**\n"
            yield "\n".join(f"- {sentence}" for sentence in told) + "\n"


def _row(lesson: Lesson) -> tuple[str, ...]:
    counts = (*(lesson.count(one) for one in Verdict), lesson.stated(Kind.CORRECTION))
    return (f"`{lesson.name}`", lesson.title, *(str(count) if count else "" for count in counts))


def _counted() -> str:
    counts = [sum(lesson.count(one) for lesson in LESSONS.values()) for one in Verdict]
    said = sum(lesson.stated(Kind.CORRECTION) for lesson in LESSONS.values())
    return (
        f"{len(LESSONS)} lessons. Of the numbers on their slides {counts[0]} are reproduced, {counts[1]} "
        f"truncated, {counts[2]} wrong;\n{said} statements in words are wrong.\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in lines)


if __name__ == "__main__":
    sys.stdout.write(f"{DOCUMENT}\n")
    DOCUMENT.write_text(document(), encoding="utf-8")
