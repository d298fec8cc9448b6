"""Options as they were typed: messages name those, not the arguments that they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

_KEY = "tiza.typed_options"
_HEAD = re.compile(r"\w+(?:, \w+)*(?=: )")


def note_typed(ctx: click.Context, words: Sequence[str]) -> None:
    """Note which options a command line holds, before it is read."""
    typed = {word.partition("=")[0] for word in words if word.startswith("-")}
    ctx.meta[_KEY] = {
        one.name: written
        for one in ctx.command.get_params(ctx)
        if isinstance(one, click.Option)
        for written in (*one.opts, *one.secondary_opts)
        if written in typed
    }


def typed_options(ctx: click.Context | None) -> Mapping[str | None, str]:
    """Return the options that were typed, by the arguments that they stand for."""
    found: Mapping[str | None, str] = {} if ctx is None else ctx.meta.get(_KEY, {})
    return found


def as_typed(message: str, ctx: click.Context) -> str:
    """Return a message with the arguments that were typed as options written as those.

    What comes from a file keeps its name there.

    Example:
        >>> options = [click.Option(["--hidden", "--layers"]), click.Option(["--learning-rate"])]
        >>> ctx = click.Context(click.Command("train", params=options))
        >>> note_typed(ctx, ["--layers", "0", "--learning-rate", "-1"])
        >>> as_typed("hidden: got 0, expected a size.", ctx)
        '--layers: got 0, expected a size.'
        >>> as_typed("SGD: got learning_rate=-1, expected more.", ctx)
        'SGD: got --learning-rate -1, expected more.'
    """
    typed = typed_options(ctx)
    if not typed:
        return message
    head = _HEAD.match(message)
    if head is not None:
        names = head[0].split(", ")
        message = ", ".join(typed.get(name, name) for name in names) + message[head.end() :]
        if any(name in typed for name in names):  # what else it names is an option too
            typed = {**_of_several_words(ctx), **typed}
    for name, option in typed.items():
        message = re.sub(rf"(?<= ){name}=(?=\S)", f"{option} ", message)
        if name is not None and "_" in name:
            message = re.sub(rf"(?<= ){name}(?=[ .,;:])", option, message)
    return message


def _of_several_words(ctx: click.Context) -> dict[Any, str]:
    return {
        one.name: one.opts[0]
        for one in ctx.command.get_params(ctx)
        if isinstance(one, click.Option) and "_" in (one.name or "")
    }
