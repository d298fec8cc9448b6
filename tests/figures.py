"""Figures that tests measure: one JSON object a line, which `make verify` writes into its report."""

from __future__ import annotations

import json
from pathlib import Path

FIGURES = Path(__file__).parent.parent / "build" / "figures.jsonl"


def record_figure(name: str, *, promised: str, measured: str, note: str = "") -> None:
    """Append one figure."""
    FIGURES.parent.mkdir(exist_ok=True)
    row = {"name": name, "promised": promised, "measured": measured, "note": note}
    with FIGURES.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
