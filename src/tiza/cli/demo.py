"""`tiza demo`: real digits are learned, and one weight's last update is explained."""

from __future__ import annotations

import time

import click
import numpy as np
from rich.console import Console

from tiza.cli.digits import Digits, confusion_matrix, confusion_table, digit_network, load_digits
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.optimizers.rules import Adam

HIDDEN = 128
EPOCHS = 4
BATCH_SIZE = 64


@click.command()
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**64 - 1), help="Seed of the run.")
@click.option("--epochs", default=EPOCHS, show_default=True, type=click.IntRange(1), help="Passes over the data.")
def demo(seed: int, epochs: int) -> None:
    """Train on handwritten digits, show what is confused, explain one weight."""
    console = Console(highlight=False)
    digits = load_digits()
    model = digit_network([HIDDEN], "relu", "softmax", seed, "float32")
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
    seconds = time.perf_counter() - started
    _show_accuracy(console, model, digits, seconds)
    _explain_last_update(console, model, digits)


def _show_accuracy(console: Console, model: Sequential, digits: Digits, seconds: float) -> None:
    predicted = model.predict(digits.test_images).argmax(axis=1)
    right = int((predicted == digits.test_labels).sum())
    console.print(
        translate(
            "Trained in {seconds:.1f} s. Test accuracy: {accuracy:.2f} % ({right} of {total} digits it never saw).",
            seconds=seconds,
            accuracy=100 * right / len(predicted),
            right=right,
            total=len(predicted),
        ),
        style="bold",
    )
    console.print(confusion_table(confusion_matrix(digits.test_labels, predicted)))


def _explain_last_update(console: Console, model: Sequential, digits: Digits) -> None:
    """Take one more step, on one image that the network gets wrong, and explain the weight it moves most."""
    index = _first_mistake(model, digits)
    image, label = digits.images[index : index + 1], digits.labels[index : index + 1]
    target = _strongest_weight(model, image, label)
    console.print()
    console.print(
        translate(
            "One last step, on training image {index}, a {label} that the network takes for a {said}. "
            "Where does the new {target} come from?",
            index=index,
            label=int(label[0]),
            said=int(model.predict(image).argmax()),
            target=target,
        ),
        style="bold",
    )
    text = model.explain(image, label, target=target, update=True)
    model.fit(image, label, verbose=0)
    console.print(text, markup=False, soft_wrap=True)
    console.print(
        translate("The network took that step: {target} is now {value:.7g}.", target=target, value=_value(model, target))
    )


def _first_mistake(model: Sequential, digits: Digits) -> int:
    wrong = model.predict(digits.images).argmax(axis=1) != digits.labels
    return int(np.argmax(wrong))


def _strongest_weight(model: Sequential, image: object, label: object) -> str:
    """Return the weight of the first layer whose gradient is largest."""
    _, gradients = model.loss_and_gradients(image, label)
    row, column = np.unravel_index(int(np.abs(gradients[0]).argmax()), gradients[0].shape)
    return f"{model.weight_paths[0]}[{row},{column}]"


def _value(model: Sequential, target: str) -> float:
    path, _, index = target.partition("[")
    position = tuple(int(part) for part in index.rstrip("]").split(","))
    return float(model.state[path][position])
