"""What is said of a whole sheet, as a record; as text, the whole solution."""

from __future__ import annotations

from dataclasses import dataclass

from tiza.sheets.causes import Cause
from tiza.sheets.judging import JudgedLine, Verdict
from tiza.sheets.naming import Naming
from tiza.sheets.reading import Unreadable, WorkLine
from tiza.sheets.report import Detail, judgement_text

MOST_FOREIGN = 2
"""Of so few lines, none tells that the sheet is about another network."""
_FOREIGN_PART = 0.6


@dataclass(frozen=True)
class UnknownLine:
    """A line whose name fits no quantity.

    Attributes:
        line: the line.
        near: names that come near.
    """

    line: WorkLine
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What is said of a student's work; as text, the whole solution.

    Attributes:
        network: what the exercise is called.
        student: who wrote it, if the sheet says so.
        learning_rate: rate of the step, if the exercise is one.
        lines: the lines that were judged, each after those it depends on.
        unknown: the lines whose names fit nothing.
        unreadable: the lines that could not be read.
        naming: what quantities are called.
        blank: how many lines were left blank.
    """

    network: str
    student: str
    learning_rate: float | None
    lines: tuple[JudgedLine, ...]
    unknown: tuple[UnknownLine, ...]
    unreadable: tuple[Unreadable, ...]
    naming: Naming
    blank: int = 0

    @property
    def first_wrong(self) -> JudgedLine | None:
        """The first line that does not follow from those before it; None if there is none."""
        return next((one for one in self.lines if one.verdict is Verdict.WRONG), None)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The likely causes of the first wrong line."""
        wrong = self.first_wrong
        return () if wrong is None else wrong.causes.likely

    @property
    def is_right(self) -> bool:
        """Whether every line was read, is known and is right."""
        return not self.unknown and not self.unreadable and self.count(Verdict.RIGHT) == len(self.lines)

    @property
    def missing(self) -> int:
        """How many lines could not be judged."""
        return len(self.unknown) + len(self.unreadable)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge, and nothing that could not be judged."""
        return not (self.lines or self.missing)

    def count(self, *verdicts: Verdict) -> int:
        """Return how many lines have one of these verdicts."""
        return sum(one.verdict in verdicts for one in self.lines)

    @property
    def fits_another_network(self) -> bool:
        """Whether so little fits that the sheet may be about another network."""
        named = len(self.lines) + len(self.unknown)
        foreign = len(self.unknown) + self.count(Verdict.WRONG)
        return named > MOST_FOREIGN and foreign > named * _FOREIGN_PART

    def __str__(self) -> str:
        return judgement_text(self, Detail.SOLUTION)
