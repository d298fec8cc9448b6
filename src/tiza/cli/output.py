"""What the commands print with: consoles, tables, pages."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

INDENT = " " * 8
"""What goes on in a further line stands under the text of the line, whose number takes five characters."""

WIDEST_TABLE = 1000


def new_console() -> Console:
    """Return a console that leaves numbers in one colour."""
    return Console(highlight=False)


def plain_table(left: Sequence[str], right: Sequence[str], gap: int = 3) -> Table:
    """Return an empty table: columns of text, then of numbers, `gap` blanks apart, no lines around it."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False)
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def show_table(table: Table) -> None:
    """Print a table at its own width: on a narrow terminal its lines run over, but no number is cut."""
    Console(highlight=False, width=WIDEST_TABLE).print(table)


def wrapped(page: str, width: int) -> str:
    """Return a page whose lines are no longer than `width` where a space allows it.

    Example:
        >>> print(wrapped("  [1] a = 0.1 + 0.2 = 0.3", 20))
          [1] a = 0.1 + 0.2
                = 0.3
    """
    lines: list[str] = []
    for line in page.splitlines():
        lines += textwrap.wrap(
            line,
            width,
            subsequent_indent=INDENT,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return "\n".join(lines)
