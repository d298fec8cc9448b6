"""Exercises as records for programs."""

from __future__ import annotations

from typing import Any

from tiza.exercises.exercise import Exercise, typed_number
from tiza.exercises.naming import typed_name


def exercise_record(exercise: Exercise) -> dict[str, Any]:
    """Return what is given, asked and right, and what common mistakes give; texts are English."""
    names = exercise.problem.names
    return {
        "code": exercise.code,
        "kind": exercise.kind,
        "variant": exercise.variant,
        "given": {name: value.tolist() for name, value in exercise.numbers.items()},
        "answers": {one.typed: typed_number(one.value) for one in exercise.answers},
        "mistakes": [
            {
                "name": typed_name(names.element(one.element)),
                "mistakes": list(one.mistakes),
                "value": typed_number(one.value),
            }
            for one in exercise.wrong
        ],
        "separated": exercise.separated,
    }
