"""Commands whose help is in the reader's language, and that say what is wrong in one message.

Help is given as `translatable` English and translated when it is shown. What is wrong is told on the error
stream without a traceback; the exit status is 2 if the command was written wrongly, 1 if Tiza refuses what it
asks for, 130 after Ctrl-C.
"""

from __future__ import annotations

import contextvars
import copy
import difflib
import itertools
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from tiza.cli.option_types import OneOf
from tiza.cli.refusals import reason_of, worded_refusal
from tiza.cli.typed_options import as_typed, note_typed
from tiza.cli.usage_errors import worded_usage
from tiza.errors import TizaError
from tiza.language import LANGUAGES, current_language, set_language, translatable, translate

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells count it."""

LANGUAGE_OPTION = "--language"

COMMAND_METAVAR = translatable("COMMAND [ARGS]...")
_PLACEHOLDERS = frozenset(
    (
        translatable("[OPTIONS]"),
        COMMAND_METAVAR,
        translatable("FILE|FOLDER"),
        translatable("FORMULA"),
        translatable("[DATA]"),
        translatable("DATA"),
        translatable("MODEL"),
        translatable("LESSON"),
        translatable("NETWORK"),
        translatable("[NAME=NUMBER]..."),
    )
)
_OWN_HELP = {
    "--help": translatable("Show this help and end."),
    "--version": translatable("Show the version and end."),
}
"""Help for the options that click makes."""


class Command(click.Command):
    """A command; every one takes `--language`."""

    allow_extra_args = True  # click would refuse them in English
    accepts_no_more = True

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params.append(_language_option())

    def main(self, *arguments: Any, **settings: Any) -> NoReturn:
        """Run the command and end the program; the language that is chosen is forgotten afterwards."""
        contextvars.copy_context().run(self._run, *arguments, **settings)
        sys.exit(0)

    def _run(self, args: Sequence[str] | None = None, **settings: Any) -> None:
        try:
            _choose_language(sys.argv[1:] if args is None else args)
            current_language()  # an unknown one in the environment is told before anything else
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                status = super().main(args, **{**settings, "standalone_mode": False})
        except click.ClickException as error:
            _show(error)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(INTERRUPTED)
        except TizaError as error:
            click.echo(f"Error: {worded_refusal(error)}", err=True)
            sys.exit(1)
        except OSError as error:
            click.echo(f"Error: {error.filename}: {reason_of(error)}", err=True)
            sys.exit(1)
        sys.exit(status if isinstance(status, int) else 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what the command is called with.

        Raises:
            click.UsageError: it is written wrongly.
        """
        note_typed(ctx, args)
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise
        if self.accepts_no_more and ctx.args:
            ctx.fail(translate("{words}: expected nothing more.", words=" ".join(ctx.args)))
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is wrong with how it was called is told as that."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            if type(error) is click.UsageError:  # narrower kinds name their option themselves
                raise click.UsageError(as_typed(error.message, ctx), error.ctx) from None
            raise
        except TizaError as error:
            raise click.ClickException(as_typed(worded_refusal(error), ctx)) from error

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how the command is called."""
        pieces = (translate(one) if one in _PLACEHOLDERS else one for one in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=translate("Usage:") + " ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self._translated_help())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        shown = [_translated(one) for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [record for one in shown if (record := one.get_help_record(ctx)) is not None]
        with formatter.section(translate("Options")):
            formatter.write_dl(records)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first line of the help; lists wrap it."""
        return self._translated_help().partition("\n")[0].rstrip(".")

    def _translated_help(self) -> str:
        return translate(self.help) if self.help else ""


class Group(Command, click.Group):
    """Commands under one name; a wrong name gives the nearest ones."""

    command_class = Command
    accepts_no_more = False

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(
            *arguments,
            callback=show_help,
            invoke_without_command=True,
            subcommand_metavar=COMMAND_METAVAR,
            **settings,
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with a line each."""
        rows = [(name, self.commands[name].get_short_help_str()) for name in self.list_commands(ctx)]
        with formatter.section(translate("Commands")):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` name.

        Raises:
            click.UsageError: there is none.
        """
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.commands, cutoff=0.5)
            names = ", ".join(near or self.list_commands(ctx))
            ctx.fail(
                translate("There is no command {name!r}. Did you mean {names}?", name=name, names=names)
                if near
                else translate("There is no command {name!r}; there are {names}.", name=name, names=names)
            )
        return super().resolve_command(ctx, args)


@click.pass_context
def show_help(ctx: click.Context) -> None:
    """Show the help of a group that is called without a command."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _language_option() -> click.Option:
    return click.Option(
        [LANGUAGE_OPTION],
        type=OneOf(LANGUAGES),
        help=translatable("Language of what is printed."),
        expose_value=False,
    )


def _choose_language(words: Sequence[str]) -> None:
    """Choose the language that a command line asks for, at whatever place: help and errors come early."""
    asked = list(words)[: words.index("--") if "--" in words else None]
    values = [after for option, after in itertools.pairwise(asked) if option == LANGUAGE_OPTION]
    values += [one.partition("=")[2] for one in asked if one.startswith(f"{LANGUAGE_OPTION}=")]
    for language in values:
        if language in LANGUAGES:  # click refuses any other
            set_language(language)


def _translated(option: click.Option) -> click.Option:
    """Return the option with its help, and with its default value named, in the current language."""
    shown = copy.copy(option)
    text = translate(_OWN_HELP.get(option.opts[-1], option.help or ""))
    if option.show_default:
        told = option.show_default
        value = told if isinstance(told, str) else option.default
        text = translate("{text} (default: {value})", text=text, value=value)
    shown.help, shown.show_default = text, False
    shown.metavar = shown.metavar and translate(shown.metavar)
    return shown


def _show_warning(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """Tell a warning in a line."""
    line = " ".join(str(message).splitlines())
    click.echo(translate("Warning: {warning}", warning=line), err=True)


def _show(error: click.ClickException) -> None:
    """Tell what is wrong, after how the command is called if that is what is wrong."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and context is not None:
        click.echo(context.get_usage(), err=True)
        asked = f"{context.command_path} --help"
        click.echo(translate("More: {command}", command=asked) + "\n", err=True)
    click.echo(f"Error: {worded_usage(error)}", err=True)
