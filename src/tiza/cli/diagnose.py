"""`tiza diagnose`: why a network did not learn, and what a change would do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tiza.cli.asking import asked_recipe
from tiza.cli.callback_names import Watch, callbacks_of
from tiza.cli.commands import Command
from tiza.cli.fitting import check_balance, fit_job
from tiza.cli.jobs import job_of
from tiza.cli.known_samples import known_samples
from tiza.cli.networks import network_for, targets_for
from tiza.cli.output import new_console
from tiza.cli.presets import PRESETS
from tiza.cli.recipe_options import recipe_options
from tiza.cli.recipes import MODEL_SUFFIX
from tiza.diagnosis.diagnosis import Diagnosis
from tiza.diagnosis.trial import Trial
from tiza.diagnosis.wording import advice, sentence
from tiza.errors import NonFiniteError
from tiza.language import translatable, translate
from tiza.models.files import load_model
from tiza.models.model import BATCH_ROWS, Model


@click.command(
    cls=Command,
    help=translatable(
        "Tell why a network does not learn: a kept model on a CSV file or data set (model.tiza data.csv), "
        "or the one that `tiza train` would make of a source."
    ),
)
@click.argument("source", required=False, metavar=translatable("[DATA]"))
@click.argument("data", required=False, metavar=translatable("[DATA]"))
@click.option("--preset", metavar="NAME", help=", ".join(PRESETS) + ".")
@click.option(
    "--try",
    "trying",
    is_flag=True,
    help=translatable("Train once more with the first change, and show both losses."),
)
@recipe_options
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def diagnose(
    source: str | None, data: str | None, preset: str | None, trying: bool, as_json: bool, **given: Any
) -> None:
    """Print what is likely wrong, and what a change does."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if source is not None and Path(source).suffix == MODEL_SUFFIX:
        found = _of_kept(source, data, preset, chosen)
    elif data is not None:
        raise click.UsageError(translate("Give a second name only after a model (.tiza): its data."))
    else:
        found = _of_recipe(source, preset, chosen, as_json)
    wanted = trying and bool(found.findings) and bool(found.findings[0].changes)
    trial = found.tried(chosen.get("epochs"), chosen.get("batch_size")) if wanted else None
    if as_json:
        click.echo(json.dumps(_report(found, trial), ensure_ascii=False, allow_nan=False))
        return
    console = new_console()
    console.print(str(found), markup=False, soft_wrap=True)
    if trying:
        console.print()
        told = str(trial) if trial else translate("There is no change to try.")
        console.print(told, markup=False, soft_wrap=True)


def _of_kept(path: str, data: str | None, preset: str | None, given: dict[str, Any]) -> Diagnosis:
    """Return the diagnosis of a kept model on data."""
    if data is None:
        raise click.UsageError(translate("Name the data after the model: a CSV file or a data set."))
    others = [name for name in given if name not in ("epochs", "batch_size")]
    if preset is not None or others:
        names = ", ".join(["preset"] if preset is not None else others)
        raise click.UsageError(
            translate(
                "{names}: the model is made already; only --epochs and --batch-size count.", names=names
            )
        )
    model = load_model(path)
    samples, _ = known_samples(model, path, data)
    return _found(model, samples.x, samples.y, given.get("batch_size", BATCH_ROWS))


def _of_recipe(source: str | None, preset: str | None, given: dict[str, Any], quiet: bool) -> Diagnosis:
    """Return the diagnosis of the network that a recipe makes, after its training."""
    recipe = asked_recipe(source, preset, given)
    job = job_of(recipe)
    check_balance(job, recipe)
    model = network_for(job, recipe)
    try:
        watch = Watch("loss" if job.validation is None else "val_loss", 0)
        fit_job(model, job, recipe, callbacks_of(recipe.callbacks, recipe.early_stopping, watch), 0)
    except NonFiniteError as error:
        if not quiet:
            click.echo(translate("Training ends: {error}", error=error), err=True)
    return _found(model, job.training.x, job.training.y, recipe.batch_size)


def _found(model: Model, x: Any, y: Any, batch_size: int) -> Diagnosis:
    targets = targets_for(model.objective.losses[0], model.network.output.shape[-1], y)
    return model.diagnose(x, targets, batch_size)


def _report(found: Diagnosis, trial: Trial | None) -> dict[str, Any]:
    findings = [
        {**asdict(one), "sentence": sentence(one), "advice": advice(one.changes)} for one in found.findings
    ]
    tried = None if trial is None else {**asdict(trial), "helped": trial.helped}
    return {**asdict(found), "findings": findings, "trial": tried}
