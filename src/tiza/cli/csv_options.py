"""Options for how a CSV file is written; what is not given is found from the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tiza.cli.option_types import OneOf
from tiza.language import translatable


def separated(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """Read texts with commas between them."""
    return None if text is None else tuple(part.strip() for part in text.split(","))


_OPTIONS = (
    click.option(
        "--encoding",
        metavar=translatable("NAME"),
        help=translatable("How characters are written in the CSV file, such as cp1252; if not given, UTF-8."),
    ),
    click.option(
        "--decimal",
        type=OneOf([".", ","]),
        help=translatable("What stands before decimals in the CSV file; if not given, it is found."),
    ),
    click.option(
        "--missing",
        callback=separated,
        metavar=translatable("TEXT,..."),
        help=translatable("Further texts in the CSV file that mean a gap, such as -,?"),
    ),
)


def csv_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `encoding`, `decimal` and `missing`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
