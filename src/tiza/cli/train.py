"""`tiza train`: train a network from the command line."""

from __future__ import annotations

import json
import time
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from tiza.cli.digits import confusion_matrix, confusion_table, digit_network, load_digits, targets_for
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.nn.losses import LOSSES, BinaryCrossentropy
from tiza.nn.losses import loss as find_loss
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS
from tiza.optimizers.rules import optimizer as find_optimizer


def _sizes(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Read hidden sizes such as `128` or `30,20`; `none` stands for no hidden layer."""
    if text.strip().lower() in ("", "none", "0"):
        return ()
    try:
        sizes = tuple(int(part) for part in text.replace("-", ",").split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise click.BadParameter(f"got {text!r}, expected sizes of hidden layers, such as 128 or 30,20.")
    return sizes


@click.group()
def train() -> None:
    """Train a network on a data set."""


@train.command()
@click.option("--layers", default="128", show_default=True, callback=_sizes, help="Sizes of hidden layers: 30,20.")
@click.option("--activation", default="relu", show_default=True, help="Activation of hidden layers.")
@click.option("--loss", default="sparse_categorical_crossentropy", show_default=True, help=", ".join(sorted(LOSSES)))
@click.option("--output", help="Activation of the last layer; what the loss needs if not given.")
@click.option("--optimizer", default="adam", show_default=True, help=", ".join(sorted(OPTIMIZERS)))
@click.option("--learning-rate", type=float, help="The optimizer's own default if not given.")
@click.option("--epochs", default=5, show_default=True, type=click.IntRange(1), help="Passes over the data.")
@click.option("--batch-size", default=32, show_default=True, type=click.IntRange(1), help="Samples a step.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**64 - 1), help="Seed of the run.")
@click.option("--engine", default="auto", show_default=True, help="Engine that runs the graph.")
@click.option("--dtype", default="float32", show_default=True, type=click.Choice(["float32", "float64"]))
@click.option("--samples", type=click.IntRange(1), help="Train on the first so many images only.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON and nothing else.")
def mnist(
    layers: tuple[int, ...],
    activation: str,
    loss: str,
    output: str | None,
    optimizer: str,
    learning_rate: float | None,
    epochs: int,
    batch_size: int,
    seed: int,
    engine: str,
    dtype: str,
    samples: int | None,
    as_json: bool,
) -> None:
    """Train on handwritten digits and print what was reached."""
    model = digit_network(layers, activation, output or _output_for(loss), seed, dtype)
    model.compile(_optimizer(optimizer, learning_rate), loss, ["accuracy"], engine=engine)
    digits = load_digits()
    images, labels = digits.images[:samples], digits.labels[:samples]
    console = Console(highlight=False)
    started = time.perf_counter()
    model.fit(images, targets_for(loss, labels), batch_size, epochs, verbose=0 if as_json else 1)
    seconds = time.perf_counter() - started
    measured = model.evaluate(digits.test_images, targets_for(loss, digits.test_labels), return_dict=True)
    if as_json:
        click.echo(json.dumps(_report(model, measured, seconds)))
        return
    console.print(_results(model, measured, seconds))
    predicted = model.predict(digits.test_images).argmax(axis=1)
    console.print(confusion_table(confusion_matrix(digits.test_labels, predicted)))


def _output_for(loss: str) -> str:
    """Return the activation that gives what the loss reads."""
    chosen = find_loss(loss)
    yes_or_no = isinstance(chosen, BinaryCrossentropy) or "crossentropy" not in chosen.name
    return "sigmoid" if yes_or_no else "softmax"


def _optimizer(name: str, learning_rate: float | None) -> Optimizer:
    chosen = find_optimizer(name)
    return chosen if learning_rate is None else type(chosen)(learning_rate=learning_rate)


def _report(model: Sequential, measured: dict[str, float], seconds: float) -> dict[str, Any]:
    assert model.history is not None
    return {
        "parameters": model.count_params(),
        "seconds": round(seconds, 3),
        "history": model.history.history,
        "test": measured,
    }


def _results(model: Sequential, measured: dict[str, float], seconds: float) -> Table:
    assert model.history is not None
    table = Table(title=translate("Results"), title_justify="left")
    table.add_column(translate("Epoch"), justify="right")
    names = list(model.history.history)
    for name in names:
        table.add_column(name, justify="right")
    for at, epoch in enumerate(model.history.epoch):
        table.add_row(str(epoch + 1), *(f"{model.history.history[name][at]:.4f}" for name in names))
    table.add_section()
    table.add_row(translate("test"), *(f"{measured.get(name, np.nan):.4f}" for name in names))
    table.caption = translate(
        "{count} parameters, {seconds:.1f} s", count=model.count_params(), seconds=seconds
    )
    return table
