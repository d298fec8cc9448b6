"""Exercises for `tiza check`: a sheet whose header has the code of one is judged against it."""

from __future__ import annotations

from pathlib import Path

from tiza.exercises.exercise import exercise_of_code
from tiza.exercises.request import is_code
from tiza.sheets import finding
from tiza.sheets.reading import Sheet
from tiza.sheets.source import Source


def find_source(sheet: Sheet, folder: Path) -> Source:
    """Return what a sheet is about: an exercise, a lesson or a saved model.

    Raises:
        SheetError: the sheet names no network.
        NameNotFoundError: there is nothing of that name; near names are listed.
        ModelError: an exercise's code is wrong.
        DataError: the file is no model.
    """
    if is_code(sheet.network):
        return exercise_of_code(sheet.network)
    return finding.find_source(sheet, folder)
