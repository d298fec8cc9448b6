"""docs/command-line.md: blocks print what stands there, and the table of presets is that of the registry.

Both are written anew after a change by

    python tests/cli/test_documentation.py
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from readme_blocks import blocks_of, renewed, run, trimmed, words
from tiza.cli.callback_names import CALLBACKS
from tiza.cli.main import cli
from tiza.cli.networks import usual_loss
from tiza.cli.presets import PRESETS
from tiza.cli.recipes import Recipe

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
HEAD = (
    "| preset | data | hidden layers | activation | optimizer | batch | epochs |\n"
    "|---|---|---|---|---|---|---|\n"
)


def hidden_of(recipe: Recipe) -> str:
    """Return the hidden layers: their sizes, or their kinds with what they are told first."""
    if recipe.layers is None:
        return ", ".join(map(str, recipe.hidden))
    words = [" ".join(str(value) for value in list(one.values())[:2]) for one in recipe.layers]
    return ", ".join(words)


def activation_of(recipe: Recipe) -> str:
    """Return the activation of the hidden layers that have one."""
    given = [one["activation"] for one in recipe.layers or () if "activation" in one]
    return ", ".join(dict.fromkeys(given)) or ("its own" if recipe.layers else recipe.activation)


def row_of(name: str, recipe: Recipe) -> str:
    rate = "" if recipe.learning_rate is None else f", rate {recipe.learning_rate:g}"
    rate += " falling to 0" if recipe.decay else ""
    loss = "" if recipe.loss is None else f", `{recipe.loss}`"
    cells = (
        f"`{name}`",
        f"`{recipe.data}`",
        hidden_of(recipe),
        activation_of(recipe),
        f"{recipe.optimizer}{rate}{loss}",
        f"{recipe.batch_size}",
        f"{recipe.epochs}",
    )
    return f"| {' | '.join(cells)} |\n"


def table_of_presets() -> str:
    return HEAD + "".join(row_of(name, recipe) for name, recipe in PRESETS.items())


def test_the_table_of_presets() -> None:
    assert table_of_presets() in PAGE.read_text(encoding="utf-8")


def test_everything_is_told_of() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for command in cli.commands:
        assert f"`tiza {command}" in page
    for name in CALLBACKS:
        assert f"`{name}=" in page
    for classes in (0, 2, 3):
        assert f"`{usual_loss(classes)}`" in page
    parameters = [one for command in cli.commands.values() for one in command.params]
    options = {name for one in parameters for name in (*one.opts, *one.secondary_opts)}
    for option in re.findall(r"--[a-z][a-z-]*", page):
        assert option in options or option == "--language"


def test_every_block_prints_what_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks_of(PAGE.read_text(encoding="utf-8")):
        printed = trimmed(run(block, names, "en"), block.shown)
        assert words(printed) == words(block.shown), block.code


def with_presets(text: str) -> str:
    """Return the page with the table of presets written anew."""
    before, mark, behind = re.split(r"(<!-- table of the presets: .*? -->\n)", text, maxsplit=1)
    return before + mark + table_of_presets() + re.sub(r"\A(\|.*\n)*", "", behind)


if __name__ == "__main__":
    page = with_presets(PAGE.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        page = renewed(page, "en")
    PAGE.write_text(page, encoding="utf-8")
