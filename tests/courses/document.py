"""The tables of docs/courses.md, from the worked examples; `python tests/courses/document.py` writes them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "courses.md"
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from courses.statements import NAMES, STATEMENTS  # noqa: E402
from courses.worked_example import Example, Row, Verdict, all_examples, verdict  # noqa: E402

DIGITS = 8
TITLES = {
    "000": "Course 000: advanced methods of data science",
    "001": "Course 001: design of neural networks",
    "002": "Course 002: digits and automatic differentiation",
    "003": "Course 003: backpropagation and activation functions",
    "004": "Course 004: numerical calculus and data science",
}
MARK = "<!-- from here on written by tests/courses/document.py -->\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in lines)


def shown(number: str) -> str:
    """Return a number with at most eight significant digits."""
    return f"{float(number):.{DIGITS}g}"


def row_cells(row: Row) -> tuple[str, ...]:
    """Return the cells of one number."""
    own = f"{shown(row.own_way)}: {verdict(row.printed, row.own_way)}" if row.own_way else ""
    return (row.quantity, row.printed or "-", shown(row.exact), row.verdict or "-", own, row.note)


def example_text(example: Example) -> str:
    """Return one example with its table."""
    head = ("quantity", "the slide prints", "Tiza gives", "the slide is", "by its own way", "why")
    return f"### {example.title}\n\n{table(head, [row_cells(row) for row in example.rows])}\n"


def tables() -> str:
    """Return what stands behind the mark."""
    examples = all_examples()
    rows = [row for example in examples for row in example.rows]
    counts = {one: sum(row.verdict is one for row in rows) for one in Verdict}
    summary = (
        f"Of {sum(counts.values())} numbers, {counts[Verdict.REPRODUCED]} are printed and reproduced, "
        f"{counts[Verdict.TRUNCATED]} truncated, {counts[Verdict.WRONG]} wrong;\nfor "
        f"{counts[Verdict.NOT_PRINTED]} the slides print words or nothing.\n"
    )
    parts = [summary]
    for course, own in groupby(examples, key=lambda one: one.course):
        parts.append(f"## {TITLES[course]}\n")
        parts += [example_text(one) for one in own]
        told = [(one.said, one.right) for one in STATEMENTS if one.course == course]
        if told:
            parts.append("### Said on the slides\n")
            parts.append(table(("the slide says", "what holds"), told) + "\n")
    parts.append("## What the courses name\n")
    parts.append(table(("the courses say", "Tiza's name"), [(said, f"`{name}`") for said, name, _ in NAMES]))
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    head = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[0]
    DOCUMENT.write_text(f"{head}{MARK}{tables()}", encoding="utf-8")
