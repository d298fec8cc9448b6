"""The sheets of a class: a line for each student, and what the class misses most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tiza.errors import TizaError
from tiza.sheets.checking import check_sheet
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import Verdict
from tiza.sheets.mistakes import Mistake
from tiza.sheets.reading import Sheet, SheetError, printable, read_sheet_file
from tiza.sheets.source import Source

SUFFIXES = (".txt", ".csv", ".json")
MOST_FILES = 1_000

Counted = TypeVar("Counted")
Find = Callable[[Sheet, Path], Source]


@dataclass(frozen=True)
class StudentRow:
    """One student's sheet.

    Attributes:
        file: name of the file.
        student: who wrote it; the file's name if it does not say.
        judgement: what is said of it; None if it cannot be judged.
        problem: why it cannot.
    """

    file: str
    student: str
    judgement: Judgement | None = None
    problem: str = ""


@dataclass(frozen=True)
class ClassReport:
    """The sheets of a class.

    Attributes:
        rows: one a file, by name.
    """

    rows: tuple[StudentRow, ...]

    @property
    def judged(self) -> tuple[Judgement, ...]:
        """The sheets that could be judged."""
        return tuple(one.judgement for one in self.rows if one.judgement is not None)

    def most_missed(self) -> list[tuple[Mistake, int]]:
        """Return the likely causes of wrong lines and how many students have each, the commonest first."""
        counted: Counter[Mistake] = Counter()
        for judgement in self.judged:
            wrong = (one for one in judgement.lines if one.verdict is Verdict.WRONG)
            counted.update({one.causes.likely[0].mistake for one in wrong if one.causes.likely})
        return counted.most_common()

    def first_missed(self) -> list[tuple[str, int]]:
        """Return the quantities that students miss first and how many do, the commonest first."""
        first = ((one, one.first_wrong) for one in self.judged)
        return Counter(
            printable(one.naming.shown(wrong.element)) for one, wrong in first if wrong is not None
        ).most_common()


def commonest(counted: Sequence[tuple[Counted, int]]) -> tuple[list[Counted], int]:
    """Return what is counted most often, all that tie, and how often.

    Example:
        >>> commonest([("w1", 2), ("w2", 2), ("E", 1)])
        (['w1', 'w2'], 2)
    """
    most = max((count for _, count in counted), default=0)
    return [one for one, count in counted if count == most], most


def check_folder(folder: Path, find: Find) -> ClassReport:
    """Return what is said of every sheet in a folder.

    Args:
        folder: holds files `.txt`, `.csv` and `.json`.
        find: the exercise of a sheet.

    Raises:
        SheetError: there is no sheet, or there are too many.
    """
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file())
    if not files:
        raise SheetError(f"{folder.name}: no sheet found; expected files {', '.join(SUFFIXES)}.")
    if len(files) > MOST_FILES:
        raise SheetError(f"{folder.name}: {len(files)} files, and at most {MOST_FILES} are checked at once.")
    return ClassReport(tuple(_row(file, find) for file in files))


def _row(file: Path, find: Find) -> StudentRow:
    try:
        sheet = read_sheet_file(file)
        judgement = check_sheet(find(sheet, file.parent), sheet)
    except (TizaError, OSError) as error:
        return StudentRow(printable(file.name), printable(file.stem), problem=" ".join(str(error).split()))
    return StudentRow(printable(file.name), printable(sheet.student or file.stem), judgement)


def in_order_of_need(rows: Sequence[StudentRow]) -> list[StudentRow]:
    """Return rows, those with most mistakes first; what could not be judged stands at the end."""

    def mistakes(row: StudentRow) -> int:
        return row.judgement.count(Verdict.WRONG) if row.judgement else -1

    return sorted(rows, key=lambda row: (-mistakes(row), row.student.lower()))
