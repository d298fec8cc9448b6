"""What the commands show of a job and of its results."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.console import Console

from tiza.cli.announcing import worded
from tiza.cli.digits import confusion_matrix, show_confusion
from tiza.cli.jobs import Array, Job
from tiza.cli.output import plain_table, show_table
from tiza.cli.recipes import Recipe
from tiza.data.unscaled import unscaled_features
from tiza.language import translatable, translate
from tiza.models.progress import measured_title
from tiza.models.sequential import Sequential
from tiza.nn.layers import Bidirectional
from tiza.nn.layers.recurrent import Recurrent
from tiza.nn.network import PlacedLayer

MOST_CLASSES = 12
"""Classes up to which it is shown which is taken for which."""

MUCH_RARER = 3
"""How many times as frequent one class must be as another for it to be told."""

MOST_NAMES = 5

_TITLES = {
    "mean_absolute_error": translatable("mean error"),
    "root_mean_squared_error": translatable("root mean square error"),
    "r2_score": translatable("variance explained"),
}


def show_job(console: Console, job: Job, recipe: Recipe) -> None:
    """Tell what was done to the data, and which rows are for what."""
    if job.preparation is not None:
        for one in job.announcements:
            _tell(console, f"  {worded(one)}")
        if not recipe.standardize:
            _tell(console, "  " + translate("Numbers stay as they are."))
        _tell(
            console,
            translate(
                "Rows: {training} to learn from, {validation} to watch while learning, {test} to measure at "
                "the end.",
                training=len(job.training),
                validation=len(job.validation or ()),
                test=len(job.test or ()),
            ),
        )
    if job.class_names and job.preparation is not None:
        _tell_balance(console, job, recipe.balance)


def _tell_balance(console: Console, job: Job, balance: bool) -> None:
    counts = np.bincount(job.training.y, minlength=len(job.class_names))
    if counts.max() < MUCH_RARER * counts.min() and not balance:
        return
    shown = ", ".join(
        f"{name} {count}" for name, count in list(zip(job.class_names, counts, strict=True))[:MOST_CLASSES]
    )
    _tell(
        console,
        translate("Classes: {counts}; each class counts the same.", counts=shown)
        if balance
        else translate("Classes: {counts}; with --balance each class counts the same.", counts=shown),
    )


def show_network(console: Console, model: Sequential) -> None:
    """Tell what is trained, and by what."""
    sizes = [str(int(np.prod(model.network.sample_shape)))]
    sizes += [_size(one) for one in model.network.layers if one.weights]
    _tell(
        console,
        translate(
            "Network {sizes}, {count} parameters; loss {loss}, optimizer {optimizer}.",
            sizes="-".join(sizes),
            count=model.count_params(),
            loss=model.objective.losses[0].name,
            optimizer=type(model.optimizer).__name__.lower(),
        ),
    )


def _size(placed: PlacedLayer) -> str:
    """Return how much a layer gives; of a layer with a state, its kind too."""
    size = "×".join(map(str, placed.outputs.shape[1:]))
    recurrent = isinstance(placed.layer, Recurrent | Bidirectional)
    return f"{type(placed.layer).__name__} {size}" if recurrent else size


def unscaled_warning(job: Job) -> str | None:
    """Return the warning that features are of unsuitable size; None if they are not, or are no table's."""
    if job.preparation is None:
        return None
    found = unscaled_features(job.training.x)
    names = [job.preparation.feature_names[one] for one in found.large or found.small]
    shown = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    if found.large:
        return translate(
            "Much larger than 1: {names}. Training will be slow or fail; --standardize scales numbers.",
            names=shown,
        )
    if found.small:
        return translate(
            "Much smaller than the others: {names}. They are hardly learned; --standardize scales numbers.",
            names=shown,
        )
    return None


def show_measured(label: str, numbers: Mapping[str, float]) -> None:
    """Print a line of what was measured."""
    table = plain_table(("",), [_title(name) for name in numbers])
    table.add_row(label, *(_short(one) for one in numbers.values()), style="bold")
    show_table(table)


def _title(name: str) -> str:
    return translate(_TITLES[name]) if name in _TITLES else measured_title(name)


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1e3 else f"{value:.6g}"


def show_classes(console: Console, labels: Array, predicted: Array, names: tuple[str, ...]) -> None:
    """Print which class is taken for which, unless there are too many."""
    if 0 < len(names) <= MOST_CLASSES:
        show_confusion(console, confusion_matrix(labels, predicted, len(names)), names)


def _tell(console: Console, line: str) -> None:
    console.print(line, markup=False)
