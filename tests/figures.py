"""Figures that tests measure: one JSON object a line, which `make verify` writes into its report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).parent.parent / "build" / "figures.jsonl"


def record_figure(name: str, *, promised: str, measured: str, note: str = "") -> None:
    """Append one figure."""
    _append({"name": name, "promised": promised, "measured": measured, "note": note})


def record_agreement(
    library: str,
    what: str,
    *,
    promised: float,
    largest: float,
    comparisons: int,
    options: Mapping[str, Iterable[str]],
) -> None:
    """Append how far numbers of one kind agree with those of another library.

    Args:
        library: which one, with its version.
        what: the kind of numbers, such as the name of a layer.
        promised: the difference that is allowed.
        largest: the largest difference.
        comparisons: arrays that were compared.
        options: the values that each option had.
    """
    values = {name: list(tried) for name, tried in options.items()}
    row = {"library": library, "what": what, "promised": promised, "largest": largest}
    _append({**row, "comparisons": comparisons, "options": values})


def _append(row: Mapping[str, Any]) -> None:
    FIGURES.parent.mkdir(exist_ok=True)
    with FIGURES.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
