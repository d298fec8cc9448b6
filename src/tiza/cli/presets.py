"""Presets: recipes that are known to work, by name; those of the courses' networks among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tiza.cli.recipes import Recipe
from tiza.nn.registry import find

_DIGITS = Recipe(
    data="mnist", standardize=False, hidden=(128,), epochs=5, validation=0.0, test=0.0, early_stopping=0
)
_BY_HAND = Recipe(standardize=False, validation=0.0, test=0.0, early_stopping=0)
_PLANE = Recipe(
    standardize=False, samples=400, hidden=(16, 16), learning_rate=0.01, epochs=100, early_stopping=0
)

_IMAGES: Mapping[str, Any] = {"kind": "Reshape", "target_shape": (28, 28, 1)}
_ROWS: Mapping[str, Any] = {"kind": "Reshape", "target_shape": (28, 28)}
_HALVED: Mapping[str, Any] = {"kind": "MaxPooling2D", "pool_size": 2}
_AVERAGED: Mapping[str, Any] = {"kind": "AveragePooling2D", "pool_size": 2}
_FLAT: Mapping[str, Any] = {"kind": "Flatten"}


def _filters(filters: int, size: int = 3, activation: str = "relu", padding: str = "valid") -> dict[str, Any]:
    return {
        "kind": "Conv2D",
        "filters": filters,
        "kernel_size": size,
        "activation": activation,
        "padding": padding,
    }


def _dense(units: int, activation: str) -> dict[str, Any]:
    return {"kind": "Dense", "units": units, "activation": activation}


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
    # LeCun, Bottou, Bengio and Haffner (1998)
    "lenet": replace(
        _DIGITS,
        layers=(
            _IMAGES,
            _filters(6, 5, "tanh", "same"),
            _AVERAGED,
            _filters(16, 5, "tanh"),
            _AVERAGED,
            _FLAT,
            _dense(120, "tanh"),
            _dense(84, "tanh"),
        ),
        decay=True,
        batch_size=128,
        epochs=10,
    ),
    "cnn": replace(
        _DIGITS,
        layers=(
            _IMAGES,
            {
                "kind": "RandomTranslation",
                "height_factor": 0.08,
                "width_factor": 0.08,
                "fill_mode": "constant",
            },
            {"kind": "RandomRotation", "factor": 0.03, "fill_mode": "constant"},
            _filters(32),
            _HALVED,
            _filters(64),
            _HALVED,
            _FLAT,
            {"kind": "Dropout", "rate": 0.5},
            _dense(128, "relu"),
        ),
        learning_rate=0.004,
        decay=True,
        batch_size=128,
        epochs=15,
    ),
    # a digit as 28 rows of 28 pixels, one row a step
    "lstm": replace(
        _DIGITS,
        layers=(_ROWS, {"kind": "LSTM", "units": 128}),
        learning_rate=0.003,
        decay=True,
        batch_size=128,
        epochs=8,
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
