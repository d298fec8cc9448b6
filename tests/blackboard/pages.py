"""The pages for the browser in docs/examples; `python tests/blackboard/pages.py` writes them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tiza.lessons.catalogue import find_lesson

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
PAGES: Mapping[str, tuple[str, str]] = {
    "shared-weight.html": ("peso-compartido", ""),
    "lstm-step.html": ("compuertas-lstm", "dE/du_f"),
}
"""Lesson and target of each page; no target is the lesson's own."""


def page(name: str) -> str:
    """Return a page, as `tiza explain LESSON --html` writes it."""
    lesson, target = PAGES[name]
    update = False if target else None
    return find_lesson(lesson).explain(target, "en", update=update).to_html().rstrip() + "\n"


if __name__ == "__main__":
    for name in PAGES:
        sys.stdout.write(f"{FOLDER / name}\n")
        (FOLDER / name).write_text(page(name), encoding="utf-8")
