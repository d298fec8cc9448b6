"""Exercises: the numbers are right, the same seed gives the same ones, no variant is another's."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from exercises.by_hand import step
from tiza.blackboard.targets import parse_target
from tiza.errors import ModelError, NameNotFoundError
from tiza.exercises.exercise import exercise, exercise_of_code, exercises
from tiza.exercises.parts import ACTIVATIONS, LOSSES, OPTIMIZERS, STEPS
from tiza.exercises.request import is_code, read_code, requested
from tiza.exercises.separation import Separation, rounded
from tiza.exercises.source import find_source
from tiza.sheets.checking import check, check_sheet
from tiza.sheets.reading import read_text
from tiza.sheets.source import LessonSource

PARTS: tuple[dict[str, Any], ...] = (
    {"net": "2-2-1"},
    {"net": "2-2-2", "output": "softmax"},
    {"net": "2-2-1", "activation": "sigmoid", "loss": "binary_crossentropy"},
    {"net": "2-2-2", "activation": "relu", "loss": "mse"},
    {"net": "1-2-1", "activation": "silu", "output": "sigmoid"},
    {"net": "2-2-2-1", "activation": "arctan", "loss": "sse"},
    {"net": "2-2-1", "activation": "elu"},
    {"net": "2-2-1", "activation": "leaky_relu", "loss": "half_squared_error"},
    {"net": "2-2-1", "activation": "softplus"},
    {"net": "2-2-1", "activation": "linear"},
)


@pytest.mark.parametrize("parts", PARTS, ids=lambda parts: "-".join(parts.values()))
def test_a_step_is_what_plain_python_gives(parts: dict[str, Any]) -> None:
    made = exercise(requested("update", seed=2, **parts), 3)
    by_hand = step(made.numbers, made.request)
    for one in made.answers:
        exact = made.problem.value(one.element)
        assert math.isclose(exact, by_hand[one.typed], rel_tol=1e-9, abs_tol=1e-12), one.typed
        assert (
            one.value == rounded(by_hand[one.typed], made.decimals)
            or abs(float(one.value) - by_hand[one.typed]) < 10.0**-made.decimals
        )


def test_updates_are_what_their_rules_say() -> None:
    for name, part in OPTIMIZERS.items():
        made = exercise(requested("update", "2-2-1", optimizer=name, seed=3), 1)
        right = {one.typed: made.problem.value(one.element) for one in made.answers}
        rate, g = made.learning_rate, right["dE/dw5"]
        kept = {slot: float(made.numbers[f"optimizer.{slot}.dense_1.kernel"][0, 0]) for slot in part.kept}
        before = float(made.weights["dense_1.kernel"][0, 0])
        match name:
            case "sgd":
                after = before - rate * g
            case "momentum":
                after = before + 0.8 * kept["velocity"] - rate * g
            case "adagrad":
                after = before - rate * g / math.sqrt(kept["accumulator"] + g * g)
            case "rmsprop":
                after = before - rate * g / math.sqrt(0.9 * kept["v"] + 0.1 * g * g)
            case _:
                t = int(made.numbers["optimizer.iterations"]) + 1
                m = (0.9 * kept["m"] + 0.1 * g) / (1 - 0.9**t)
                v = (0.99 * kept["v"] + 0.01 * g * g) / (1 - 0.99**t)
                after = before - rate * m / math.sqrt(v)
        assert right["w5'"] == pytest.approx(after, rel=1e-12), name


def one_sample(loss: str, pairs: list[tuple[float, float]]) -> float:
    squares = sum((p - y) ** 2 for p, y in pairs)
    match loss:
        case "quadratic" | "half_squared_error":
            return squares / 2
        case "sum_squared_error":
            return squares
        case "mean_squared_error":
            return squares / len(pairs)
        case "mean_absolute_error":
            return sum(abs(p - y) for p, y in pairs) / len(pairs)
        case "binary_crossentropy":
            return -sum(math.log(p if y else 1 - p) for p, y in pairs) / len(pairs)
    return -sum(math.log(p) for p, y in pairs if y)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_what_plain_python_gives(loss: str) -> None:
    made = exercise(requested("loss", "2-2-2", loss=loss, seed=2), 1)
    given = {name: float(value) for name, value in made.numbers.items()}
    samples = []
    for sample in (1, 2):
        pairs = [(given[f"ŷ{sample}{unit}"], given[f"y{sample}{unit}"]) for unit in (1, 2)]
        samples.append(one_sample(loss, pairs))
    total = sum(samples) if loss in ("half_squared_error", "sum_squared_error") else sum(samples) / 2
    right = [made.problem.value(one.element) for one in made.answers]
    assert right == pytest.approx([*samples, total], rel=1e-12)


@pytest.mark.parametrize("net", ["784-30-10", "2-2-1", "3-1", "5-4-3-2"])
def test_parameters_are_counted(net: str) -> None:
    made = exercise(requested("count", net), 1)
    sizes = [int(made.numbers[f"n{at}"]) for at in range(len(made.numbers))]
    layers = [(before + 1) * after for before, after in pairwise(sizes)]
    expected = layers if len(layers) == 1 else [*layers, sum(layers)]
    assert [int(one.value) for one in made.answers] == expected


def test_a_code_with_its_draw_needs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of mistakes may grow: the numbers of an exercise that was handed out stay."""
    made = exercise(requested("backward", "2-2-1", seed=1), 2)

    def fails(_separation: Separation) -> None:
        raise AssertionError("mistakes were looked for")

    monkeypatch.setattr(Separation, "confusions", fails)
    assert exercise_of_code(made.code).sheet() == made.sheet()
    with pytest.raises(ModelError, match="draw: got 20000"):
        exercise_of_code("forward 2-2-1 tanh seed 1 variant 1 draw 20000")


def test_the_network_that_is_asked_for_is_the_first_one() -> None:
    made = exercise(requested("count", "784-30-10"), 1)
    assert [int(made.numbers[f"n{at}"]) for at in range(3)] == [784, 30, 10]


@pytest.mark.parametrize(
    ("kind", "net", "count", "parts"),
    [
        ("forward", "2-2-1", 12, {}),
        ("update", "1-1", 12, {}),
        ("loss", "2-1", 60, {"loss": "bce"}),
        ("count", "3-1", 200, {}),
        ("count", "2-3-1", 200, {}),
    ],
)
def test_variants_differ_and_come_again(kind: str, net: str, count: int, parts: dict[str, Any]) -> None:
    request = requested(kind, net, seed=7, **parts)
    made = exercises(request, count)
    assert [one.variant for one in made] == list(range(1, count + 1))
    given = {tuple((name, value.tobytes()) for name, value in one.numbers.items()) for one in made}
    assert len(given) == count
    again = exercise_of_code(made[6].code)
    assert again == made[6]
    assert again.sheet() == made[6].sheet()
    other = exercise(requested(kind, net, seed=8, **parts), 7)
    assert other.sheet().partition("\n")[2] != again.sheet().partition("\n")[2]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numbers_are_friendly(activation: str) -> None:
    made = exercise(requested("backward", "2-2-1", activation=activation, seed=1), 2)
    for name, value in made.numbers.items():
        if name in made.weights or name in ("x", "y"):
            assert np.allclose(value * 10, np.round(value * 10)), name
            assert not set(np.abs(value).ravel()) & {0.0, 1.0}, name
    for one in made.answers:
        size = abs(made.problem.value(one.element))
        assert size == 0 or 10.0 ** (2 - made.decimals) <= size <= 6


def test_a_step_lowers_the_loss() -> None:
    for seed in range(3):
        made = exercise(requested("update", "2-2-1", seed=seed), 1)
        after = made.problem.loss_after
        assert after is not None
        assert after < step(made.numbers, made.request)["E"]
        assert made.solution.page.is_step


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("forward", {"profile": "metodos-avanzados"}),
        ("backward", {"profile": "clase-4", "output": "softmax", "net": "2-2-2"}),
        ("backward", {"profile": "diseno-de-redes"}),
        ("backward", {"profile": "default", "net": "1-2-2"}),
        ("update", {"profile": "retropropagacion"}),
        ("update", {"optimizer": "adam"}),
        ("update", {"optimizer": "adagrad", "profile": "clase-4"}),
        ("loss", {"loss": "categorical_crossentropy", "net": "2-3", "profile": "calculo-numerico"}),
        ("count", {"net": "784-30-10"}),
    ],
)
def test_the_right_answers_are_right_to_the_checker(kind: str, parts: dict[str, Any]) -> None:
    made = exercise(requested(kind, seed=6, **{"net": "2-2-1", **parts}), 2)
    sheet = read_text(made.sheet())
    judged = check_sheet(find_source(sheet, None), sheet)  # type: ignore[arg-type]
    assert judged.is_right
    assert len(judged.lines) == len(made.answers)
    names = {one.typed for one in made.answers}
    assert len(names) == len(made.answers)


def test_a_sheet_may_use_the_exercise_s_own_signs() -> None:
    made = exercise(requested("update", "2-2-1", seed=6), 2)
    lines = (f"{one.symbol} = {one.value}" for one in made.answers)
    assert check(made, "\n".join(lines)).is_right


def test_what_is_no_exercise_is_looked_for_among_lessons() -> None:
    found = find_source(read_text("net = tanh-2-2-1\nh1 = 0.66"), None)  # type: ignore[arg-type]
    assert isinstance(found, LessonSource)
    sheet = read_text("net = forward 2-2-1 tanh\nx = (2, 3)\nz1 = 1")
    with pytest.raises(ModelError, match="numbers of its own"):
        check_sheet(find_source(sheet, None), sheet)  # type: ignore[arg-type]


def test_the_solution_has_a_line_for_every_answer() -> None:
    for kind in (*STEPS, "loss", "count"):
        made = exercise(requested(kind, "2-2-1", seed=3), 1)
        printed = {one.element: one.printed.value for one in made.solution.page.steps}
        for one in made.answers:
            missed = abs(printed[one.element] - Decimal(made.problem.value(one.element)))
            assert missed < Decimal(10) ** -made.decimals


def test_the_model_is_the_network_of_the_exercise() -> None:
    made = exercise(requested("backward", "2-2-1", seed=1), 1)
    model = made.model()
    output = float(np.asarray(model.predict(made.x))[0, 0])
    assert output == pytest.approx(made.problem.value(made.answers[4].element))
    names = model.setting(made.x, made.y).plan.names
    for name, target in made.naming.items():
        assert parse_target(target, names).node in names.of, name
    with pytest.raises(ModelError, match="no network with weights"):
        exercise(requested("count", "2-2-1"), 1).model()
    with pytest.raises(ModelError, match="no network with weights"):
        assert exercise(requested("loss", "2-2-1"), 1).x is None


@pytest.mark.parametrize(
    "code",
    [
        "forward 2-2-1 tanh seed 1 variant 7",
        "forward 2-2-1 tanh seed 1 variant 7 draw 3",
        "backward 2-2-2 sigmoid loss categorical_crossentropy seed 3 variant 1",
        "update 2-2-1 tanh optimizer adam profile clase-4 seed 0 variant 2",
        "backward 2-2-1 sigmoid output sigmoid decimals 5 seed 1 variant 4",
        "loss 2-2-1 loss mean_squared_error seed 1 variant 1",
        "count 784-30-10 seed 9 variant 12",
    ],
)
def test_codes_are_read_back(code: str) -> None:
    assert str(read_code(code)) == code
    assert is_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "forward",
        "forward 2-2-1 tanh seed",
        "forward 2-2-1 tanh seed 1 seed 2",
        "forward 2-2-1 tanh sead 1",
    ],
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ModelError, match="expected a code such as"):
        read_code(code)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "backwards"}, "kind: unknown name 'backwards'; did you mean 'backward'"),
        ({"activation": "tahn"}, "did you mean 'tanh'"),
        ({"activation": "softmax"}, "activation: unknown name 'softmax'"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"loss": "quadratc"}, "did you mean 'quadratic'"),
        ({"profile": "clase4"}, "did you mean 'clase-4'"),
    ],
)
def test_unknown_names_give_near_ones(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(NameNotFoundError, match=said):
        requested(**{"kind": "forward", **arguments})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"net": "2-0-1"}, "an empty layer"),
        ({"net": "abc"}, "such as 2-2-1"),
        ({"net": "2"}, "such as 2-2-1"),
        ({"net": "2--1"}, "such as 2-2-1"),
        ({"net": "784-30-10"}, "too large for forward"),
        ({"net": "2-2-2-2-2-2"}, "too large"),
        ({"net": "6-6-6"}, "too many to work out by hand"),
        ({"kind": "count", "net": "99999-2"}, "too large for count"),
        ({"kind": "backward", "loss": "mae"}, "with the kind 'loss' alone"),
        ({"output": "relu"}, "quadratic reads linear"),
        ({"output": "softmax"}, "give it two or more"),
        ({"decimals": 1}, "from 2 to 8"),
        ({"seed": -1}, "seed: got -1"),
        ({"seed": True}, "seed: got True"),
    ],
)
def test_what_does_not_fit_is_one_error(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        requested(**{"kind": "forward", **arguments})


@pytest.mark.parametrize("count", [0, -1, 201, True, 1.5])
def test_a_number_of_variants_out_of_range(count: Any) -> None:
    with pytest.raises(ModelError, match="count: got"):
        exercises(requested("count", "2-2-1"), count)
