"""One exercise as blocks, for a student or for a teacher."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.blackboard.markup import Markup
from tiza.exercises.blocks import Sheet
from tiza.exercises.exercise import Exercise
from tiza.exercises.parts import KINDS
from tiza.exercises.solution_sheet import solution_sheet
from tiza.exercises.statement import statement
from tiza.language import translate


def sheet_of(exercise: Exercise, markup: Markup, teacher: bool) -> Sheet:
    """Return an exercise's blocks in a format; `teacher` is with answers, solution and common mistakes."""
    return tuple(solution_sheet(exercise, markup) if teacher else statement(exercise, markup))


def title_of(exercises: Sequence[Exercise]) -> str:
    """Return the title of a set of exercises."""
    return translate("Exercises: {kind}", kind=translate(KINDS[exercises[0].kind]))
