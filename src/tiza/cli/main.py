"""The command `tiza` and its commands."""

from __future__ import annotations

import sys

import click

import tiza
from tiza.cli.demo import demo
from tiza.cli.derive import derive
from tiza.cli.doctor import doctor
from tiza.cli.train import train
from tiza.errors import TizaError
from tiza.language import LanguageError, set_language


class _Commands(click.Group):
    """A group whose commands report what Tiza refuses in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TizaError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--language", metavar="es|en", help="Language of what is printed: es or en.")
@click.version_option(tiza.__version__, prog_name="tiza")
def cli(language: str | None) -> None:
    """Neural networks written on a blackboard: every number can be read."""
    if language is not None:
        try:
            set_language(language)
        except LanguageError as error:
            raise click.BadParameter(str(error), param_hint="--language") from None


for command in (demo, derive, doctor, train):
    cli.add_command(command)


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly with status 130."""
    try:
        cli(prog_name="tiza")
    except KeyboardInterrupt:
        sys.exit(130)
