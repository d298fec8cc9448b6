"""`tiza train`: train a network on a table, on a data set, or by a recipe in a file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from tiza.cli.asking import asked_recipe
from tiza.cli.callback_names import Watch, callbacks_of
from tiza.cli.commands import INTERRUPTED, Command
from tiza.cli.fitting import check_balance, fit_job
from tiza.cli.jobs import Job, Samples, job_of
from tiza.cli.measuring import labels_of, measured
from tiza.cli.networks import network_for
from tiza.cli.output import new_console
from tiza.cli.presets import PRESETS
from tiza.cli.recipe_options import recipe_options
from tiza.cli.recipes import Recipe
from tiza.cli.showing import show_classes, show_job, show_measured, show_network, unscaled_warning
from tiza.errors import DataError
from tiza.language import translatable, translate
from tiza.models.sequential import Sequential

MEASURED = {
    "test": translatable("test"),
    "validation": translatable("validation"),
    "training": translatable("training"),
}
"""What the result may have been measured on."""

_CAUTIONS = {
    "validation": translatable("Measured on rows that were watched while learning; new ones may do worse."),
    "training": translatable("Measured on the rows that were learned from; new ones may do worse."),
}
"""What is said if it was not measured on rows that nothing else has seen."""


@click.command(
    cls=Command,
    help=translatable(
        "Train a network on a CSV file, on a data set (mnist, xor, moons ...) or by a TOML file, and tell "
        "what was reached."
    ),
)
@click.argument("source", required=False, metavar=translatable("[DATA]"))
@click.option("--preset", metavar=translatable("NAME"), help=", ".join(PRESETS) + ".")
@recipe_options
@click.option("--quiet", is_flag=True, help=translatable("Do not show every epoch."))
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def train(source: str | None, preset: str | None, quiet: bool, as_json: bool, **given: Any) -> int:
    """Train, and print what was reached; return the exit status."""
    recipe = asked_recipe(source, preset, {name: value for name, value in given.items() if value is not None})
    _check_output(recipe.output)
    job = job_of(recipe)
    check_balance(job, recipe)
    model = network_for(job, recipe)
    watch = Watch("loss" if job.validation is None else "val_loss", int(not as_json))
    callbacks = callbacks_of(recipe.callbacks, recipe.early_stopping, watch)
    console = new_console()
    if not as_json:
        show_job(console, job, recipe)
        show_network(console, model)
    warning = unscaled_warning(job)
    if warning is not None:
        click.echo(translate("Warning: {warning}", warning=warning), err=True)
    started = time.perf_counter()
    ended = fit_job(model, job, recipe, callbacks, 0 if quiet or as_json else 1)
    seconds = time.perf_counter() - started
    if recipe.output is not None:
        model.save(recipe.output)
    _show_result(console, model, job, recipe, seconds, as_json)
    return 0 if ended else INTERRUPTED


def _check_output(path: str | None) -> None:
    """Check, before anything is learned, that the model can be written.

    Raises:
        DataError: its folder is not there, or is closed to writing.
    """
    if path is None:
        return
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise DataError(
            translate(
                "output: got {path!r}, but there is no folder {folder!r}; make it first.",
                path=path,
                folder=str(folder),
            )
        )
    if Path(path).is_dir() or not os.access(folder, os.W_OK):
        raise DataError(translate("output: got {path!r}, expected a file that can be written.", path=path))


def _show_result(
    console: Console, model: Sequential, job: Job, recipe: Recipe, seconds: float, as_json: bool
) -> None:
    part = "test" if job.test else "validation" if job.validation else "training"
    samples: Samples = getattr(job, part)
    numbers = measured(model, samples.x, samples.y, job.preparation)
    if as_json:
        click.echo(json.dumps(_report(model, numbers, part, seconds)))
        return
    if part != "test":
        console.print(translate(_CAUTIONS[part]), soft_wrap=True)
    console.print()
    show_measured(translate(MEASURED[part]), numbers)
    told = translate("{count} parameters, {seconds:.1f} s", count=model.count_params(), seconds=seconds)
    console.print(told)
    if recipe.output is not None:
        console.print(translate("Written to {path}.", path=recipe.output), markup=False, soft_wrap=True)
    if job.class_names:
        console.print()
        show_classes(console, samples.y, labels_of(model.predict(samples.x)), job.class_names)


def _report(model: Sequential, numbers: Mapping[str, float], part: str, seconds: float) -> dict[str, Any]:
    assert model.history is not None  # it has been fitted
    return {
        "parameters": model.count_params(),
        "seconds": round(seconds, 3),
        "history": model.history.history,
        part: numbers,
    }
