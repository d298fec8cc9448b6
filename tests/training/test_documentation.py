"""docs/training.md: every block prints what stands there, and the table has every callback."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from readme_blocks import blocks_of, run
from tiza.training import callbacks

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def test_every_block_prints_what_stands_there() -> None:
    names: dict[str, Any] = {}
    blocks = list(blocks_of(PAGE))
    assert len(blocks) >= 4
    for block in blocks:
        assert run(block, names, "en") == block.shown


def test_the_table_has_every_callback() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    known = [name for name, value in vars(callbacks).items() if isinstance(value, type)]
    assert told == sorted(known, key=str.lower)
