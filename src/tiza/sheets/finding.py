"""The exercise that a sheet's header names: a lesson, or a saved model."""

from __future__ import annotations

from pathlib import Path

from tiza.errors import NameNotFoundError
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.models.files import load_model
from tiza.sheets.reading import Sheet, SheetError
from tiza.sheets.source import LessonSource, NetworkSource, Source


def find_source(sheet: Sheet, folder: Path) -> Source:
    """Return the lesson or the saved model that a sheet names; a model's path starts from the sheet's folder.

    Raises:
        SheetError: the sheet names no network.
        NameNotFoundError: there is no such lesson and no such file; near names are listed.
        DataError: the file is no model.
    """
    if not sheet.network:
        raise SheetError(
            "the sheet names no network; begin it with a line such as “net = tanh-2-2-1”, "
            "or with the path of a saved model."
        )
    if sheet.network.strip().lower() in LESSONS:
        return LessonSource(find_lesson(sheet.network))
    path = folder / sheet.network
    if path.is_file():
        return NetworkSource(load_model(path), name=path.stem)
    try:
        return LessonSource(find_lesson(sheet.network))
    except NameNotFoundError as error:
        raise NameNotFoundError(f"{error} No file of that name either.") from None
