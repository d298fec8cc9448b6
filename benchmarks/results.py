"""The page of results: where they were measured, and dated sections, of which some can be renewed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_MARK = re.compile(r"^<!-- (.+) -->$", re.MULTILINE)


def machine_of(page: str) -> list[str]:
    """Return the lines that say what a page was measured on and with.

    Example:
        >>> machine_of(written(["- machine: Z80"], "How.", {"A": "## A"}))
        ['- machine: Z80']
    """
    head = _MARK.split(page)[0]
    return [line for line in head.splitlines() if line.startswith("- ")]


def sections_of(page: str) -> dict[str, str]:
    """Return the sections of a page by name.

    Example:
        >>> sections_of(written(["- machine: Z80"], "How.", {"A": "## A", "B": "## B"}))
        {'A': '## A', 'B': '## B'}
    """
    _, *parts = _MARK.split(page)
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def renewed(old: Mapping[str, str], new: Mapping[str, str], order: Iterable[str]) -> dict[str, str]:
    """Return old sections with new ones in their places.

    Example:
        >>> renewed({"A": "old", "C": "old"}, {"B": "new", "C": "new"}, "ABC")
        {'A': 'old', 'B': 'new', 'C': 'new'}
    """
    found = {**old, **new}
    return {name: found[name] for name in order if name in found}


def written(machine: Sequence[str], how: str, sections: Mapping[str, str]) -> str:
    """Return the page."""
    head = ["# Benchmarks", "", "Written by `make bench`; do not edit.", "", *machine, "", how]
    body = [line for name, text in sections.items() for line in ("", f"<!-- {name} -->", "", text)]
    return "\n".join([*head, *body]) + "\n"
