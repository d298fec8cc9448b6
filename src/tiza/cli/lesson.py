"""`tiza lesson`: the courses' worked examples, what their slides print and what is exact."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.markup import escape

from tiza.blackboard.slides import Verdict
from tiza.cli.commands import Group
from tiza.cli.output import new_console, plain_table, show_table, wrapped
from tiza.language import translatable, translate
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.lessons.html import lesson_html
from tiza.lessons.lesson import Kind
from tiza.lessons.page import WIDTH, lesson_text
from tiza.lessons.records import lesson_record, summary_record

lesson = Group(
    "lesson", help=translatable("The courses' worked examples: what a slide prints, and what is exact.")
)


@lesson.command("list", help=translatable("List the lessons, with what their slides have right and wrong."))
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def list_lessons(as_json: bool) -> None:
    """List the lessons."""
    if as_json:
        click.echo(_json([summary_record(one) for one in LESSONS.values()]))
        return
    table = plain_table(
        (translate("lesson"), translate("course"), translate("what it shows")),
        (translate("reproduced"), translate("truncated"), translate("wrong"), translate("statements")),
        gap=2,
    )
    for one in LESSONS.values():
        counts = (*(one.count(verdict) for verdict in Verdict), one.stated(Kind.CORRECTION))
        texts = (one.name, one.course.number, translate(one.title))
        table.add_row(*map(escape, texts), *(str(count) if count else "" for count in counts))
    show_table(table)
    console = new_console()
    console.print()
    console.print(_counted(), markup=False)
    more = translate("One of them: {command}", command="tiza lesson show tanh-2-2-1")
    console.print(more, markup=False)


def _counted() -> str:
    counts = {verdict: sum(one.count(verdict) for one in LESSONS.values()) for verdict in Verdict}
    return translate(
        "{lessons} lessons. Of the numbers on their slides {reproduced} are reproduced with the slide's "
        "rounding, {truncated} are truncated, {wrong} wrong; {said} statements in words are wrong.",
        lessons=len(LESSONS),
        reproduced=counts[Verdict.REPRODUCED],
        truncated=counts[Verdict.TRUNCATED],
        wrong=counts[Verdict.WRONG],
        said=sum(one.stated(Kind.CORRECTION) for one in LESSONS.values()),
    )


@lesson.command("show", help=translatable("Show a lesson: its calculation, its slide, what is wrong there."))
@click.argument("name", metavar="LESSON")
@click.option(
    "--target",
    metavar="NAME",
    help=translatable("The number to explain, by the slide's name: w1, dE/dw1, h1."),
)
@click.option("--html", metavar="FILE", help=translatable("Write a page for the browser to this file."))
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def show_lesson(name: str, target: str | None, html: str | None, as_json: bool) -> None:
    """Show one lesson."""
    found = find_lesson(name)
    if html is not None:
        Path(html).write_text(lesson_html(found, target), encoding="utf-8")
        if not as_json:
            click.echo(translate("Written to {path}.", path=html))
            return
    if as_json:
        click.echo(_json(lesson_record(found, target)))
        return
    console = new_console()
    text = lesson_text(found, target, min(console.width, WIDTH))
    console.print(wrapped(text, console.width), markup=False, soft_wrap=True)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
