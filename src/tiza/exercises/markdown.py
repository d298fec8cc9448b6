"""Exercises as Markdown with formulas in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.blackboard.latex import Latex
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

PAGE_BREAK = '<div style="break-after: page"></div>'
_FIELDS_IN_A_ROW = 3


def exercises_markdown(exercises: Sequence[Exercise], teacher: bool = False) -> str:
    """Return exercises as Markdown; `teacher` is with answers, solution and common mistakes."""
    sheets = []
    for one in exercises:
        blocks = sheet_of(one, Latex(one.problem.names.notation.decimal_sign), teacher)
        sheets.append("\n\n".join(map(_block, blocks)))
    return f"\n\n{PAGE_BREAK}\n\n".join(sheets) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Paragraph(text, _):
            return text
        case Facts(rows):
            return "\n".join(f"- **{term}:** {told}" if term else f"- {told}" for term, told in rows)
        case Table(head, rows):
            return _table(head, rows)
        case Fields(names):
            return _in_rows([part for name in names for part in (name, "")], 2 * _FIELDS_IN_A_ROW)
        case Values(equations):
            return _in_rows(equations, _FIELDS_IN_A_ROW)
        case Lines(rows):
            return "\n\n".join(f"**[{number}]** {equation}" for number, equation in rows)
        case Code(text, title):
            shown = f"```\n{text.rstrip()}\n```"
            return f"{title}:\n\n{shown}" if title else shown
        case Picture(_, _, told):
            return f"```\n{told}\n```"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in lines)


def _in_rows(cells: Sequence[str], width: int) -> str:
    """Return cells as a table without titles."""
    width = min(width, len(cells))
    full = [*cells, *[""] * (-len(cells) % width)]
    return _table([""] * width, [full[at : at + width] for at in range(0, len(full), width)])
