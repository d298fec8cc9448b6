"""The exercise that a sheet's header names: a lesson, or a saved model."""

from __future__ import annotations

from pathlib import Path

from tiza.errors import DataError, NameNotFoundError, TizaError
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.models.files import load_model
from tiza.models.model import Model
from tiza.sheets.reading import Sheet, SheetError, printable
from tiza.sheets.source import LessonSource, NetworkSource, Source

MODEL_SUFFIX = ".tiza"
"""Another file that is no model is taken for missing: a sheet must not tell what files a teacher has."""


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
    model = _model(path, sheet.network) if path.is_file() else None
    if model is not None:
        return NetworkSource(model, name=path.stem)
    try:
        return LessonSource(find_lesson(sheet.network))
    except NameNotFoundError as error:
        raise NameNotFoundError(f"{error} No file of that name either.") from None


def _model(path: Path, written: str) -> Model | None:
    """Return a saved model; None if the file is something else."""
    try:
        return load_model(path)
    except (TizaError, OSError):  # which tell size and contents of the file
        if path.suffix != MODEL_SUFFIX:
            return None
        raise DataError(f"file {printable(written)}: it is no saved model, or it is damaged.") from None
