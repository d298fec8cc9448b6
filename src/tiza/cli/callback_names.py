"""Callbacks from their names: `early_stopping`, `reduce_lr=5`, `checkpoint=best.tiza`, `csv=log.csv`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tiza.cli.recipes import MODEL_SUFFIX
from tiza.errors import ModelError
from tiza.language import translate
from tiza.nn.registry import find
from tiza.training.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

STOPPING = "early_stopping"
STOPPING_PATIENCE, RATE_PATIENCE = 10, 5


@dataclass(frozen=True, slots=True)
class Watch:
    """What callbacks follow: a number, by name; and whether they tell what they do."""

    monitor: str
    verbose: int


def _stopping(value: str, watch: Watch) -> Callback:
    patience = _patience(STOPPING, value, STOPPING_PATIENCE)
    return EarlyStopping(watch.monitor, patience=patience, restore_best_weights=True, verbose=watch.verbose)


def _reducing(value: str, watch: Watch) -> Callback:
    patience = _patience("reduce_lr", value, RATE_PATIENCE)
    return ReduceLROnPlateau(watch.monitor, patience=patience, verbose=watch.verbose)


def _checkpoint(value: str, watch: Watch) -> Callback:
    path = _path("checkpoint", value, f"best{MODEL_SUFFIX}")
    return ModelCheckpoint(path, watch.monitor, watch.verbose, save_best_only=True)


def _csv(value: str, _watch: Watch) -> Callback:
    return CSVLogger(_path("csv", value, "log.csv"))


CALLBACKS: dict[str, Callable[[str, Watch], Callback]] = {
    STOPPING: _stopping,
    "reduce_lr": _reducing,
    "checkpoint": _checkpoint,
    "csv": _csv,
}
"""What makes a callback of the text behind its name's equals sign, and of what is followed."""


def callbacks_of(texts: Sequence[str], stopping: int, watch: Watch) -> list[Callback]:
    """Return callbacks.

    Args:
        texts: a name each, with `=value` where it takes one.
        stopping: patience of early stopping if it is not among them; 0 for none.
        watch: what they follow.

    Raises:
        NameNotFoundError: a name is not known; the nearest is suggested.
        ModelError: a value is missing or no whole number.

    Example:
        >>> made = callbacks_of(["reduce_lr=3"], 10, Watch("loss", 0))
        >>> [type(one).__name__ for one in made]
        ['ReduceLROnPlateau', 'EarlyStopping']
    """
    pairs = [text.partition("=") for text in texts]
    made = [find("callbacks", name, CALLBACKS)(value, watch) for name, _, value in pairs]
    if stopping and STOPPING not in [name for name, _, _ in pairs]:
        made.append(_stopping(str(stopping), watch))
    return made


def _patience(name: str, value: str, usual: int) -> int:
    if not value:
        return usual
    if not value.isdecimal() or not int(value):
        raise ModelError(
            translate(
                "callbacks: got {name}={value}, expected a number of epochs, such as {name}=5.",
                name=name,
                value=value,
            )
        )
    return int(value)


def _path(name: str, value: str, example: str) -> str:
    if not value:
        raise ModelError(
            translate(
                "callbacks: got {name} without a file, expected one, such as {name}={example}.",
                name=name,
                example=example,
            )
        )
    return value
