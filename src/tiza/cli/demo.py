"""`tiza demo`: real digits are learned, and one weight's last update is explained."""

from __future__ import annotations

import time

import click
import numpy as np
from rich.console import Console

from tiza.blackboard.decimals import exact, number_text, significant
from tiza.cli.commands import Command
from tiza.cli.digits import Array, Digits, confusion_matrix, digit_network, load_digits, show_confusion
from tiza.cli.option_types import WholeNumber
from tiza.cli.output import new_console, wrapped
from tiza.language import translatable, translate
from tiza.models.sequential import Sequential
from tiza.optimizers.adam import Adam

HIDDEN = 128
EPOCHS = 10
BATCH_SIZE = 64
LAST_KERNEL = "dense_1.kernel"


@click.command(
    cls=Command,
    help=translatable(
        "Learn handwritten digits, show what is confused, and explain one weight's last update."
    ),
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=WholeNumber(0, 2**64),
    metavar="N",
    help=translatable("Seed of the run."),
)
@click.option(
    "--epochs",
    default=EPOCHS,
    show_default=True,
    type=WholeNumber(1),
    metavar="N",
    help=translatable("Passes over the data."),
)
def demo(seed: int, epochs: int) -> None:
    """Train on handwritten digits, show what is confused, explain one weight."""
    console = new_console()
    digits = load_digits()
    model = digit_network([HIDDEN], seed)
    model.compile(Adam(), "sparse_categorical_crossentropy", ["accuracy"])
    console.print(
        translate(
            "Learning {train} handwritten digits (MNIST) with a network 784-{hidden}-10, seed {seed}.",
            train=len(digits.images),
            hidden=HIDDEN,
            seed=seed,
        )
    )
    started = time.perf_counter()
    model.fit(digits.images, digits.labels, batch_size=BATCH_SIZE, epochs=epochs)
    _show_accuracy(console, model, digits, time.perf_counter() - started)
    _explain_last_update(console, model, digits)


def _show_accuracy(console: Console, model: Sequential, digits: Digits, seconds: float) -> None:
    predicted = model.predict(digits.test_images).argmax(axis=1)
    right = int((predicted == digits.test_labels).sum())
    told = translate(
        "Trained in {seconds:.1f} s. Test accuracy: {accuracy:.2f} %, "
        "{right} of {total} digits it never saw.",
        seconds=seconds,
        accuracy=100 * right / len(predicted),
        right=right,
        total=len(predicted),
    )
    console.print(told, style="bold")
    console.print()
    show_confusion(console, confusion_matrix(digits.test_labels, predicted))


def _explain_last_update(console: Console, model: Sequential, digits: Digits) -> None:
    """Take one more step, on one image, and explain the weight whose gradient is largest."""
    index, label, said = _instructive_image(model, digits)
    image, labels = digits.images[index : index + 1], digits.labels[index : index + 1]
    target = _strongest_weight(model, image, labels)
    told = (
        translate("One last step, on training image {index}, a {label}.", index=index, label=label)
        if said == label
        else translate(
            "One last step, on training image {index}, a {label} that the network takes for a {said}.",
            index=index,
            label=label,
            said=said,
        )
    )
    asked = translate("Where does the new {target} come from?", target=target)
    console.print()
    console.print(f"{told} {asked}", style="bold", markup=False)
    page = model.explain(image, labels, target=target, update=True)
    model.fit(image, labels, verbose=0)
    console.print(wrapped(str(page), console.width), markup=False, soft_wrap=True)
    value = number_text(significant(exact(_value(model, target)), 7))
    console.print()
    console.print(
        translate("The network took that step: {target} is now {value}.", target=target, value=value),
        markup=False,
    )


def _instructive_image(model: Sequential, digits: Digits) -> tuple[int, int, int]:
    """Return index, label and answer for the first image that is taken for another digit, if there is one."""
    said: Array = model.predict(digits.images).argmax(axis=1)
    index = int(np.argmax(said != digits.labels))
    return index, int(digits.labels[index]), int(said[index])


def _strongest_weight(model: Sequential, image: Array, label: Array) -> str:
    """Return the weight of the last layer whose gradient is largest: its page fits on a screen."""
    _, gradients = model.loss_and_gradients(image, label)
    kernel = model.weight_paths.index(LAST_KERNEL)
    row, column = np.unravel_index(int(np.abs(gradients[kernel]).argmax()), gradients[kernel].shape)
    return f"{LAST_KERNEL}[{row},{column}]"


def _value(model: Sequential, target: str) -> float:
    path, _, index = target.partition("[")
    position = tuple(int(part) for part in index.rstrip("]").split(","))
    return float(model.state[path][position])
