"""Tables in plain text, for results that are printed without colour."""

from __future__ import annotations

from collections.abc import Sequence


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return aligned columns, two blanks apart.

    Args:
        header: one title a column.
        rows: one text a column each.
        left: how many columns, from the first, are aligned to the left; the others to the right.

    Example:
        >>> print(plain_table(["step", "error"], [["0.1", "2e-3"], ["0.01", "2e-5"]]))
        step  error
        0.1    2e-3
        0.01   2e-5
    """
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(_line(line, widths, left) for line in lines)


def _line(texts: Sequence[str], widths: Sequence[int], left: int) -> str:
    aligned = (
        text.ljust(width) if column < left else text.rjust(width)
        for column, (text, width) in enumerate(zip(texts, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()
