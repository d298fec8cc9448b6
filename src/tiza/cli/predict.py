"""`tiza predict`: what a model says of new rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click
import numpy as np

from tiza.cli.commands import Command
from tiza.cli.csv_options import csv_options
from tiza.cli.kept_preparation import kept_preparation
from tiza.cli.tables import read_rows
from tiza.data.tables import TablePreparation
from tiza.data.tables.targets import ClassTarget
from tiza.language import translatable, translate
from tiza.models.files import load_model
from tiza.models.model import Model
from tiza.training.step import output_activations

Array = np.ndarray[Any, Any]

PROBABILITY = "probability"


@click.command(cls=Command, help=translatable("Predict the target of the rows of a CSV file."))
@click.argument("model", metavar=translatable("MODEL"))
@click.argument("data", metavar=translatable("DATA"))
@click.option(
    "--output",
    metavar=translatable("FILE"),
    help=translatable("Write the predictions to this file; if not given, they are printed."),
)
@csv_options
def predict(model: str, data: str, output: str | None, **written: Any) -> None:
    """Print a line for each row, or write them to a file: the prediction, and how probable its class is."""
    loaded = load_model(model)
    preparation = kept_preparation(loaded, model)
    lines = predictions(loaded, preparation, preparation.prepare(read_rows(data, **written)))
    text = _as_csv(lines)
    if output is None:
        click.echo(text, nl=False)
        return
    Path(output).write_text(text, encoding="utf-8", newline="")
    click.echo(translate("{count} predictions, written to {path}.", count=len(lines) - 1, path=output))


def predictions(model: Model, preparation: TablePreparation, x: Array) -> list[list[str]]:
    """Return a head and a line for each row: the prediction, and the probability of its class.

    There is no probability of what the outputs do not give as one.
    """
    outputs = model.predict(x)
    predicted = preparation.predictions(outputs).tolist()
    assert preparation.target is not None  # without one there are no predictions
    head = [preparation.target.name]
    if not isinstance(preparation.target, ClassTarget) or output_activations(model.network)[0] not in (
        "sigmoid",
        "softmax",
    ):
        return [head, *([_written(one)] for one in predicted)]
    likely = np.where(outputs[:, 0] > 0.5, outputs[:, 0], 1.0 - outputs[:, 0])
    if outputs.shape[-1] > 1:
        likely = outputs.max(axis=-1)
    lines = ([_written(one), f"{share:.4f}"] for one, share in zip(predicted, likely, strict=True))
    return [[*head, PROBABILITY], *lines]


def _written(prediction: object) -> str:
    """Return a class as it is, a quantity with the digits that float32 has."""
    return f"{prediction:.7g}" if isinstance(prediction, float) else str(prediction)


def _as_csv(lines: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()
