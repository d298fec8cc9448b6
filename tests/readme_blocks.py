"""The code blocks of a README: what they run, what they show, and how both are compared.

A `python` block is run; the `text` block behind it is what it prints. A `console` block is a command behind
`$ ` and what it prints. A line `...` stands for lines left out. Written anew after a change by

    python tests/readme_blocks.py README.md README.es.md
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tiza.cli.main import cli
from tiza.language import use_language

COLUMNS = "100"
LEFT_OUT = "..."
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBERS = re.compile(r"[\d.,%()·−]+")


@dataclass(frozen=True)
class Block:
    """Code of a README with what it shows; `shown_at` is where that stands in the README."""

    kind: str
    code: str
    shown: str
    shown_at: tuple[int, int]

    @property
    def trains(self) -> bool:
        """Whether what it prints depends on training, whose last digits differ between processors."""
        return "tiza demo" in self.code or "load_data" in self.code


def language_of(path: Path) -> str:
    """Return the language that a README is written in."""
    return "es" if ".es." in path.name else "en"


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the blocks that are run, in order."""
    found = list(_BLOCK.finditer(text))
    for at, match in enumerate(found):
        kind, body = match.groups()
        if kind == "console":
            command, _, shown = body.partition("\n")
            yield Block(kind, command.removeprefix("$ "), shown, (match.end(2) - len(shown), match.end(2)))
        elif kind == "python":
            behind = found[at + 1] if at + 1 < len(found) else None
            if behind is not None and behind[1] == "text" and not text[match.end() : behind.start()].strip():
                yield Block(kind, body, behind[2], behind.span(2))
            else:
                yield Block(kind, body, "", (0, 0))


def run(block: Block, names: dict[str, Any], language: str) -> str:
    """Return what a block prints; Python blocks share `names`."""
    with use_language(language):
        if block.kind == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.code, "README", "exec"), names)
            text = printed.getvalue()
        else:
            program, *arguments = shlex.split(block.code)
            assert program == "tiza"
            result = CliRunner(env={"COLUMNS": COLUMNS}).invoke(cli, arguments)
            assert result.exit_code == 0, result.output
            text = result.stdout
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def trimmed(printed: str, shown: str) -> str:
    """Return what is printed, without what `shown` leaves out.

    Behind lines left out it goes on with as many lines as are shown there: at the end the last ones, else
    those from the first line with the words of the one that is shown.
    """
    lines = printed.splitlines()
    first, *others = (part.splitlines() for part in f"\n{shown}".split(f"\n{LEFT_OUT}\n"))
    if not others:
        return printed
    at = len(first[1:])
    kept = lines[:at]
    for part in others[:-1]:
        at = next((n for n in range(at, len(lines)) if words(lines[n]) == words(part[0])), len(lines))
        kept += [LEFT_OUT, *lines[at : at + len(part)]]
        at += len(part)
    kept += [LEFT_OUT, *lines[len(lines) - len(others[-1]) :]]
    return "".join(f"{line}\n" for line in kept)


def words(text: str) -> str:
    """Return text without its numbers and its line ends."""
    return " ".join(_NUMBERS.sub(" ", text).split())


def renewed(text: str, language: str) -> str:
    """Return a README with what its blocks print now."""
    names: dict[str, Any] = {}
    parts, start = [], 0
    for block in blocks_of(text):
        printed = run(block, names, language)
        if block.shown:
            parts += [text[start : block.shown_at[0]], trimmed(printed, block.shown)]
            start = block.shown_at[1]
    return "".join(parts) + text[start:]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        readme = Path(name)
        readme.write_text(renewed(readme.read_text(encoding="utf-8"), language_of(readme)), encoding="utf-8")
