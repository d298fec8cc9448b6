"""docs/optimizers.md: its tables are what rules and schedules say of themselves."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from schedule_examples import SCHEDULES
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS

DOCUMENT = Path(__file__).parents[2] / "docs" / "optimizers.md"
SHARED = {one.name for one in fields(Optimizer)} - {"learning_rate"}


def paragraphs(part: type) -> list[str]:
    """Return the paragraphs of a docstring, each on one line."""
    return [" ".join(one.split()) for one in (inspect.getdoc(part) or "").split("\n\n")]


def equation(part: type) -> str:
    return paragraphs(part)[1]


def source(part: type) -> str:
    found = [one.removeprefix("Source: ") for one in paragraphs(part) if one.startswith("Source: ")]
    assert len(found) == 1, f"{part.__name__} names no source"
    return found[0].rstrip(".")


def default(one: Field[Any]) -> str:
    return one.name if one.default is MISSING else f"{one.name}={one.default!r}"


def arguments(part: type, left_out: set[str]) -> str:
    own = [one for one in fields(part) if one.name not in left_out or one.default not in (None, MISSING)]
    return ", ".join(map(default, own))


def cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def rule_row(name: str) -> str:
    rule = OPTIMIZERS[name]
    slots = ", ".join(f"`{one}`" for one in rule.slots) or "none"
    given = f"`{arguments(rule, SHARED)}`"
    return cells(f"`{rule.__name__}`", paragraphs(rule)[0], equation(rule), slots, given, source(rule))


def schedule_row(name: str) -> str:
    kind = SCHEDULES[name]
    return cells(f"`{name}`", equation(kind), f"`{arguments(kind, set())}`", source(kind))


@pytest.mark.parametrize("row", [*map(rule_row, OPTIMIZERS), *map(schedule_row, SCHEDULES)])
def test_every_row_stands_in_the_document(row: str) -> None:
    assert row in DOCUMENT.read_text(encoding="utf-8").splitlines(), (
        f"docs/optimizers.md needs the row\n{row}"
    )


def test_no_row_is_left_over() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if re.match(r"\| `[A-Z]", line)]  # arguments begin small
    known = {*map(rule_row, OPTIMIZERS), *map(schedule_row, SCHEDULES)}
    assert len(rows) == len(known)
    assert set(rows) == known
