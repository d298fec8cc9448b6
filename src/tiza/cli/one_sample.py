"""One sample with its target for a kept model: a row of a table or of a data set, or numbers as typed."""

from __future__ import annotations

import math
import re
from typing import Any

import click
import numpy as np

from tiza.cli.known_samples import known_samples
from tiza.cli.networks import targets_for
from tiza.language import translate, translate_plural
from tiza.models.model import Model
from tiza.nn.targets import LABELS

Array = np.ndarray[Any, Any]


def row_of_data(model: Model, path: str, data: str, row: int) -> tuple[Array, Array]:
    """Return a row of a table, or of a data set, as a batch of one; the first row is 1.

    Raises:
        click.UsageError: there is no such row.
        TizaError: the data do not fit the model.
    """
    samples, _ = known_samples(model, path, data)
    if row > len(samples):
        raise click.UsageError(
            translate(
                "--row: got {row}, but {data} has {count} rows.", row=row, data=data, count=len(samples)
            )
        )
    here = slice(row - 1, row)
    targets = targets_for(model.objective.losses[0], model.network.output.shape[-1], samples.y[here])
    return samples.x[here], targets


def typed_sample(model: Model, x: str, y: str) -> tuple[Array, Array]:
    """Return a sample and its target from what was typed, as a batch of one.

    Raises:
        click.UsageError: they are no numbers, or not as many as the model reads.
    """
    shape = model.network.sample_shape
    features = np.array(_numbers("--x", x, math.prod(shape)))
    if features.size != math.prod(shape):
        raise click.UsageError(
            translate_plural(
                "--x: got {count} number, but the model reads {wanted}.",
                "--x: got {count} numbers, but the model reads {wanted}.",
                features.size,
                wanted=math.prod(shape),
            )
        )
    return features.reshape(1, *shape), _target(model, y)


def _target(model: Model, y: str) -> Array:
    loss, units = model.objective.losses[0], model.network.output.shape[-1]
    names = [str(one) for one in model.class_names or ()]
    if y.strip() in names:
        return targets_for(loss, units, np.array([names.index(y.strip())]))
    is_label = loss.statement.targets is LABELS
    if names and not re.match(r"\s*[-−+(\[.\d]", y):
        raise click.UsageError(
            translate("--y: got {text!r}, expected a class: {names}.", text=y, names=", ".join(names))
        )
    numbers = _numbers("--y", y, 1 if is_label else units)
    if is_label and all(one.is_integer() for one in numbers):
        return np.array(numbers, "int64")
    return np.array([numbers])


def _numbers(option: str, text: str, wanted: int) -> list[float]:
    """Return numbers apart by commas, or by semicolons, between which a comma is a decimal sign.

    Example:
        >>> _numbers("--x", "2, 3", 2), _numbers("--x", "2,5; 3", 2), _numbers("--y", "2,5", 1)
        ([2.0, 3.0], [2.5, 3.0], [2.5])
    """
    inner = re.sub(r"^\s*[(\[](.*)[)\]]\s*$", r"\1", text).replace("−", "-")
    has_commas_within = ";" in inner or (wanted == 1 and re.fullmatch(r"\s*[-+]?\d*,\d+\s*", inner))
    parts = inner.replace(",", ".").split(";") if has_commas_within else inner.split(",")
    try:
        found = [float(one) for one in parts]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        raise click.UsageError(
            translate(
                "{option}: got {text!r}, expected numbers such as 2, 0.5 or 2; 0,5", option=option, text=text
            )
        )
    return found
