"""Recipes from files: TOML, with the fields of a recipe as keys."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tiza.cli.data_names import DATA_NAMES
from tiza.cli.presets import starting_recipe
from tiza.cli.recipes import Recipe
from tiza.errors import DataError, ModelError, NameNotFoundError, TizaError
from tiza.graph.primitive import unknown_name
from tiza.language import translate

SUFFIX = ".toml"
PRESET = "preset"
"""Key of the preset that a file starts from."""

_PATHS_OF_CALLBACKS = ("checkpoint=", "csv=")


def read_recipe(path: str) -> Recipe:
    """Return the recipe that a file holds; paths in it start from its folder.

    Raises:
        DataError: it cannot be read, or a key or a value is wrong; the file and the key are named.
    """
    content = _loaded(path)
    known = {one.name: None for one in fields(Recipe)}
    try:
        for key in content:
            if key != PRESET and key not in known:
                raise NameNotFoundError(unknown_name("key", key, {PRESET: None, **known}))
        data = content.get("data")
        base = starting_recipe(content.pop(PRESET, None), data if isinstance(data, str) else None)
        if "layers" in content and {"hidden", "activation"} & set(content):
            raise ModelError(
                translate("layers: got hidden or activation too, expected one of both ways to tell them.")
            )
        recipe = replace(base, **{key: _frozen(value) for key, value in content.items()})
    except TizaError as error:
        raise DataError(f"{path}: {error}") from None
    return _in_folder(recipe, Path(path).parent, content)


def _loaded(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{path}: got {error.strerror or error}, expected a TOML file that can be read."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(translate("{path}: got what is no TOML: {error}.", path=path, error=error)) from None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _in_folder(recipe: Recipe, folder: Path, content: dict[str, Any]) -> Recipe:
    """Return the recipe with the paths that the file itself gives taken from its folder."""
    data, output = recipe.data, recipe.output
    if "data" in content and data is not None and data not in DATA_NAMES:
        data = str(folder / data)
    if "output" in content and output is not None:
        output = str(folder / output)
    callbacks = recipe.callbacks
    if "callbacks" in content:
        callbacks = tuple(_callback_in_folder(one, folder) for one in callbacks)
    return replace(recipe, data=data, output=output, callbacks=callbacks)


def _callback_in_folder(text: str, folder: Path) -> str:
    name, sign, path = text.partition("=")
    return f"{name}={folder / path}" if sign and name + sign in _PATHS_OF_CALLBACKS else text
