"""Activations: every row of the registry against its formula, the graph's derivative, and the document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tiza as tz
from layer_checks import ENGINE_NAMES, course_rows, run_graph
from tiza.nn.activations import ACTIVATIONS, RECORDS, ActivationRecord, activation, record
from tiza.ops.composite import ones_like

Array = np.ndarray[Any, Any]
ROWS = [pytest.param(one, id="-".join([one.name, *map(str, one.arguments.values())])) for one in RECORDS]
DOCUMENT = Path(__file__).parents[2] / "docs" / "activations.md"
POINTS = np.concatenate([np.linspace(-8.0, 8.0, 97) + 0.013, [-30.0, 30.0]])


def values_at(row: ActivationRecord, x: Array) -> Array:
    return np.asarray(tz.evaluate(row.apply(tz.ops.constant(x))))


def graph_derivative(row: ActivationRecord, x: Array) -> Array:
    """Return the derivative by forward mode: one direction for all if elementwise, else one for each."""
    if not row.along_axis:
        return np.asarray(tz.jvp(row.apply, (x,), (np.ones_like(x),))[1])
    columns = [tz.jvp(row.apply, (x,), (np.eye(len(x))[k],))[1] for k in range(len(x))]
    return np.stack(columns, axis=-1)


def check_record(row: ActivationRecord, x: Array) -> None:
    """Check formula and derivative of a row at some points."""
    by_formula = np.asarray(tz.evaluate(row.by_formula(tz.ops.constant(x))))
    np.testing.assert_allclose(values_at(row, x), by_formula, rtol=1e-9, atol=1e-12)
    stated = np.asarray(tz.evaluate(row.derivative(tz.ops.constant(x))))
    np.testing.assert_allclose(graph_derivative(row, x), stated, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", ROWS)
def test_formula_and_derivative(row: ActivationRecord) -> None:
    check_record(row, POINTS[:9] if row.along_axis else POINTS)


@pytest.mark.parametrize("row", ROWS)
@settings(max_examples=20, deadline=None)
@given(x=st.lists(st.floats(-20.0, 20.0), min_size=1, max_size=5))
def test_formula_and_derivative_anywhere(row: ActivationRecord, x: list[float]) -> None:
    # within rounding of a kink the function may be on its other side
    assume(all(one == kink or abs(one - kink) > 1e-9 for one in x for kink in row.kinks))
    check_record(row, np.array(x))


@pytest.mark.parametrize("row", ROWS)
def test_derivatives_are_difference_quotients(row: ActivationRecord) -> None:
    x = np.array([-4.1, -0.7, 0.4, 2.3, 5.2])
    step = 1e-6
    moves = np.eye(len(x)) * step
    quotient = np.stack(
        [(values_at(row, x + one) - values_at(row, x - one)) / (2 * step) for one in moves], axis=-1
    )
    stated = np.asarray(tz.evaluate(row.derivative(tz.ops.constant(x))))
    np.testing.assert_allclose(quotient, stated if row.along_axis else np.diag(stated), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("row", ROWS)
def test_kinks_are_where_the_derivative_does_not_exist(row: ActivationRecord) -> None:
    for at, stated in row.kinks.items():
        assert graph_derivative(row, np.array([at]))[0] == pytest.approx(stated, abs=1e-15)
        left, middle, right = values_at(row, np.array([at - 1e-6, at, at + 1e-6]))
        assert abs((middle - left) - (right - middle)) > 0.005e-6
    if row.along_axis:
        return
    grid = np.linspace(-10.0, 10.0, 201)
    smooth = [one for one in grid if not any(abs(one - kink) < 1e-9 for kink in row.kinks)]
    for one in smooth:
        left, middle, right = values_at(row, np.array([one - 1e-6, one, one + 1e-6]))
        assert abs((middle - left) - (right - middle)) < 1e-9 * max(1.0, abs(middle))


@pytest.mark.parametrize("engine", [name for name in ENGINE_NAMES if name != "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_engines_agree(engine: str, dtype: str) -> None:
    """Values and derivatives of every row, in one graph."""
    x = np.concatenate([POINTS, *(list(row.kinks) for row in RECORDS)]).astype(dtype)

    def everything(x: Any) -> Any:
        one = ones_like(x)
        return [tz.jvp(row.apply, (x,), (one,)) for row in RECORDS]

    graph = tz.trace(everything, x)
    expected = run_graph("reference", graph, [x])
    assert len(expected) == 2 * len(RECORDS)
    for one, other in zip(run_graph(engine, graph, [x]), expected, strict=True):
        assert one.dtype == dtype
        tolerance = 1e-13 if dtype == "float64" else 5e-6
        np.testing.assert_allclose(one, other, rtol=2 * tolerance, atol=tolerance)


@pytest.mark.parametrize("row", ROWS)
def test_nothing_overflows(row: ActivationRecord) -> None:
    x = np.array([-1e4, -700.0, 0.0, 600.0])
    assert np.isfinite(values_at(row, x)).all()
    assert np.isfinite(graph_derivative(row, x)).all()


def test_a_wrong_row_is_found() -> None:
    row = record("sigmoid")
    for wrong in (
        replace(row, derivative_formula="sigmoid(x)"),
        replace(row, formula="1/(1 + exp(x))"),
        replace(row, function=lambda x: x),
    ):
        with pytest.raises(AssertionError):
            check_record(wrong, POINTS)


def test_names() -> None:
    names = [name for one in RECORDS if not one.arguments for name in (one.name, *one.other_names)]
    assert len(names) == len(set(names))
    assert set(names) == set(ACTIVATIONS)
    for name in names:
        assert activation(name) is record(name).function
    assert {one.name for one in RECORDS} <= set(ACTIVATIONS)


def expected_cells(row: ActivationRecord) -> list[str]:
    exists = ", ".join(f"{value:g} at {at:g}" for at, value in row.kinks.items()) or "-"
    names = ", ".join(f"`{one}`" for one in (row.name, *row.other_names))
    return [names, f"`{row.formula}`", f"`{row.derivative_formula}`", exists]


def test_the_document_has_every_row() -> None:
    rows = course_rows(DOCUMENT.read_text(encoding="utf-8"))
    expected = {
        cells[0].strip("| `"): cells
        for cells in map(expected_cells, (one for one in RECORDS if not one.arguments))
    }
    assert list(rows) == list(expected)
    for name, cells in expected.items():
        found = [one.strip("| ") for one in rows[name]]
        assert found[:4] == cells, f"expected | {' | '.join(cells)} |"
        assert len(found) == 5
