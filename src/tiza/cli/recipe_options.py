"""Options of the command line for the fields of a recipe; an option that is not given changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tiza.cli.callback_names import CALLBACKS
from tiza.cli.csv_options import csv_options, separated
from tiza.cli.option_types import Number, OneOf, WholeNumber
from tiza.cli.recipes import Recipe
from tiza.language import translatable, translate
from tiza.models.model import ENGINES
from tiza.nn.losses import LOSSES
from tiza.optimizers.rules import OPTIMIZERS

USUAL = Recipe()
"""What is done with a table unless told otherwise; presets and files may say otherwise."""


def _sizes(_context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Read hidden sizes such as `128` or `30,20`; `none` stands for no hidden layer."""
    if text is None:
        return None
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


def _kinds(_context: click.Context, _parameter: click.Parameter, text: str | None) -> dict[str, str] | None:
    """Read kinds by column, such as `zip=category,id=drop`."""
    if text is None:
        return None
    pairs = [part.rpartition("=") for part in text.split(",")]
    if not all(name.strip() and kind.strip() for name, _, kind in pairs):
        raise click.BadParameter(
            translate("got {text!r}, expected kinds by column, such as zip=category,id=drop.", text=text)
        )
    return {name.strip(): kind.strip() for name, _, kind in pairs}


def _whole(name: str, least: int, help_text: str, usual: object = None) -> Callable[[Any], Any]:
    return click.option(
        name, type=WholeNumber(least), metavar="N", help=help_text, show_default=_shown(usual)
    )


def _named(name: str, help_text: str, usual: object = None) -> Callable[[Any], Any]:
    return click.option(name, metavar=translatable("NAME"), help=help_text, show_default=_shown(usual))


def _share(name: str, help_text: str, usual: float) -> Callable[[Any], Any]:
    return click.option(name, type=Number(), metavar="X", help=help_text, show_default=_shown(usual))


def _shown(usual: object) -> str | None:
    return None if usual is None else str(usual)


_OPTIONS = (
    # the data
    click.option(
        "--target", metavar=translatable("COLUMN"), help=translatable("Column of the table to predict.")
    ),
    click.option(
        "--task",
        type=OneOf(["regression", "classification"]),
        help=translatable("What is predicted; if not given, found from the target."),
    ),
    click.option(
        "--columns",
        callback=_kinds,
        metavar=translatable("COLUMN=KIND,..."),
        help=translatable("What columns are taken for: number, category, yes_no or drop."),
    ),
    _whole("--most-categories", 1, translatable("Categories that a column may have."), USUAL.most_categories),
    click.option(
        "--rare",
        type=OneOf(["refuse", "other"]),
        help=translatable("With more categories: refuse the column, or join the rare ones."),
        show_default=USUAL.rare,
    ),
    click.option(
        "--standardize/--no-standardize",
        default=None,
        help=translatable("Give numbers mean 0 and deviation 1, or leave them as they are."),
    ),
    _whole("--samples", 1, translatable("Use the first N rows only.")),
    _share("--validation", translatable("Share of the rows to watch while learning."), USUAL.validation),
    _share(
        "--test", translatable("Share of the rows to measure at the end, used for nothing else."), USUAL.test
    ),
    # the network
    click.option(
        "--hidden",
        "--layers",
        callback=_sizes,
        metavar="N,N...",
        help=translatable("Sizes of the hidden layers, such as 30,20, or none."),
        show_default=",".join(map(str, USUAL.hidden)),
    ),
    _named("--activation", translatable("Activation of the hidden layers."), USUAL.activation),
    _named(
        "--output-activation",
        translatable("Activation of the last layer; if not given, the one that fits the loss."),
    ),
    _named("--loss", ", ".join(sorted(LOSSES)) + "."),
    # the training
    _named("--optimizer", ", ".join(sorted(OPTIMIZERS)) + ".", USUAL.optimizer),
    click.option(
        "--learning-rate",
        type=Number(),
        metavar="X",
        help=translatable("Learning rate; if not given, the optimizer's own."),
    ),
    click.option(
        "--decay/--no-decay",
        default=None,
        help=translatable("Let the learning rate fall to 0 along half a cosine, over all epochs."),
    ),
    _whole("--epochs", 1, translatable("Passes over the data."), USUAL.epochs),
    _whole("--batch-size", 1, translatable("Samples a step."), USUAL.batch_size),
    _whole(
        "--early-stopping",
        0,
        translatable("Epochs without improvement after which training ends; 0 never ends it."),
        USUAL.early_stopping,
    ),
    click.option(
        "--balance/--no-balance", default=None, help=translatable("Let every class count the same.")
    ),
    click.option(
        "--callbacks",
        callback=separated,
        metavar=translatable("NAME[=VALUE],..."),
        help=", ".join(CALLBACKS) + ".",
    ),
    click.option(
        "--seed",
        type=WholeNumber(0, 2**64),
        metavar="N",
        help=translatable("Seed of the run."),
        show_default=str(USUAL.seed),
    ),
    _named("--engine", ", ".join(ENGINES) + ".", USUAL.engine),
    click.option(
        "--dtype",
        type=OneOf(["float32", "float64"]),
        help=translatable("Numbers that the network computes with."),
        show_default=USUAL.dtype,
    ),
    click.option(
        "--output", metavar=translatable("FILE"), help=translatable("Write the model to this file (.tiza).")
    ),
)


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for every field of a recipe but its data and its single layers."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return csv_options(command)
