"""Numbers that separate causes, measured with mistakes made by a program that shares no code with Tiza."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from exercises.by_hand import MISTAKES, step
from figures import record_figure
from tiza.exercises.exercise import Answer, Exercise, exercise, typed_number
from tiza.exercises.parts import STEPS
from tiza.exercises.request import Request, requested
from tiza.exercises.separation import RIGHT, Separation, rounded
from tiza.sheets.checking import check
from tiza.sheets.mistakes import Mistake

CASES: tuple[dict[str, Any], ...] = (
    {"kind": "forward"},
    {"kind": "forward", "net": "3-2-2", "activation": "sigmoid", "output": "softmax"},
    {"kind": "backward"},
    {"kind": "backward", "activation": "sigmoid", "output": "sigmoid"},
    {"kind": "backward", "net": "2-3-1", "activation": "relu"},
    {"kind": "update"},
    {"kind": "update", "optimizer": "momentum"},
    {"kind": "update", "optimizer": "adam", "loss": "binary_crossentropy"},
    {"kind": "loss"},
    {"kind": "loss", "loss": "binary_crossentropy"},
    {"kind": "loss", "net": "2-3", "loss": "categorical_crossentropy"},
    {"kind": "count"},
    {"kind": "count", "net": "784-30-10"},
)
CAUSES = {
    "derivative forgotten": {Mistake.DERIVATIVE_FORGOTTEN},
    "bias forgotten": {Mistake.BIAS_FORGOTTEN},
    "sign of delta": {Mistake.SIGN},
    "half for whole": {Mistake.FACTOR_FORGOTTEN},
    "weights transposed": {Mistake.TRANSPOSED},
    "inputs swapped": {Mistake.SWAPPED},
    "updated weight used": {Mistake.UPDATED_WEIGHT},
    "plus for times": {Mistake.PLUS_FOR_TIMES},
    "ascending": {Mistake.ASCENDING, Mistake.SIGN_OF_TERM},
    "rate forgotten": {Mistake.RATE_FORGOTTEN},
}


def request_of(case: dict[str, Any], seed: int) -> Request:
    return requested(**{"net": "2-2-1", **case, "seed": seed})


def wrong_by_hand(made: Exercise) -> Iterator[tuple[Answer, dict[str, float]]]:
    """Yield what is asked with the number of each mistake that changes it."""
    right = step(made.numbers, made.request)
    found = {mistake: step(made.numbers, made.request, mistake) for mistake in MISTAKES}
    for answer in made.answers:
        if answer.typed in right:
            changed = {
                mistake: numbers[answer.typed]
                for mistake, numbers in found.items()
                if abs(numbers[answer.typed] - right[answer.typed]) > 1e-12
            }
            yield answer, {RIGHT: right[answer.typed], **changed}


def assert_separated(made: Exercise) -> int:
    """Return how many wrong numbers were compared."""
    assert not made.confusions
    for answer in made.answers:
        values = [answer.value, *(one.value for one in made.wrong if one.element == answer.element)]
        assert len(set(values)) == len(values), (made.code, answer.typed)
    compared = len(made.wrong)
    optimizer = made.request.optimizer
    if made.kind in STEPS and optimizer == "sgd" and not made.request.profile:
        for answer, numbers in wrong_by_hand(made):
            for (first, one), (second, other) in combinations(numbers.items(), 2):
                places = rounded(one, made.decimals), rounded(other, made.decimals)
                assert places[0] != places[1], (made.code, answer.typed, first, second)
            compared += len(numbers) - 1
    return compared


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case.values()))
def test_each_mistake_has_a_number_of_its_own(case: dict[str, Any]) -> None:
    made = exercise(request_of(case, 1), 1)
    assert assert_separated(made)
    assert made.separated >= 5


@pytest.mark.slow
def test_each_mistake_has_a_number_of_its_own_for_many_seeds() -> None:
    made, compared = 0, 0
    for case in CASES:
        for seed in range(200):
            one = exercise(request_of(case, seed), 1 + seed % 30)
            compared += assert_separated(one)
            made += 1
    record_figure(
        "Exercises: mistakes that share a number",
        promised="0",
        measured="0",
        note=f"{made} exercises, {compared} wrong numbers",
    )


def planted(made: Exercise) -> Iterator[tuple[str, str, str]]:
    """Yield a sheet that is right up to its last line, which has a mistake: mistake, name, sheet."""
    lines = [made.header]
    for answer, numbers in wrong_by_hand(made):
        for mistake, value in numbers.items():
            if mistake != RIGHT:
                written = typed_number(rounded(value, made.decimals))
                yield mistake, answer.typed, "\n".join((*lines, f"{answer.typed} = {written}"))
        lines.append(f"{answer.typed} = {typed_number(answer.value)}")


def assert_found(made: Exercise) -> tuple[int, int]:
    """Return how many sheets were checked, and in how many the mistake was the only cause named."""
    checked = alone = 0
    for mistake, name, sheet in planted(made):
        judged = check(made, sheet)
        assert judged.first_wrong is not None, sheet
        assert judged.first_wrong.line.name == name, sheet
        named = {one.mistake for one in judged.causes}
        assert named & CAUSES[mistake], (mistake, named, sheet)
        checked, alone = checked + 1, alone + (len(named) == 1)
    return checked, alone


def test_the_cause_of_a_planted_mistake_is_named() -> None:
    checked, alone = assert_found(exercise(requested("update", "2-2-1", seed=5), 1))
    assert checked > 10
    assert alone / checked > 0.8


@pytest.mark.slow
def test_the_cause_of_planted_mistakes_is_named_for_many_seeds() -> None:
    checked = alone = 0
    for seed in range(20):
        for case in CASES:
            if case["kind"] in STEPS and "optimizer" not in case:
                found = assert_found(exercise(request_of(case, seed), 1))
                checked, alone = checked + found[0], alone + found[1]
    assert alone / checked > 0.85
    record_figure(
        "Exercises: mistakes planted one line at a time whose cause is named",
        promised="all",
        measured="all",
        note=f"{checked} sheets; the only cause in {100 * alone / checked:.1f} %",
    )


def test_what_chance_makes_equal_is_noticed() -> None:
    """A weight times its input is 1, so a factor forgotten cannot be seen."""
    made = exercise(requested("backward", "2-2-1", seed=1), 1)
    numbers = {name: value.copy() for name, value in made.numbers.items()}
    numbers["x"][0] = (2.0, 2.0)
    template: Any = made.template
    problem = template.problem(numbers)
    separation = Separation(problem, lambda: template.problem(made.numbers), made.decimals)
    named = {(str(problem.names.element(one.element)), one.mistakes) for one in separation.confusions()}
    assert ("z1", (RIGHT, "inputs swapped")) in named


def test_formulas_that_are_the_same_stand_together() -> None:
    made = exercise(requested("backward", "2-2-1", seed=1), 1)
    together = {one.mistakes for one in made.wrong if len(one.mistakes) > 1}
    assert any("stopped early" in one and "factor of the chain forgotten" in one for one in together)


def test_wrong_numbers_are_rounded_as_answers_are() -> None:
    made = exercise(requested("forward", "2-2-1", decimals=3, seed=4), 1)
    for one in made.wrong:
        assert one.value == rounded(float(one.value), 3)
        assert math.isfinite(float(one.value))
