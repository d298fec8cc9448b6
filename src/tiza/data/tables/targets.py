"""What is to be predicted: a number or a class, and the way back from a model's outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tiza.data.checking import as_numbers
from tiza.data.tables.columns import CategoryColumn, NumberColumn
from tiza.data.tables.table import Column
from tiza.errors import DataError

Array = np.ndarray[Any, Any]


class Target(ABC):
    """How a column becomes targets, and outputs become what stood in it."""

    task: ClassVar[str]
    name: str

    @abstractmethod
    def encode(self, column: Column) -> Array:
        """Return the targets, `(rows,)`.

        Raises:
            DataError: a cell is not what the target held when it was prepared.
        """

    @abstractmethod
    def decode(self, outputs: object) -> Array:
        """Return predictions in the target's own words, `(rows,)`.

        Raises:
            DataError: the outputs have another shape.
        """


@dataclass(frozen=True, slots=True)
class RegressionTarget(Target):
    """A number: (y - mean) / deviation.

    Attributes:
        name: name of the column.
        mean: what is subtracted; 0 if it is not standardized.
        deviation: what is divided by; 1 if it is not standardized.
    """

    task: ClassVar[str] = "regression"
    name: str
    mean: float = 0.0
    deviation: float = 1.0

    def __post_init__(self) -> None:
        _ = self._column

    @property
    def _column(self) -> NumberColumn:
        return NumberColumn(self.name, self.mean, self.deviation)

    def encode(self, column: Column) -> Array:
        """Return the standardized numbers, float64."""
        numbers: Array = self._column.encode(column)[:, 0]
        return numbers

    def decode(self, outputs: object) -> Array:
        """Return outputs in the units of the column: outputs * deviation + mean, `(rows,)`, float64."""
        array = as_numbers("outputs", outputs).astype("float64")
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise DataError(
                f"outputs: got shape {array.shape}, expected (rows, 1): one unit predicts a number."
            )
        return array * self.deviation + self.mean


@dataclass(frozen=True, slots=True)
class ClassTarget(Target):
    """A class, by its label.

    Attributes:
        name: name of the column.
        class_names: the classes; the place of each is its label.
    """

    task: ClassVar[str] = "classification"
    name: str
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.class_names) < 2 or len(set(self.class_names)) != len(self.class_names):
            raise DataError(
                f"target {self.name!r}: got classes {self.class_names}, expected at least 2 distinct."
            )

    def encode(self, column: Column) -> Array:
        """Return the labels, int64."""
        return CategoryColumn(self.name, self.class_names).labels(column)

    def decode(self, outputs: object) -> Array:
        """Return the name of the likeliest class, `(rows,)`.

        Of outputs `(rows, classes)` it is the largest; of `(rows, 1)` the second class if above 1/2.
        """
        array = as_numbers("outputs", outputs)
        count = len(self.class_names)
        if array.ndim == 2 and array.shape[1] == count:
            labels = array.argmax(axis=1)
        elif count == 2 and array.shape[1:] in ((), (1,)):
            labels = (array.reshape(len(array)) > 0.5).astype("int64")
        else:
            raise DataError(
                f"outputs: got shape {array.shape}, expected (rows, {count}), a probability a class."
            )
        names: Array = np.array(self.class_names)[labels]
        return names


TASKS: dict[str, type[RegressionTarget | ClassTarget]] = {
    one.task: one for one in (RegressionTarget, ClassTarget)
}
"""What is predicted, by task."""
