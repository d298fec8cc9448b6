"""Parts of a network from names, or from tables with a `kind` and arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeAlias

from tiza.cli.recipes import Entry, Recipe
from tiza.errors import ModelError, NameNotFoundError, TizaError
from tiza.graph.primitive import unknown_name
from tiza.language import translate
from tiza.nn import initializers, layers, regularizers
from tiza.nn.initializers import Initializer
from tiza.nn.layer import Layer
from tiza.nn.layers import Dense
from tiza.nn.losses import Loss
from tiza.nn.losses import loss as find_loss
from tiza.nn.registry import find
from tiza.nn.regularizers import Regularizer
from tiza.optimizers import schedules
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import optimizer as find_optimizer
from tiza.optimizers.schedules import CosineDecay, LearningRateSchedule

KIND = "kind"

Maker: TypeAlias = Callable[..., Any]


def _kinds_in(module: ModuleType, base: type) -> dict[str, Maker]:
    """Return the classes of a room that can be made, by name."""
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and issubclass(kind, base)
        and not name.startswith("_")
        and not inspect.isabstract(kind)
        and kind is not base
    }


LAYERS = _kinds_in(layers, Layer)

ARGUMENTS: dict[str, dict[str, Maker]] = {
    "_initializer": _kinds_in(initializers, Initializer),
    "_regularizer": _kinds_in(regularizers, Regularizer),
    "learning_rate": _kinds_in(schedules, LearningRateSchedule),
}
"""What may stand in an argument as a table, by how the argument's name ends."""


def optimizer_of(recipe: Recipe, samples: int) -> Optimizer:
    """Return the recipe's optimizer, with its learning rate, for so many samples an epoch.

    Raises:
        NameNotFoundError: a name is not known; the nearest is suggested.
        ModelError: an argument is missing or out of its range.
    """
    made: Optimizer = _part("optimizer", recipe.optimizer, find_optimizer)
    if recipe.learning_rate is not None:
        made = replace(made, learning_rate=recipe.learning_rate)
    if not recipe.decay:
        return made
    steps = recipe.epochs * -(-samples // recipe.batch_size)
    return replace(made, learning_rate=CosineDecay(made.initial_learning_rate, steps))


def loss_of(entry: Entry) -> Loss:
    """Return a loss; raises as `optimizer_of`."""
    made: Loss = _part("loss", entry, find_loss)
    return made


def hidden_layers(recipe: Recipe) -> list[Layer]:
    """Return the hidden layers; raises as `optimizer_of`."""
    if recipe.layers is None:
        return [Dense(size, activation=recipe.activation) for size in recipe.hidden]
    return [_layer(f"layers[{place}]", entry) for place, entry in enumerate(recipe.layers)]


def _layer(where: str, entry: Mapping[str, Any]) -> Layer:
    kind = find(f"{where}: {KIND}", entry.get(KIND, ""), LAYERS)
    try:
        made: Layer = _made(where, kind, entry)
    except TizaError as error:
        told = str(error)
        raise ModelError(told if told.startswith(where) else f"{where}: {told}") from None
    return made


def _part(what: str, entry: Entry, find_part: Callable[[object], Any]) -> Any:
    """Return the part of a name; of a table, the part that the class of that name makes."""
    if isinstance(entry, str):
        return find_part(entry)
    if KIND not in entry:
        raise ModelError(
            translate(
                "{what}: got a table without {kind}, expected {kind}, the name of what it describes.",
                what=what,
                kind=KIND,
            )
        )
    return _made(what, type(find_part(entry[KIND])), entry)


def _made(where: str, kind: Callable[..., Any], entry: Mapping[str, Any]) -> Any:
    """Return what a class makes of the arguments in a table.

    Raises:
        NameNotFoundError: it has no such argument.
        ModelError: one that it needs is missing.
    """
    known = inspect.signature(kind).parameters
    given = {name: _argument(where, name, value) for name, value in entry.items() if name != KIND}
    name_of_kind = getattr(kind, "__name__", str(kind))
    for name in given:
        if name not in known:
            raise NameNotFoundError(unknown_name(f"{where}: argument of {name_of_kind}", name, known))
    missing = [name for name, one in known.items() if one.default is one.empty and name not in given]
    if missing:
        raise ModelError(
            translate(
                "{where}: {kind} got no {missing}, expected {known}.",
                where=where,
                kind=name_of_kind,
                missing=missing[0],
                known=", ".join(known),
            )
        )
    return kind(**given)


def _argument(where: str, name: str, value: Any) -> Any:
    """Return what an argument stands for: a list is a tuple, a table with a `kind` what that makes."""
    kinds = next((kinds for ending, kinds in ARGUMENTS.items() if name.endswith(ending)), None)
    if kinds is not None and isinstance(value, Mapping):
        inside = f"{where}: {name}"
        return _made(inside, find(f"{inside}: {KIND}", value.get(KIND, ""), kinds), value)
    return tuple(value) if isinstance(value, list) else value
