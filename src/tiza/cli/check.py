"""`tiza check`: a student's sheet, or those of a whole class, judged line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from tiza.cli.commands import Command
from tiza.cli.option_types import FilePath
from tiza.cli.output import new_console, plain_table, show_table
from tiza.cli.refusals import worded_line
from tiza.exercises.source import find_source
from tiza.language import translatable, translate, translate_plural
from tiza.sheets.checking import check_sheet
from tiza.sheets.folder import ClassReport, StudentRow, check_folder, commonest, in_order_of_need
from tiza.sheets.judging import Verdict
from tiza.sheets.reading import printable, read_sheet_file
from tiza.sheets.records import class_record, judgement_record
from tiza.sheets.report import Detail, cause_names, judgement_text
from tiza.sheets.wording import WORDING


@click.command(
    cls=Command,
    help=translatable(
        "Check a student's sheet: lines “name = value”, the first “net = NAME”.\n\n"
        "NAME is a lesson or a saved model. A folder is checked as the sheets of a class."
    ),
)
@click.argument("path", metavar=translatable("FILE|FOLDER"), type=FilePath(exists=True))
@click.option("--hint", is_flag=True, help=translatable("Tell the likely cause of the first mistake, too."))
@click.option(
    "--solution", is_flag=True, help=translatable("Tell everything: calculation, cause, what follows.")
)
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def check(path: str, hint: bool, solution: bool, as_json: bool) -> None:
    """Print what is said of a sheet, or of those in a folder."""
    if Path(path).is_dir():
        report = check_folder(Path(path), find_source)
        if as_json:
            click.echo(json.dumps(class_record(report), ensure_ascii=False))
        else:
            _show_class(report)
        return
    sheet = read_sheet_file(path)
    judgement = check_sheet(find_source(sheet, Path(path).parent), sheet)
    if as_json:
        click.echo(json.dumps(judgement_record(judgement), ensure_ascii=False))
        return
    detail = Detail.SOLUTION if solution else Detail.HINT if hint else Detail.QUESTION
    new_console().print(judgement_text(judgement, detail), markup=False, soft_wrap=True)


def _show_class(report: ClassReport) -> None:
    table = plain_table(
        (translate("student"), translate("first wrong line"), translate("likely cause")),
        (translate("right"), translate("mistakes"), translate("not judged")),
    )
    for row in in_order_of_need(report.rows):
        table.add_row(*map(escape, _cells(row)))
    show_table(table)
    console = new_console()
    console.print()
    for row in report.rows:
        if row.problem:
            problem = worded_line(row.problem)
            said = translate("{file}: not judged: {problem}", file=row.file, problem=problem)
            console.print(said, markup=False, soft_wrap=True)
    judged = len(report.judged)
    console.print(translate_plural("{count} sheet judged.", "{count} sheets judged.", judged))
    mistakes, count = commonest(report.most_missed())
    if mistakes:
        names = ", ".join(translate(WORDING[one].name) for one in mistakes)
        said = translate(_missed(_MISSED, mistakes, count), mistake=names, count=count, judged=judged)
        console.print(said, markup=False, soft_wrap=True)
    quantities, count = commonest(report.first_missed())
    if quantities:
        names = ", ".join(quantities)
        said = translate(_missed(_WRONG_FIRST, quantities, count), quantity=names, count=count, judged=judged)
        console.print(said, markup=False, soft_wrap=True)


def _missed(sentences: tuple[str, str, str], most: Sequence[object], count: int) -> str:
    """Return the sentence for one alone, for some that tie, or for some that one student has each."""
    if len(most) == 1:
        return sentences[0]
    return sentences[2] if count == 1 else sentences[1]


_MISSED = (
    translatable("What the class misses most: {mistake} ({count} of {judged})."),
    translatable("What the class misses most, each as often: {mistake} ({count} of {judged})."),
    translatable("No two students make the same mistake: {mistake}."),
)
_WRONG_FIRST = (
    translatable("Where most go wrong first: {quantity} ({count} of {judged})."),
    translatable("Where most go wrong first, each as often: {quantity} ({count} of {judged})."),
    translatable("No two students go wrong first at the same place: {quantity}."),
)


def _cells(row: StudentRow) -> tuple[str, ...]:
    judgement = row.judgement
    if judgement is None:
        return (row.student, translate("not judged"), "", "–", "–", "–")
    wrong = judgement.first_wrong
    counts = (
        str(judgement.count(Verdict.RIGHT)),
        str(judgement.count(Verdict.WRONG)),
        str(judgement.missing),
    )
    if not judgement.lines:
        return (row.student, translate("nothing to judge"), "", *counts)
    if wrong is None:
        return (row.student, translate("none"), "", *counts)
    line = translate(
        "line {line}: {name} = {value}",
        line=wrong.line.number,
        name=printable(wrong.line.name),
        value=wrong.line.value.text,
    )
    return (row.student, line, cause_names(wrong.causes.likely) or translate("unknown"), *counts)
