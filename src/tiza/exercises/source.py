"""Exercises for `tiza check`: a sheet whose header has the code of one is judged against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiza.errors import ModelError
from tiza.exercises.exercise import Exercise, exercise_of_code
from tiza.exercises.request import is_code
from tiza.sheets import finding
from tiza.sheets.reading import Sheet
from tiza.sheets.source import Source
from tiza.sheets.subject import Subject


@dataclass(frozen=True)
class ExerciseSource:
    """An exercise that a sheet is about; `tz.check` takes it in place of a model.

    Attributes:
        exercise: the exercise.
    """

    exercise: Exercise

    @property
    def name(self) -> str:
        """The exercise's code."""
        return self.exercise.code

    @property
    def naming(self) -> Mapping[str, str]:
        """The exercise's names -> targets."""
        return self.exercise.names

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return what the sheet is about.

        Raises:
            ModelError: the sheet gives data of its own.
        """
        given = [*data, *(["learning rate"] if learning_rate is not None else [])]
        if given:
            raise ModelError(
                f"{' and '.join(given)}: the exercise {self.name!r} has numbers of its own; "
                "leave them out of the header."
            )
        return self.exercise.problem.subject


def find_source(sheet: Sheet, folder: Path) -> Source:
    """Return what a sheet is about: an exercise, a lesson or a saved model.

    Raises:
        SheetError: the sheet names no network.
        NameNotFoundError: there is nothing of that name; near names are listed.
        ModelError: an exercise's code is wrong.
        DataError: the file is no model.
    """
    if is_code(sheet.network):
        return ExerciseSource(exercise_of_code(sheet.network))
    return finding.find_source(sheet, folder)
