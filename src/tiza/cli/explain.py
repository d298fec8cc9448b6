"""`tiza explain`: where a number of a network comes from, line by line, on the terminal or as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from tiza.blackboard.board import Blackboard
from tiza.blackboard.explanation import MOST_ASKED_DIGITS
from tiza.blackboard.names import in_notation
from tiza.blackboard.notation import DECIMAL_SIGNS, Notation
from tiza.blackboard.notations import notation
from tiza.blackboard.targets import named_numbers
from tiza.cli.askable import askable_text
from tiza.cli.commands import Command
from tiza.cli.one_sample import row_of_data, typed_sample
from tiza.cli.option_types import Number, OneOf, WholeNumber
from tiza.cli.output import new_console, wrapped
from tiza.cli.recipes import MODEL_SUFFIX
from tiza.language import translatable, translate
from tiza.lessons.catalogue import find_lesson
from tiza.lessons.lesson import Lesson
from tiza.lessons.page import slide_text
from tiza.models.files import load_model

EVERY_LINE = "all"


@dataclass(frozen=True)
class Asked:
    """What is to be explained, and how it is written.

    Attributes:
        target: the number; empty if none is named.
        update: whether a weight is followed to its new value.
        learning_rate: the rate of that step; None is the network's own.
        digits: significant digits of the answer.
        profile: name of the notation; None is the network's own.
        names: target by the name of a single number.
        decimal_sign: `.` or `,`; None is the notation's.
    """

    target: str
    update: bool
    learning_rate: float | None
    digits: int
    profile: str | None
    names: Mapping[str, str] = field(default_factory=dict)
    decimal_sign: str | None = None

    def notation(self, usual: str | None = None) -> Notation:
        """Return the notation; `usual` is its name if none is asked for."""
        found = notation(self.profile or usual).with_names(self.names)
        return replace(found, decimal_sign=self.decimal_sign) if self.decimal_sign else found


@dataclass(frozen=True)
class Given:
    """Which sample of a model is explained.

    Attributes:
        data: a CSV file or a data set.
        row: the row of it, from 1.
        x: features as they were typed.
        y: the target as it was typed.
    """

    data: str | None
    row: int | None
    x: str | None
    y: str | None


@click.command(
    cls=Command,
    help=translatable(
        "Explain where a number of a network comes from, line by line.\n\n"
        "NETWORK is a lesson or a saved model; the sample of a model is a row of DATA, or --x and --y."
    ),
)
@click.argument("network", metavar=translatable("NETWORK"))
@click.argument("data", required=False, metavar=translatable("[DATA]"))
@click.option(
    "--target", metavar="NAME", help=translatable("The number: w1, dense.kernel[0,2], dense.z[1], loss.")
)
@click.option("--update", is_flag=True, help=translatable("Go on to the new value of the weight."))
@click.option(
    "--row", type=WholeNumber(1), metavar="N", help=translatable("The row of DATA; the first is 1.")
)
@click.option("--x", metavar="NUMBERS", help=translatable('The features of the sample, such as "2, 3".'))
@click.option("--y", metavar="NUMBERS", help=translatable("Its target: numbers, or the name of a class."))
@click.option(
    "--learning-rate", "--lr", type=Number(), metavar="RATE", help=translatable("The learning rate.")
)
@click.option(
    "--digits",
    type=WholeNumber(1, MOST_ASKED_DIGITS + 1),
    default=4,
    show_default=True,
    metavar="N",
    help=translatable("Digits of the answer."),
)
@click.option("--profile", metavar="NAME", help=translatable("The notation of a course: clase-4 …"))
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME=NUMBER",
    help=translatable("A name for a number, such as w1=dense.kernel[0,0]; may be given several times."),
)
@click.option("--decimal-sign", type=OneOf(DECIMAL_SIGNS), help=translatable("Decimal point or comma."))
@click.option(
    "--slide", is_flag=True, help=translatable("Add what the slide of a lesson has, and what it costs.")
)
@click.option(
    "--hide",
    "lines",
    is_flag=False,
    flag_value=EVERY_LINE,
    metavar="LINES",
    help=translatable("Leave results to be filled in: all, or those of lines such as 3,5."),
)
@click.option("--hint", type=WholeNumber(0), metavar="N", help=translatable("Show the first N results only."))
@click.option("--html", metavar="FILE", help=translatable("Write a page for the browser to this file."))
@click.option("--markdown", metavar="FILE", help=translatable("Write Markdown with LaTeX to this file."))
def explain(
    network: str,
    data: str | None,
    target: str | None,
    update: bool,
    row: int | None,
    x: str | None,
    y: str | None,
    learning_rate: float | None,
    digits: int,
    profile: str | None,
    names: Sequence[str],
    decimal_sign: str | None,
    slide: bool,
    lines: str | None,
    hint: int | None,
    html: str | None,
    markdown: str | None,
) -> None:
    """Print a board, or write it to files."""
    if lines is not None and hint is not None:
        raise click.UsageError(translate("Give --hide or --hint, not both."))
    if slide and (lines is not None or hint is not None):
        raise click.UsageError(translate("--slide tells the results that --hide and --hint leave out."))
    asked = Asked(target or "", update, learning_rate, digits, profile, _named(names), decimal_sign)
    files = {Path(name): kind for name, kind in ((html, "html"), (markdown, "markdown")) if name}
    given = Given(data, row, x, y)
    if Path(network).suffix == MODEL_SUFFIX or Path(network).is_file():
        if slide:
            raise click.UsageError(translate("--slide: only a lesson has a slide."))
        found = _of_model(network, given, asked)
    else:
        found = _of_lesson(find_lesson(network), given, asked, slide)
    if isinstance(found, str):
        if files or lines is not None or hint is not None:
            raise click.UsageError(
                translate("There is no board to be written or to be filled in: give --target.")
            )
        _print(found)
        return
    board = _with_blanks(found, lines, hint)
    for path, kind in files.items():
        path.write_text(
            (board.to_html() if kind == "html" else board.to_markdown()).rstrip() + "\n", encoding="utf-8"
        )
        click.echo(translate("Written to {path}.", path=path))
    if not files:
        _print(str(board))


def _print(text: str) -> None:
    console = new_console()
    console.print(wrapped(text, console.width), markup=False, soft_wrap=True)


def _named(texts: Sequence[str]) -> dict[str, str]:
    """Return targets by name from texts such as `w1=dense.kernel[0,0]`."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, target = (part.strip() for part in text.partition("="))
        if not (name and equals and target):
            raise click.UsageError(
                translate(
                    "--name: got {text!r}, expected a name and a number, such as w1=dense.kernel[0,0]",
                    text=text,
                )
            )
        if name in found:
            raise click.UsageError(translate("{name} is given twice.", name=name))
        found[name] = target
    return found


def _of_model(path: str, given: Given, asked: Asked) -> Blackboard | str:
    """Return the board of a kept model; without a target, which numbers it has."""
    typed = given.x is not None or given.y is not None
    if typed == (given.data is not None) or (typed and given.row is not None):
        raise click.UsageError(
            translate("Give a sample: a CSV file or a data set behind the model, with --row, or --x and --y.")
        )
    model = load_model(path)
    if given.data is not None:
        x, y = row_of_data(model, path, given.data, given.row or 1)
    elif given.x is not None and given.y is not None:
        x, y = typed_sample(model, given.x, given.y)
    else:
        raise click.UsageError(translate("Give --x and --y together."))
    if asked.learning_rate is not None:
        model.learning_rate = asked.learning_rate
    if not asked.target:
        names = in_notation(model.setting(x, y).plan.names, asked.notation())
        return askable_text(named_numbers(names))
    return model.explain(x, y, asked.target, asked.update, asked.digits, profile=asked.notation())


def _of_lesson(lesson: Lesson, given: Given, asked: Asked, slide: bool) -> Blackboard:
    """Return the board of a lesson, with its slide if that is wanted."""
    if given != Given(None, None, None, None):
        raise click.UsageError(
            translate("A lesson has its own sample; give data, --row, --x and --y with a model only.")
        )
    table = slide_text(lesson, asked.target or None) if slide else ""
    if slide and not lesson.values:
        raise click.UsageError(
            translate("--slide: the slide of {lesson} has no numbers.", lesson=lesson.name)
        )
    heading = translate("What the slide has, and what its rounding costs")
    board = lesson.explain(
        asked.target,
        update=True if asked.update else False if asked.target else None,
        digits=asked.digits,
        learning_rate=asked.learning_rate,
        profile=asked.notation(lesson.course.notation),
    )
    return board.with_table(heading, table) if slide else board


def _with_blanks(board: Blackboard, hide: str | None, hint: int | None) -> Blackboard:
    if hint is not None:
        return board.hint(hint)
    if hide is None:
        return board
    if hide == EVERY_LINE:
        return board.with_blanks()
    try:
        lines = [int(one) for one in hide.split(",")]
    except ValueError:
        raise click.UsageError(
            translate("--hide: got {text!r}, expected all, or numbers of lines such as 3,5", text=hide)
        ) from None
    return board.with_blanks(lines)
