"""A recipe: all that a training from the command line is told, as one record.

Options, presets and files set the same fields under the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import PurePath
from typing import Any, TypeAlias

from tiza.errors import ModelError
from tiza.language import translate
from tiza.models.model import ENGINES
from tiza.nn.checks import whole_number
from tiza.nn.registry import find

Entry: TypeAlias = str | Mapping[str, Any]
"""A part: its name, or a table with its `kind` and its arguments."""

MODEL_SUFFIX = ".tiza"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is learned from which data, with which network, and how.

    Attributes:
        data: path of a CSV file, or name of a data set.
        target: the column of the table that is predicted.
        task: `regression` or `classification`; found from the target if None.
        columns: what columns are taken for, by name: `number`, `category`, `yes_no`, `drop`.
        most_categories: how many categories a column may have.
        rare: what happens if there are more: `refuse` or `other`.
        encoding: how characters are written in the CSV file; UTF-8 if None.
        decimal: what stands before decimals in it; found if None.
        missing: further texts in it that mean a gap.
        standardize: whether numbers are given mean 0 and deviation 1.
        samples: how many rows are read, the first; all if None.
        hidden: sizes of the hidden layers.
        activation: activation of the hidden layers.
        layers: the hidden layers one by one instead, each a table with its `kind` and arguments.
        output_activation: activation of the last layer; the one that fits the loss if None.
        loss: the loss; the one that fits the target if None.
        optimizer: the update rule.
        learning_rate: its rate; its own if None.
        decay: whether the rate falls to 0 along half a cosine, over all epochs.
        epochs: passes over the data.
        batch_size: samples a step.
        validation: share of the rows that are watched while learning.
        test: share of the rows that are measured at the end and used for nothing else.
        early_stopping: epochs without improvement after which training ends; 0 never ends it.
        balance: whether every class counts the same.
        callbacks: what else follows training, such as `reduce_lr` and `checkpoint=best.tiza`.
        seed: of first weights, of the order of samples, of the choice of rows.
        engine: what computes.
        dtype: numbers that the network computes with.
        output: the file that the model is written to.

    Raises:
        ModelError: a value is not of its kind or out of its range.

    Example:
        >>> Recipe(hidden=(30,)).epochs
        100
    """

    data: str | None = None
    target: str | None = None
    task: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    most_categories: int = 20
    rare: str = "refuse"
    encoding: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] = ()
    standardize: bool = True
    samples: int | None = None
    hidden: tuple[int, ...] = (64, 32)
    activation: str = "relu"
    layers: tuple[Mapping[str, Any], ...] | None = None
    output_activation: str | None = None
    loss: Entry | None = None
    optimizer: Entry = "adam"
    learning_rate: float | None = None
    decay: bool = False
    epochs: int = 100
    batch_size: int = 32
    validation: float = 0.15
    test: float = 0.2
    early_stopping: int = 10
    balance: bool = False
    callbacks: tuple[str, ...] = ()
    seed: int = 0
    engine: str = "auto"
    dtype: str = "float32"
    output: str | None = None

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            check(name, getattr(self, name))
        if self.validation + self.test >= 1.0:
            raise ModelError(
                translate(
                    "validation, test: got {validation:g} and {test:g} of the rows, expected less than 1 "
                    "together, so that rows are left to learn from.",
                    validation=self.validation,
                    test=self.test,
                )
            )


def _whole(least: int, below: int | None = None) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        whole_number(name, value, least, below)

    return check


def _optional(check: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
    def check_if_given(name: str, value: Any) -> None:
        if value is not None:
            check(name, value)

    return check_if_given


def _text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ModelError(translate("{name}: got {value!r}, expected a text.", name=name, value=value))


def _filled(name: str, value: Any) -> None:
    _text(name, value)
    if not value:
        raise ModelError(translate("{name}: got an empty text, expected a name or a path.", name=name))


def _texts(name: str, value: Any) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, str) for one in value):
        raise ModelError(
            translate("{name}: got {value!r}, expected a list of texts.", name=name, value=value)
        )


def _one_of(*names: str) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        find(name, value, dict.fromkeys(names))

    return check


def _share(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 <= float(value) < 1.0:
        raise ModelError(
            translate(
                "{name}: got {value!r}, expected a share of the rows, from 0 to below 1.",
                name=name,
                value=value,
            )
        )


def _number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ModelError(translate("{name}: got {value!r}, expected a number.", name=name, value=value))


def _switch(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise ModelError(translate("{name}: got {value!r}, expected true or false.", name=name, value=value))


def _sizes(name: str, value: Any) -> None:
    if not isinstance(value, tuple):
        raise ModelError(
            translate(
                "{name}: got {value!r}, expected a list of sizes, such as [30, 20].", name=name, value=value
            )
        )
    for size in value:
        whole_number(name, size)


def _entry(name: str, value: Any) -> None:
    if not isinstance(value, str | Mapping):
        raise ModelError(
            translate(
                "{name}: got {value!r}, expected a name, or a table with kind and arguments.",
                name=name,
                value=value,
            )
        )


def _entries(name: str, value: Any) -> None:
    if not isinstance(value, tuple) or not all(isinstance(one, Mapping) for one in value):
        raise ModelError(
            translate(
                "{name}: got {value}, expected tables with kind and arguments ([[{name}]]).",
                name=name,
                value=f"{value!r:.60}",
            )
        )


def _kinds(name: str, value: Any) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise ModelError(
            translate(
                "{name}: got {value}, expected kinds by column, such as zip = 'category'.",
                name=name,
                value=f"{value!r:.60}",
            )
        )


def _model_file(name: str, value: Any) -> None:
    _text(name, value)
    if PurePath(value).suffix != MODEL_SUFFIX:
        raise ModelError(
            translate(
                "{name}: got {value!r}, expected the name of a file that ends in {suffix}; the last layer's "
                "activation is output_activation.",
                name=name,
                value=value,
                suffix=MODEL_SUFFIX,
            )
        )


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "data": _optional(_filled),
    "target": _optional(_text),
    "task": _optional(_one_of("regression", "classification")),
    "columns": _kinds,
    "most_categories": _whole(1),
    "rare": _one_of("refuse", "other"),
    "encoding": _optional(_text),
    "decimal": _optional(_text),
    "missing": _texts,
    "standardize": _switch,
    "samples": _optional(_whole(1)),
    "hidden": _sizes,
    "activation": _text,
    "layers": _optional(_entries),
    "output_activation": _optional(_text),
    "loss": _optional(_entry),
    "optimizer": _entry,
    "learning_rate": _optional(_number),
    "decay": _switch,
    "epochs": _whole(1),
    "batch_size": _whole(1),
    "validation": _share,
    "test": _share,
    "early_stopping": _whole(0),
    "balance": _switch,
    "callbacks": _texts,
    "seed": _whole(0, 2**64),
    "engine": _one_of(*ENGINES),
    "dtype": _one_of("float32", "float64"),
    "output": _optional(_model_file),
}
