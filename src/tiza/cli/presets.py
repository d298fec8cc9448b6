"""Presets: recipes that are known to work, by name; those of the courses' networks among them."""

from __future__ import annotations

from dataclasses import replace

from tiza.cli.recipes import Recipe
from tiza.nn.registry import find

_DIGITS = Recipe(
    data="mnist", standardize=False, hidden=(128,), epochs=5, validation=0.0, test=0.0, early_stopping=0
)
_BY_HAND = Recipe(standardize=False, validation=0.0, test=0.0, early_stopping=0)
_PLANE = Recipe(
    standardize=False, samples=400, hidden=(16, 16), learning_rate=0.01, epochs=100, early_stopping=0
)

PRESETS: dict[str, Recipe] = {
    # the digits of MNIST
    "mnist": _DIGITS,
    "mlp": replace(_DIGITS, hidden=(384,), learning_rate=0.004, decay=True, batch_size=128, epochs=10),
    "classic": replace(
        _DIGITS,
        hidden=(30,),
        activation="sigmoid",
        loss="quadratic",
        optimizer="sgd",
        learning_rate=3.0,
        batch_size=10,
        epochs=10,
    ),
    # what courses work by hand
    "xor": replace(
        _BY_HAND, data="xor", hidden=(8,), activation="tanh", learning_rate=0.05, batch_size=4, epochs=150
    ),
    "four_people": replace(
        _BY_HAND,
        data="four_people",
        hidden=(2,),
        activation="sigmoid",
        loss="mean_squared_error",
        optimizer="sgd",
        learning_rate=0.1,
        batch_size=1,
        epochs=1000,
    ),
    "cats_and_dogs": replace(
        _BY_HAND,
        data="cats_and_dogs",
        hidden=(3,),
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
        learning_rate=0.01,
        batch_size=1,
        epochs=100,
    ),
    # points in the plane, and a curve
    "moons": replace(_PLANE, data="moons"),
    "circles": replace(_PLANE, data="circles"),
    "spirals": replace(
        _PLANE,
        data="spirals",
        standardize=True,
        samples=1000,
        hidden=(32, 32),
        activation="tanh",
        epochs=200,
    ),
    "blobs": replace(_PLANE, data="blobs"),
    "noisy_sine": replace(_PLANE, data="noisy_sine", activation="tanh", epochs=150),
}
"""A preset of the name of a data set is what that data set is learned with, unless told otherwise."""


def starting_recipe(preset: str | None, data: str | None) -> Recipe:
    """Return the recipe that other choices are made on: the preset's, or what the data are learned with.

    Raises:
        NameNotFoundError: there is no such preset; the nearest is suggested.

    Example:
        >>> starting_recipe("classic", None).hidden, starting_recipe(None, "houses.csv").hidden
        ((30,), (64, 32))
    """
    if preset is not None:
        return find("preset", preset, PRESETS)
    return PRESETS.get(data or "", Recipe())
