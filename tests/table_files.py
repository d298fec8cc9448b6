"""CSV files for the tests of the command line, and how the commands are run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tiza.cli.main import cli
from tiza.language import use_language

CITIES = {"Lima": 50.0, "Cusco": 20.0, "Puno": 0.0}
HEAD = "area,city,garden,country,price,size"


def house(row: int, city: str | None = None) -> str:
    """Return a row of a table of houses: the price follows from area, city and garden."""
    names = list(CITIES)
    place = names[(row * 7 + row // 5) % 3] if city is None else city
    area = 40.0 + (row * 37 % 160)
    garden = row * 11 % 3 == 0
    price = 1.5 * area + CITIES.get(place, 10.0) + 10.0 * garden + 3.0 * math.sin(row)
    gap = row % 29 == 0
    words = ("" if gap else f"{area:g}", place, "yes" if garden else "no", "Peru", f"{price:.2f}")
    return ",".join((*words, "large" if area > 120 else "small"))


def write_houses(path: Path, rows: int = 240, head: str = HEAD, more: tuple[str, ...] = ()) -> Path:
    path.write_text("\n".join([head, *map(house, range(rows)), *more]) + "\n", encoding="utf-8")
    return path


def invoke(*arguments: str | Path, language: str = "en") -> Result:
    with use_language(language):
        return CliRunner(env={"COLUMNS": "100"}).invoke(
            cli, [str(one) for one in arguments], prog_name="tiza"
        )


def run(*arguments: str | Path, language: str = "en") -> str:
    result = invoke(*arguments, language=language)
    assert result.exit_code == 0, result.output
    return result.stdout


def run_json(*arguments: str | Path) -> dict[str, Any]:
    shown = run(*arguments, "--json")
    assert shown.count("\n") == 1
    read = json.loads(shown)
    assert isinstance(read, dict)
    return read


def refused(*arguments: str | Path, status: int = 1) -> str:
    """Return the message of a command that is refused: the last line of the error stream, without more."""
    result = invoke(*arguments)
    assert result.exit_code == status, (result.output, result.exception)
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Error:") == 1
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("Error: ")
    assert status == 2 or len(lines) == 1, result.stderr
    return lines[-1].removeprefix("Error: ")
