"""`tiza evaluate`: what a model reaches on rows whose target is known."""

from __future__ import annotations

import json
from typing import Any

import click

from tiza.cli.commands import Command
from tiza.cli.csv_options import csv_options
from tiza.cli.digits import DIGITS
from tiza.cli.known_samples import known_samples
from tiza.cli.measuring import labels_of, measured
from tiza.cli.output import new_console
from tiza.cli.showing import show_classes, show_measured
from tiza.language import translatable, translate
from tiza.models.files import load_model


@click.command(
    cls=Command, help=translatable("Measure a model on a CSV file with its target, or on a data set.")
)
@click.argument("model", metavar=translatable("MODEL"))
@click.argument("data", metavar=translatable("DATA"))
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
@csv_options
def evaluate(model: str, data: str, as_json: bool, **written: Any) -> None:
    """Print what a model measures."""
    loaded = load_model(model)
    samples, preparation = known_samples(loaded, model, data, written)
    numbers = measured(loaded, samples.x, samples.y, preparation)
    if as_json:
        click.echo(json.dumps({"rows": len(samples), **numbers}))
        return
    show_measured(translate("{count} rows", count=len(samples)), numbers)
    names = DIGITS if preparation is None else preparation.class_names
    if names:
        console = new_console()
        console.print()
        show_classes(console, samples.y, labels_of(loaded.predict(samples.x)), names)
