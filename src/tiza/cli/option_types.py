"""Kinds of values that options take; what is wrong with one is told in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tiza.language import translate


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A whole number from `least`, and below `below` if that is given.

    Example:
        >>> WholeNumber(1).convert("30", None, None)
        30
    """

    name = "whole number"

    def __init__(self, least: int, below: int | None = None) -> None:
        self.least = least
        self.below = below

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number.

        Raises:
            click.BadParameter: it is none, or out of the range.
        """
        try:
            number = int(value)
        except ValueError:
            number = self.least - 1
        if number >= self.least and (self.below is None or number < self.below):
            return number
        told = (
            translate(
                "got {text}, expected a whole number of at least {least}.", text=value, least=self.least
            )
            if self.below is None
            else translate(
                "got {text}, expected a whole number from {least} to {most}.",
                text=value,
                least=self.least,
                most=self.below - 1,
            )
        )
        raise click.BadParameter(told, ctx, param)


class Number(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A number.

    Example:
        >>> Number().convert("0.5", None, None)
        0.5
    """

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number.

        Raises:
            click.BadParameter: it is none.
        """
        try:
            return float(value)
        except ValueError:
            told = translate("got {text}, expected a number, such as 0.01.", text=value)
            raise click.BadParameter(told, ctx, param) from None


class OneOf(click.Choice):  # type: ignore[type-arg]  # generic from click 8.2 on
    """One of several words.

    Example:
        >>> OneOf(["en", "es"]).convert("es", None, None)
        'es'
    """

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word.

        Raises:
            click.BadParameter: it is none of them.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            words = ", ".join(map(str, self.choices))
            told = translate("got {text}, expected one of {words}.", text=value, words=words)
            raise click.BadParameter(told, ctx, param) from None


class FilePath(click.Path):
    """A file or a folder, as `click.Path` is told to take them.

    Example:
        >>> FilePath(exists=True).convert(".", None, None)
        '.'
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path.

        Raises:
            click.BadParameter: it is not there, or not of the kind that is taken.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            raise click.BadParameter(_path_told(Path(value)), ctx, param) from None


def _path_told(path: Path) -> str:
    if not path.exists():
        return translate("there is no {path!r}; look at its name and at the folder.", path=str(path))
    if path.is_dir():
        return translate("got the folder {path!r}, expected a file that is open to you.", path=str(path))
    return translate("got the file {path!r}, expected a folder that is open to you.", path=str(path))
