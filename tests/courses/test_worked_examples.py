"""Every worked number of the courses, through Tiza's public functions, on both engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.backpropagation_equations import gradients_of_the_course
from courses.course_000 import tanh_network
from courses.course_000_homework import EXAMPLES as HOMEWORK
from courses.document import MARK, tables
from courses.small_networks import small_network
from courses.statements import NAMES
from courses.worked_example import Example, Row, Verdict, all_examples, half_a_unit, verdict
from figures import record_figure
from layer_checks import ENGINE_NAMES

EXAMPLES = all_examples()
ROWS = [
    pytest.param(engine, example, row, id=f"{engine}-{example.course} {example.title}-{row.quantity}")
    for engine in ENGINE_NAMES
    for example in EXAMPLES
    for row in example.rows
]


@cache
def computed(engine: str, place: int) -> dict[str, float]:
    return dict(EXAMPLES[place].compute(engine))


def check(row: Row, value: float) -> None:
    """Check a computed number: near the exact one, and near the printed one where that is reproduced."""
    difference = abs(Decimal(repr(float(value))) - Decimal(row.exact))
    assert difference <= max(row.tolerance, Decimal("1e-13")), f"{row.quantity}: {value} is not {row.exact}"
    if row.verdict is Verdict.REPRODUCED:
        allowed = max(half_a_unit(row.printed), row.tolerance) * Decimal("1.000001")
        assert abs(Decimal(repr(float(value))) - Decimal(row.printed)) <= allowed


@pytest.mark.parametrize(("engine", "example", "row"), ROWS)
def test_tiza_gives_the_exact_number(engine: str, example: Example, row: Row) -> None:
    check(row, computed(engine, EXAMPLES.index(example))[row.quantity])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.course} {one.title}")
def test_a_slide_that_differs_says_why(example: Example) -> None:
    for row in example.rows:
        if row.verdict in (Verdict.TRUNCATED, Verdict.WRONG):
            assert row.note, f"{row.quantity}: printed {row.printed}, exact {row.exact}: say why"
        if row.own_way:
            assert row.verdict is not Verdict.REPRODUCED, f"{row.quantity}: there is nothing to explain"


def test_the_homeworks_published_numbers() -> None:
    """26 values to 1e-8; the biases stay as they are."""
    published = [row for row in HOMEWORK[0].rows if row.within == 1e-8]
    assert len(published) == 26
    worst = 0.0
    for engine in ENGINE_NAMES:
        found = HOMEWORK[0].compute(engine)
        for row in published:
            difference = abs(float(found[row.quantity]) - float(row.printed))
            assert difference <= 1e-8, row.quantity
            worst = max(worst, difference)
    record_figure(
        "The courses' homework: largest difference from the 26 published values",
        promised="1e-8",
        measured=f"{worst:.1e}",
        note="both engines, float64",
    )


def test_how_many_numbers_are_reproduced() -> None:
    counted = Counter(row.verdict for example in EXAMPLES for row in example.rows)
    assert min(counted[one] for one in Verdict) > 0
    record_figure(
        "Numbers that the courses print: reproduced, cut off, wrong",
        promised="each wrong one is explained",
        measured=f"{counted[Verdict.REPRODUCED]}, {counted[Verdict.TRUNCATED]}, {counted[Verdict.WRONG]}",
        note=f"{counted[Verdict.NOT_PRINTED]} more are computed that are not printed as numbers",
    )


@pytest.mark.parametrize(
    ("printed", "exact", "expected"),
    [
        ("0.698", "0.69897", Verdict.TRUNCATED),
        ("0.699", "0.69897", Verdict.REPRODUCED),
        ("-0.0693", "-0.0693504", Verdict.TRUNCATED),
        (".3346", "0.33465", Verdict.TRUNCATED),
        (".3347", "0.33465", Verdict.REPRODUCED),
        ("0.00045", "0.0045071", Verdict.WRONG),
        ("2c", "6", Verdict.NOT_PRINTED),
        ("", "6", Verdict.NOT_PRINTED),
    ],
)
def test_verdicts(printed: str, exact: str, expected: Verdict) -> None:
    assert verdict(printed, exact) is expected


def test_a_number_that_is_off_is_caught() -> None:
    row = Row("h1", "0.66", "0.66403677027")
    check(row, 0.66403677027)
    for wrong in (0.66403677, 0.664036771, 0.67, -0.66403677027, float("inf")):
        with pytest.raises((AssertionError, ArithmeticError)):
            check(row, wrong)


def test_the_rounding_of_the_tanh_regression() -> None:
    """What the slides' own way gives follows from h and y-hat with two decimals."""
    first, second, off = Decimal("0.66"), Decimal("0.72"), Decimal("0.91") - 1
    slopes = {
        "dE/dw1": off * Decimal("0.5") * (1 - first**2) * 2,
        "dE/dw2": off * Decimal("0.5") * (1 - first**2) * 3,
        "dE/dw3": off * Decimal("0.8") * (1 - second**2) * 2,
        "dE/dw4": off * Decimal("0.8") * (1 - second**2) * 3,
        "dE/dw5": off * first,
        "dE/dw6": off * second,
        "E": off**2 / 2,
    }
    rows = {row.quantity: row for example in EXAMPLES if "tanh" in example.title for row in example.rows}
    for quantity, value in slopes.items():
        assert Decimal(rows[quantity].own_way) == value, quantity
    weights = ("0.1", "0.2", "0.3", "0.1", "0.5", "0.8")
    for number, weight in enumerate(weights, 1):
        slope = Decimal(rows[f"dE/dw{number}"].printed)
        assert Decimal(rows[f"new w{number}"].own_way) == Decimal(weight) - slope / 2


def test_rounding_costs_what_the_notes_say() -> None:
    rows = {row.quantity: row for example in EXAMPLES if "tanh" in example.title for row in example.rows}
    costs = [
        round(100 * abs(1 - float(rows[f"dE/dw{number}"].printed) / float(rows[f"dE/dw{number}"].exact)), 1)
        for number in range(1, 7)
    ]
    assert costs == [4.3, 4.3, 6.3, 6.3, 5.8, 4.7]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(ENGINE_NAMES))
def test_backpropagation_by_the_courses_equations(seed: int, engine: str) -> None:
    """delta^L = (y' - y) o sigma'(z^L), delta^l = (delta^{l+1} W^T) o sigma'(z^l); row vectors, 2-3-1."""
    source = np.random.default_rng(seed)
    kernels, biases = [source.normal(size=(2, 3)), source.normal(size=(3, 1))], [source.normal(size=3)]
    biases.append(source.normal(size=1))
    x, y = source.normal(size=2), source.uniform(size=1)
    network = small_network(
        engine,
        ["sigmoid", "sigmoid"],
        [one.tolist() for one in kernels],
        [one.tolist() for one in biases],
        loss="quadratic",
    )
    found = network.gradients(x.tolist(), y.tolist())
    for one, other in zip(found, gradients_of_the_course(x, y, kernels, biases), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_updating_while_the_error_travels_back_gives_something_else(engine: str) -> None:
    """The slide's "weights are updated while the error travels back" uses new weights for old gradients."""
    x, y = [2.0, 3.0], [1.0]
    network = tanh_network(engine)
    _, output = network.gradients(x, y)
    hidden_kernel, output_kernel = network.model.get_weights()
    network.model.set_weights([hidden_kernel, output_kernel - 0.5 * output])
    early, _ = network.gradients(x, y)
    right, _ = tanh_network(engine).gradients(x, y)
    assert np.abs(early / right - 1).max() > 0.05


def test_the_document_is_what_the_rows_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "courses.md").read_text(encoding="utf-8")
    assert text.partition(MARK)[2] == tables(), "it is old; run `python tests/courses/document.py`"


@pytest.mark.parametrize(("said", "name", "find"), NAMES, ids=[name for _, name, _ in NAMES])
def test_what_the_courses_name_is_there(said: str, name: str, find: Callable[[str], object]) -> None:
    assert find(name) is not None, said
