"""The pages under docs: their blocks print what stands there, and the READMEs lead to each of them.

A block of `python` is run; one of `py` is a piece of a file, which cannot run alone.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from readme_blocks import blocks_of, run

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\(([^)#]+)\)")
# Their blocks print numbers of a training, or need an extra: tests beside what they document run them.
RUN_ELSEWHERE = {"command-line.md", "scikit-learn.md"}


def blocks_to_run(page: Path) -> list[Any]:
    return [] if page.name in RUN_ELSEWHERE else list(blocks_of(page.read_text(encoding="utf-8")))


WITH_BLOCKS = [page for page in PAGES if blocks_to_run(page)]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.name)
def test_every_block_prints_what_stands_there(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks_to_run(page):
        assert run(block, names, "en") == block.shown, block.code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("readme", ["README.md", "README.es.md"])
def test_a_readme_leads_to_every_page(readme: str) -> None:
    linked = set(LINK.findall((ROOT / readme).read_text(encoding="utf-8")))
    assert {f"docs/{page.name}" for page in PAGES} <= linked


def test_every_file_that_the_architecture_names_is_there() -> None:
    """A name is that of a file in the room of its row, at any depth, or a path from the package."""
    package = ROOT / "src" / "tiza"
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    room, seen = package, 0
    for line in text.partition("## Which file answers")[2].partition("\n## ")[0].splitlines():
        if heading := re.match(r"\| \*\*`([\w/]+)/`\*\*", line):
            room = package / heading[1]
            assert room.is_dir(), room
        for name in re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", line.partition("?")[2]):
            seen += 1
            assert [*room.rglob(name.rstrip("/")), *package.glob(name.rstrip("/"))], f"{room.name}: {name}"
    assert seen > 100


def test_every_room_stands_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    order = [name.strip("() ") for line in contracts["contracts"][0]["layers"] for name in line.split(":")]
    there = [name for name in order if any((ROOT / "src" / "tiza").glob(f"{name.replace('.', '/')}*"))]
    told = re.findall(r"^\| `([\w/]+?)(?:/|\.py)` \|", text.partition("## Which file")[0], re.MULTILINE)
    assert [one.replace("/", ".") for one in told] == [one for one in reversed(there) if one != "__main__"]
