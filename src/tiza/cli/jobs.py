"""A job: samples to learn from, and what is known of them; from a recipe's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click
import numpy as np

from tiza.cli.data_names import DATA_NAMES, DATASETS, MNIST
from tiza.cli.digits import DIGITS, digit_front, load_digits
from tiza.cli.recipes import Recipe
from tiza.cli.row_choice import RowChoice
from tiza.cli.tables import CLASS, QUANTITY, read_rows
from tiza.data.scaling import Standardizer
from tiza.data.tables import Announcement, Table, TablePreparation, prepare_table
from tiza.data.tables.columns import CategoryColumn, FeatureColumn, NumberColumn, YesNoColumn
from tiza.data.tables.targets import ClassTarget, RegressionTarget, Target
from tiza.language import translate
from tiza.nn.layer import Layer
from tiza.nn.layers import Input

Array = np.ndarray[Any, Any]

_SCALED = ("number", "target_standardized")
"""Announcements of what is not done if numbers stay as they are."""


_OF_TABLES = ("target", "task", "columns", "encoding", "decimal", "missing")
"""Fields of a recipe that are for CSV files alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Features, and labels (whole numbers) or quantities, `(samples,)`."""

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Samples to learn from, and what is known of them.

    Attributes:
        front: what stands before the hidden layers: the input, and layers that only bring it into shape.
        training: what is learned from.
        validation: what is watched while learning; None if nothing is.
        test: what is measured at the end and used for nothing else; None if nothing is.
        class_names: the classes, by label; empty for quantities.
        preparation: how rows of a table become samples; None if they are no rows.
        target_gaps: what is announced of rows without a target, which are left out.
    """

    front: tuple[Input | Layer, ...]
    training: Samples
    validation: Samples | None
    test: Samples | None
    class_names: tuple[str, ...]
    preparation: TablePreparation | None = None
    target_gaps: tuple[Announcement, ...] = ()

    @property
    def announcements(self) -> tuple[Announcement, ...]:
        """What was done to the table."""
        return self.target_gaps + (self.preparation.announcements if self.preparation else ())


def job_of(recipe: Recipe) -> Job:
    """Return the job of a recipe's data.

    Raises:
        click.UsageError: no data are named, a CSV file has no target, or a data set has one of its own.
        DataError: the data cannot be learned from.
    """
    if recipe.data is None:
        names = ", ".join(DATA_NAMES)
        raise click.UsageError(
            translate(
                "There are no data; give a CSV file, a TOML file, or the name of a data set: {names}.",
                names=names,
            )
        )
    if recipe.data == MNIST:
        return _job_of_digits(recipe)
    if recipe.data in DATASETS:
        return _job_of_dataset(recipe)
    return _job_of_table(recipe)


def _refuse(recipe: Recipe, *names: str) -> None:
    """Refuse choices that these data leave no room for."""
    usual = Recipe(standardize=False, test=0.0)
    for name in names:
        if getattr(recipe, name) != getattr(usual, name):
            raise click.UsageError(
                translate(
                    "{name}: got {value!r}, but {data} settles that itself; leave it out.",
                    name=name,
                    value=getattr(recipe, name),
                    data=recipe.data,
                )
            )


def _job_of_digits(recipe: Recipe) -> Job:
    _refuse(recipe, *_OF_TABLES, "standardize", "test")
    digits = load_digits()
    everything = Samples(digits.images[: recipe.samples], digits.labels[: recipe.samples])
    held = int(np.ceil(recipe.validation * len(everything)))
    rest = len(everything) - held
    return Job(
        digit_front(),
        Samples(everything.x[:rest], everything.y[:rest]),
        Samples(everything.x[rest:], everything.y[rest:]) if held else None,
        Samples(digits.test_images, digits.test_labels),
        DIGITS,
    )


def _job_of_dataset(recipe: Recipe) -> Job:
    """Return the job of a data set: its columns are numbers, and it may have a single row."""
    _refuse(recipe, *_OF_TABLES)
    assert recipe.data is not None
    table = read_rows(recipe.data, recipe.samples)
    goal = table.columns[-1].name
    classes = [str(one) for one in table.column(goal).texts] if goal == CLASS else None
    chosen = RowChoice.of(len(table), classes, recipe)
    scale = _mean_and_deviation if recipe.standardize else _as_it_is
    columns = tuple(NumberColumn(one.name, *scale(one.cells[chosen.training])) for one in table.columns[:-1])
    target: Target = (
        RegressionTarget(QUANTITY, *scale(table.column(goal).cells[chosen.training]))
        if classes is None
        else ClassTarget(CLASS, DATASETS[recipe.data]().class_names)
    )
    return _job(table, TablePreparation(columns, target, (), recipe.dtype), chosen)


def _mean_and_deviation(numbers: Array) -> tuple[float, float]:
    scaling = Standardizer().fit(numbers)
    return float(scaling.shift), float(scaling.scale)


def _as_it_is(_numbers: Array) -> tuple[float, float]:
    return 0.0, 1.0


def _job_of_table(recipe: Recipe) -> Job:
    """Return the job of a CSV file; all but the kinds of the columns is learned from the training rows."""
    assert recipe.data is not None
    raw = read_rows(recipe.data, recipe.samples, recipe.encoding, recipe.decimal, recipe.missing)
    if recipe.target is None:
        columns = ", ".join(raw.names)
        raise click.UsageError(
            translate(
                "There is no target; give --target, the column to predict, one of {columns}.", columns=columns
            )
        )
    whole = _prepared(raw, recipe, recipe.columns, recipe.task)
    table = raw[~raw.column(recipe.target).gaps]
    is_class = isinstance(whole.target, ClassTarget)
    classes = [str(one) for one in table.column(recipe.target).texts] if is_class else None
    chosen = RowChoice.of(len(table), classes, recipe).learning_first(_novelty(table, whole, recipe))
    kinds = {**{one.name: one.kind for one in whole.columns}, **recipe.columns}
    task = recipe.task if is_class else "regression"
    preparation = _prepared(table[chosen.training], recipe, kinds, task)
    gaps = tuple(one for one in whole.announcements if one.kind == "target_gaps")
    if not recipe.standardize:
        preparation = _unscaled(preparation)
    return replace(_job(table, preparation, chosen), target_gaps=gaps)


def _prepared(table: Table, recipe: Recipe, kinds: Any, task: str | None) -> TablePreparation:
    return prepare_table(
        table,
        recipe.target,
        task=task,
        columns=kinds,
        most_categories=recipe.most_categories,
        rare=recipe.rare,
        dtype=recipe.dtype,
    ).preparation


def _novelty(table: Table, whole: TablePreparation, recipe: Recipe) -> Callable[[Array, Array], Array]:
    """Return what tells which rows hold a category, a class or a gap that no training row holds."""
    categorical = [one.name for one in whole.columns if isinstance(one, CategoryColumn | YesNoColumn)]
    if isinstance(whole.target, ClassTarget):
        categorical.append(whole.target.name)
    numeric = [one.name for one in whole.columns if isinstance(one, NumberColumn)]

    def is_new(training: Array, others: Array) -> Array:
        new = np.zeros(len(others), bool)
        for name in categorical:
            texts = table.column(name).texts
            known = {texts[row] for row in training}
            # with more categories than are kept, those not seen are joined with the rare ones
            if name == recipe.target or len(known - {None}) <= recipe.most_categories:
                new |= [texts[row] not in known for row in others]
        for name in numeric:
            gaps = table.column(name).gaps
            if not gaps[training].any():
                new |= gaps[others]
        return new

    return is_new


def _unscaled(preparation: TablePreparation) -> TablePreparation:
    """Return the same preparation with numbers as they are."""
    columns: Sequence[FeatureColumn] = [
        replace(one, mean=0.0, deviation=1.0) if isinstance(one, NumberColumn) else one
        for one in preparation.columns
    ]
    target = preparation.target
    return replace(
        preparation,
        columns=tuple(columns),
        target=RegressionTarget(target.name) if isinstance(target, RegressionTarget) else target,
        announcements=tuple(one for one in preparation.announcements if one.kind not in _SCALED),
    )


def _job(table: Table, preparation: TablePreparation, chosen: RowChoice) -> Job:
    def samples(rows: Array) -> Samples:
        part = table[rows]
        return Samples(preparation.prepare(part), preparation.targets(part))

    validation, test = (samples(rows) if len(rows) else None for rows in chosen.held_out)
    return Job(
        (Input((len(preparation.feature_names),)),),
        samples(chosen.training),
        validation,
        test,
        preparation.class_names,
        preparation,
    )
