"""The READMEs: every block runs and prints what stands there, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tiza as tz
from readme_blocks import Block, blocks_of, language_of, run, trimmed, words

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.es.md")
ACCURACY = re.compile(r"(\d+\.\d\d) %, \d+ (?:of|de) 10000|accuracy (0\.\d+)|exactitud (0\.\d+)")
INSTALL = re.compile(r"pip install (?:\.|'\.\[(\w+)\]')")


@pytest.mark.parametrize(
    ("path", "trains"),
    [
        pytest.param(READMES[0], False, id="English"),
        pytest.param(READMES[0], True, id="English, those that train"),
        pytest.param(READMES[1], False, id="Spanish"),
        # the same code once more
        pytest.param(READMES[1], True, id="Spanish, those that train", marks=pytest.mark.slow),
    ],
)
def test_every_block_prints_what_stands_there(path: Path, trains: bool) -> None:
    names: dict[str, Any] = {"tz": tz}
    blocks = list(blocks_of(path.read_text(encoding="utf-8")))
    assert sum(block.kind == "console" for block in blocks) >= 2
    for block in blocks:
        if block.trains is not trains:
            continue
        printed = run(block, names, language_of(path))
        if block.shown:
            check(block, trimmed(printed, block.shown))
        else:
            assert not printed


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_ten_lines_are_ten_lines(path: Path) -> None:
    section = re.compile(r"^## (?:Ten lines|Diez líneas) .*?```python\n(.*?)```", re.MULTILINE | re.DOTALL)
    ten = section.findall(path.read_text(encoding="utf-8"))
    assert len(ten) == 3
    for code in ten:
        assert len([line for line in code.splitlines() if line]) <= 10


def check(block: Block, printed: str) -> None:
    if not block.trains:
        assert printed == block.shown
        return
    assert words(printed) == words(block.shown)
    reached, told = (
        [float(next(filter(None, found))) for found in ACCURACY.findall(text)]
        for text in (printed, block.shown)
    )
    assert told
    assert reached == pytest.approx(told, abs=0.01 if max(told) <= 1 else 0.5)


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for block in re.findall(
        r"^```sh\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        for line in block.splitlines():
            command = line.partition("#")[0].strip()
            if installed := INSTALL.fullmatch(command):
                assert installed[1] is None or installed[1] in extras
            else:
                goal = command.removeprefix("make ")
                assert re.search(rf"^{re.escape(goal)}:", makefile, re.MULTILINE), command


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_both_readmes_run_the_same_code() -> None:
    def code(path: Path) -> list[tuple[str, ...]]:
        text = path.read_text(encoding="utf-8")
        return [
            (block.kind, *re.sub(r"#.*|\"{3}.*?\"{3}| --language es", "", block.code).split())
            for block in blocks_of(text)
        ]

    assert code(READMES[0]) == code(READMES[1])
