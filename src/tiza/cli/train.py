"""`tiza train`: train a network from the command line."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import click
from rich.table import Table

from tiza.cli.commands import Group
from tiza.cli.digits import confusion_matrix, digit_network, load_digits, show_confusion, targets_for
from tiza.cli.output import new_console, plain_table, show_table
from tiza.language import translatable, translate
from tiza.models.model import ENGINES
from tiza.models.progress import measured_title
from tiza.models.sequential import Sequential
from tiza.nn.losses import LOSSES
from tiza.nn.losses import loss as find_loss
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS
from tiza.optimizers.rules import optimizer as find_optimizer


def _sizes(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Read hidden sizes such as `128` or `30,20`; `none` stands for no hidden layer."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise click.BadParameter(
            translate("got {text!r}, expected sizes of hidden layers, such as 30,20, or none.", text=text)
        )
    return sizes


train = Group("train", help=translatable("Train a network on a data set."))


@train.command(help=translatable("Train on the handwritten digits of MNIST and tell what was reached."))
@click.option(
    "--layers",
    default="128",
    show_default=True,
    callback=_sizes,
    metavar="N,N...",
    help=translatable("Sizes of the hidden layers, such as 30,20, or none."),
)
@click.option(
    "--activation",
    default="relu",
    show_default=True,
    metavar="NAME",
    help=translatable("Activation of the hidden layers."),
)
@click.option(
    "--output",
    metavar="NAME",
    help=translatable("Activation of the last layer; if not given, the one that fits the loss."),
)
@click.option(
    "--loss",
    default="sparse_categorical_crossentropy",
    show_default=True,
    metavar="NAME",
    help=", ".join(sorted(LOSSES)) + ".",
)
@click.option(
    "--optimizer", default="adam", show_default=True, metavar="NAME", help=", ".join(sorted(OPTIMIZERS)) + "."
)
@click.option(
    "--learning-rate",
    type=float,
    metavar="X",
    help=translatable("Learning rate; if not given, the optimizer's own."),
)
@click.option(
    "--epochs",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help=translatable("Passes over the data."),
)
@click.option(
    "--batch-size",
    default=32,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help=translatable("Samples a step."),
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**64 - 1),
    metavar="N",
    help=translatable("Seed of the run."),
)
@click.option("--engine", default="auto", show_default=True, metavar="NAME", help=", ".join(ENGINES) + ".")
@click.option(
    "--dtype",
    default="float32",
    show_default=True,
    type=click.Choice(["float32", "float64"]),
    help=translatable("Numbers that the network computes with."),
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    metavar="N",
    help=translatable("Train on the first N images only."),
)
@click.option(
    "--json", "as_json", is_flag=True, help=translatable("Print one line of JSON and nothing else.")
)
def mnist(
    layers: tuple[int, ...],
    activation: str,
    output: str | None,
    loss: str,
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
    started = time.perf_counter()
    model.fit(images, targets_for(loss, labels), batch_size, epochs, verbose=0 if as_json else 1)
    seconds = time.perf_counter() - started
    measured = model.evaluate(digits.test_images, targets_for(loss, digits.test_labels), return_dict=True)
    if as_json:
        click.echo(json.dumps(_report(model, measured, seconds)))
        return
    console = new_console()
    console.print()
    show_table(_results(measured))
    told = translate("{count} parameters, {seconds:.1f} s", count=model.count_params(), seconds=seconds)
    console.print(told + "\n")
    predicted = model.predict(digits.test_images).argmax(axis=1)
    show_confusion(console, confusion_matrix(digits.test_labels, predicted))


def _output_for(loss: str) -> str:
    """Return the activation that gives what the loss reads."""
    stated = find_loss(loss).statement.outputs
    return "sigmoid" if stated == "linear" else stated


def _optimizer(name: str, learning_rate: float | None) -> Optimizer:
    chosen = find_optimizer(name)
    return chosen if learning_rate is None else replace(chosen, learning_rate=learning_rate)


def _history(model: Sequential) -> dict[str, list[float]]:
    assert model.history is not None  # it has been fitted
    return model.history.history


def _report(model: Sequential, measured: dict[str, float], seconds: float) -> dict[str, Any]:
    return {
        "parameters": model.count_params(),
        "seconds": round(seconds, 3),
        "history": _history(model),
        "test": measured,
    }


def _results(measured: dict[str, float]) -> Table:
    """Return what the test images measure; the epochs were shown while they passed."""
    table = plain_table(("",), [measured_title(name) for name in measured])
    table.add_row(translate("test"), *(f"{one:.4f}" for one in measured.values()), style="bold")
    return table
