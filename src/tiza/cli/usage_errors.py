"""What is wrong with how a command is written, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tiza.cli.typed_options import typed_options
from tiza.language import translate


def worded_usage(error: click.ClickException) -> str:
    """Return what an error of click says, in the reader's language.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("es"):
        ...     worded_usage(click.NoSuchOption("--epoch", possibilities=["--epochs"]))
        'No existe la opción --epoch. ¿Quizá --epochs?'
    """
    worded = next((one for kind, one in _WORDED if isinstance(error, kind)), None)
    return error.format_message() if worded is None else worded(error)


def _no_such_option(error: click.NoSuchOption) -> str:
    if not error.possibilities:
        return translate("There is no option {name}.", name=error.option_name)
    names = ", ".join(sorted(error.possibilities))
    return translate("There is no option {name}. Did you mean {names}?", name=error.option_name, names=names)


def _missing(error: click.MissingParameter) -> str:
    return translate("{name} is missing.", name=_name(error))


def _bad_value(error: click.BadParameter) -> str:
    return f"{_name(error)}: {error.message}"


def _bad_option(error: click.BadOptionUsage) -> str:
    known = [] if error.ctx is None else error.ctx.command.get_params(error.ctx)
    is_flag = any(
        getattr(one, "is_flag", False)
        for one in known
        if error.option_name in (*one.opts, *one.secondary_opts)
    )
    if is_flag:
        return translate("{name} takes no value.", name=error.option_name)
    return translate("{name}: expected a value behind it.", name=error.option_name)


def _name(error: click.BadParameter) -> str:
    """Return what stands on the command line: the option, or the placeholder of the argument."""
    if isinstance(error.param, click.Option):
        return typed_options(error.ctx).get(error.param.name, error.param.opts[0])
    metavar = getattr(error.param, "metavar", None)
    return translate(metavar) if metavar else str(error.param_hint or "")


_WORDED: tuple[tuple[type[click.ClickException], Callable[[Any], str]], ...] = (
    (click.NoSuchOption, _no_such_option),
    (click.MissingParameter, _missing),
    (click.BadParameter, _bad_value),
    (click.BadOptionUsage, _bad_option),
)
"""A kind of click's errors, the narrower ones first, and how it is worded."""
