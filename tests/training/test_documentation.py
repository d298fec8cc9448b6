"""docs/training.md: the table has every callback."""

from __future__ import annotations

import re
from pathlib import Path

from tiza.training import callbacks

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def test_the_table_has_every_callback() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    known = [name for name, value in vars(callbacks).items() if isinstance(value, type)]
    assert told == sorted(known, key=str.lower)
