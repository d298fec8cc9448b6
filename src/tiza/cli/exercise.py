"""`tiza exercise`: exercises with friendly numbers, a variant for each student, with solutions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tiza.cli.commands import Command
from tiza.cli.option_types import FilePath, WholeNumber
from tiza.cli.output import new_console
from tiza.exercises.exercise import MOST_VARIANTS, Exercise, exercises
from tiza.exercises.html import exercises_html
from tiza.exercises.markdown import exercises_markdown
from tiza.exercises.parts import ACTIVATIONS, FORWARD, KINDS, LOSSES, OPTIMIZERS, OUTPUTS
from tiza.exercises.records import exercise_record
from tiza.exercises.request import USUAL_ACTIVATION, USUAL_OPTIMIZER, requested
from tiza.exercises.text import exercises_text
from tiza.language import translatable, translate, translate_plural

_STUDENTS = (translatable("exercise-{number}"), translatable("sheet-{number}"))
_TEACHERS = (translatable("solution-{number}"), translatable("answers-{number}"))
"""What a page and a sheet are called in a folder, without their endings."""


@click.command(
    cls=Command,
    help=translatable(
        "Make exercises whose numbers tell common mistakes apart, a variant for each student.\n\n"
        "Example: tiza exercise --kind backward --net 2-2-1 --count 30 --html class.html"
    ),
)
@click.option("--kind", default=FORWARD, metavar="NAME", show_default=True, help=", ".join(KINDS) + ".")
@click.option(
    "--net",
    default="2-2-1",
    metavar="2-2-1",
    show_default=True,
    help=translatable("Inputs, then units of each layer."),
)
@click.option(
    "--activation",
    default=USUAL_ACTIVATION,
    metavar="NAME",
    show_default=True,
    help=", ".join(ACTIVATIONS) + ".",
)
@click.option("--output", metavar="NAME", help=", ".join(OUTPUTS) + ".")
@click.option("--loss", metavar="NAME", help=", ".join(LOSSES) + ".")
@click.option(
    "--optimizer",
    default=USUAL_OPTIMIZER,
    metavar="NAME",
    show_default=True,
    help=", ".join(OPTIMIZERS) + ".",
)
@click.option("--profile", metavar="NAME", help=translatable("Notation of a course."))
@click.option(
    "--decimals",
    type=WholeNumber(0),
    metavar="N",
    help=translatable("Decimals that answers are rounded to."),
)
@click.option(
    "--count",
    type=WholeNumber(1, MOST_VARIANTS + 1),
    default=1,
    metavar="N",
    show_default=True,
    help=translatable("How many variants."),
)
@click.option(
    "--seed",
    type=WholeNumber(0),
    default=1,
    metavar="N",
    show_default=True,
    help=translatable("What the numbers are drawn from."),
)
@click.option(
    "--teacher", is_flag=True, help=translatable("With answers, the whole solution and common mistakes.")
)
@click.option(
    "--html",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help=translatable("Write a page for the browser and for printing."),
)
@click.option(
    "--markdown",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help=translatable("Write Markdown with formulas in LaTeX."),
)
@click.option(
    "--folder",
    type=FilePath(file_okay=False),
    metavar=translatable("FOLDER"),
    help=translatable("Write files for each variant, and a sheet to hand in."),
)
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def exercise(
    kind: str,
    net: str,
    activation: str,
    output: str | None,
    loss: str | None,
    optimizer: str,
    profile: str | None,
    decimals: int | None,
    count: int,
    seed: int,
    teacher: bool,
    html: str | None,
    markdown: str | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Print exercises, or write them to files."""
    request = requested(
        kind,
        net,
        activation=activation,
        output=output,
        loss=loss,
        optimizer=optimizer,
        profile=profile,
        decimals=decimals,
        seed=seed,
    )
    made = exercises(request, count)
    written = []
    if html is not None:
        written.append(_write(Path(html), exercises_html(made, teacher)))
    if markdown is not None:
        written.append(_write(Path(markdown), exercises_markdown(made, teacher)))
    if folder is not None:
        written.append(_write_folder(Path(folder), made, teacher))
    if as_json:
        click.echo(json.dumps([exercise_record(one) for one in made], ensure_ascii=False))
    elif written:
        for path in written:
            click.echo(
                translate_plural(
                    "{count} exercise in {path}", "{count} exercises in {path}", count, path=path
                )
            )
    else:
        new_console().print(exercises_text(made, teacher), markup=False, soft_wrap=True, end="")


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _write_folder(folder: Path, made: tuple[Exercise, ...], teacher: bool) -> Path:
    """Write each variant as a page, as Markdown and as a sheet, to be filled in or with the answers."""
    folder.mkdir(parents=True, exist_ok=True)
    page, sheet = _TEACHERS if teacher else _STUDENTS
    digits = len(str(len(made)))
    for one in made:
        number = f"{one.variant:0{digits}d}"
        name = translate(page, number=number)
        _write(folder / f"{name}.html", exercises_html((one,), teacher))
        _write(folder / f"{name}.md", exercises_markdown((one,), teacher))
        answers = one.sheet() if teacher else one.blank_sheet()
        _write(folder / f"{translate(sheet, number=number)}.txt", answers)
    return folder
