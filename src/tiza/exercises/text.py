"""Exercises as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tiza.blackboard.markup import PlainText
from tiza.exercises.blocks import (
    Block,
    Code,
    Facts,
    Fields,
    Heading,
    Lines,
    Paragraph,
    Picture,
    Table,
    Values,
)
from tiza.exercises.exercise import Exercise
from tiza.exercises.sheets import sheet_of

WIDTH = 100
_FIELD = 22
_GAP = 3
_WHOLE = "\u00a0=\u00a0"
_ROOM = "________"


def exercises_text(exercises: Sequence[Exercise], teacher: bool = False) -> str:
    """Return exercises as text; `teacher` is with answers, solution and common mistakes."""
    sheets = []
    for one in exercises:
        blocks = sheet_of(one, PlainText(one.problem.names.notation.decimal_sign), teacher)
        sheets.append("\n".join(line.rstrip() for block in blocks for line in _lines(block)).strip())
    return f"\n\n\n{'─' * WIDTH}\n\n".join(sheets) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, _):
            yield from ("", text)
        case Paragraph(text, _):
            yield from ("", *textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False))
        case Facts(rows):
            width = max(len(term) for term, _ in rows) + 2
            yield ""
            yield from (f"{term:<{width}}{told}" for term, told in rows)
        case Table(head, rows):
            yield from ("", *_table(head, rows))
        case Fields(names):
            yield from ("", *_side_by_side([f"{name} {_ROOM}" for name in names]))
        case Values(equations):
            yield from ("", *_side_by_side(equations))
        case Lines(rows):
            for number, equation in rows:
                yield from textwrap.wrap(
                    f"{f'[{number}]':>5} {equation}",
                    WIDTH,
                    subsequent_indent=" " * 8,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
        case Code(text, title):
            yield from ("", *([title] if title else []), *(f"    {one}" for one in text.splitlines()))
        case Picture(_, _, told):
            yield from ("", f"    {told}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; the last column runs over where it is long, equations kept whole."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head) - 1)]
    indent = sum(widths) + _GAP * len(widths)
    for row in (head, *rows):
        start = "".join(f"{one:<{width + _GAP}}" for one, width in zip(row, widths, strict=False))
        kept = row[-1].replace(" = ", _WHOLE)
        for line in textwrap.wrap(kept, max(WIDTH - indent, _FIELD), break_on_hyphens=False) or [""]:
            yield start + line.replace(_WHOLE, " = ")
            start = " " * indent


def _side_by_side(cells: Sequence[str]) -> Iterator[str]:
    row = ""
    for cell in cells:
        if row and len(row) + max(len(cell), _FIELD) > WIDTH:
            yield row
            row = ""
        row += f"{cell:<{_FIELD}}  "
    yield row
