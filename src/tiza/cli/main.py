"""The command `tiza` and its commands."""

from __future__ import annotations

import io
import sys

import click

import tiza
from tiza.cli.check import check
from tiza.cli.commands import Group
from tiza.cli.demo import demo
from tiza.cli.derive import derive
from tiza.cli.diagnose import diagnose
from tiza.cli.doctor import doctor
from tiza.cli.evaluate import evaluate
from tiza.cli.exercise import exercise
from tiza.cli.explain import explain
from tiza.cli.lesson import lesson
from tiza.cli.predict import predict
from tiza.cli.train import train
from tiza.language import translatable

cli = click.version_option(tiza.__version__, prog_name="tiza", message="%(prog)s %(version)s")(
    Group(
        "tiza",
        help=translatable("Neural networks written on a blackboard: every number can be read."),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
)
for command in (check, demo, derive, diagnose, doctor, evaluate, exercise, explain, lesson, predict, train):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a terminal that lacks a character shows a question mark in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="tiza")
