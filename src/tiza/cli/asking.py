"""The recipe that a command is asked for: a file's, a preset's or the usual one, changed by options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from tiza.cli.presets import starting_recipe
from tiza.cli.recipe_files import SUFFIX, read_recipe
from tiza.cli.recipes import Recipe
from tiza.language import translate


def asked_recipe(source: str | None, preset: str | None, given: Mapping[str, Any]) -> Recipe:
    """Return what is asked for: a file's, a preset's or the usual recipe, with what is given besides.

    Raises:
        click.UsageError: a preset is given with a file, which can name one itself, or an activation for
            layers that a file names one by one.
    """
    if source is not None and Path(source).suffix.lower() == SUFFIX:
        if preset is not None:
            raise click.UsageError(
                translate("Give --preset or a TOML file; a file has it as its key preset.")
            )
        base = read_recipe(source)
    else:
        base = starting_recipe(preset, source)
        if source is not None and source != base.data:
            base = replace(base, data=source, samples=None)
    if "hidden" in given:
        base = replace(base, layers=None)
    elif base.layers is not None and "activation" in given:
        raise click.UsageError(
            translate("The file names its layers one by one; give --hidden with --activation.")
        )
    return replace(base, **given)
