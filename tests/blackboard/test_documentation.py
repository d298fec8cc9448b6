"""docs/blackboard.md: blocks print what stands there, options and notations exist, pictures are small.

What blocks print is written anew after a change by

    python tests/readme_blocks.py docs/blackboard.md
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from blackboard.pages import PAGES, page
from readme_blocks import blocks_of, run, trimmed
from tiza.blackboard.derivation import MOST_LINES
from tiza.blackboard.expansion import LARGEST_TERMS, WRITTEN_TERMS
from tiza.blackboard.explanation import MOST_LINES_OF_A_STEP
from tiza.blackboard.notations import NOTATIONS
from tiza.blackboard.question import SHOWN_WEIGHTS, WHOLE_WIDTH
from tiza.cli.explain import explain

FOLDER = Path(__file__).parents[2] / "docs"
PAGE = (FOLDER / "blackboard.md").read_text(encoding="utf-8")
MOST_BYTES = 150_000
PNG = b"\x89PNG\r\n\x1a\n"


def test_every_block_prints_what_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = list(blocks_of(PAGE))
    assert sum(bool(block.shown) for block in blocks) >= 6
    for block in blocks:
        assert trimmed(run(block, names, "en"), block.shown) == block.shown


def test_options_and_notations_are_those_there_are() -> None:
    options = {one for parameter in explain.params for one in (*parameter.opts, *parameter.secondary_opts)}
    told = set(re.findall(r"--[a-z][a-z-]*", PAGE))
    assert told <= options
    assert options - told <= {"network", "data", "--language"}
    assert set(NOTATIONS) - {"default"} <= set(re.findall(r"`([\w-]+)`", PAGE))


def test_numbers_of_the_limits() -> None:
    told = " ".join(PAGE.split())
    assert (
        f"A sum of {WRITTEN_TERMS} terms or fewer is written out; of a longer one the {LARGEST_TERMS}" in told
    )
    assert f"at most {MOST_LINES} numbers have lines" in told
    assert f"at most {MOST_LINES_OF_A_STEP}," in told
    assert f"longer than {WHOLE_WIDTH} it shows the {SHOWN_WEIGHTS} that" in told


@pytest.mark.parametrize("name", PAGES)
def test_pages_for_the_browser_are_those_of_the_lessons(name: str) -> None:
    assert f"(examples/{name})" in PAGE
    written = (FOLDER / "examples" / name).read_text(encoding="utf-8")
    assert written == page(name), f"examples/{name} is old; run `python tests/blackboard/pages.py`"


def test_pictures_are_there_and_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\((pictures/[\w.-]+)\)", PAGE)
    assert len(pictures) == 4
    for name in pictures:
        picture = (FOLDER / name).read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) < MOST_BYTES
