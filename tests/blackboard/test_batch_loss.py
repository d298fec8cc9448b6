"""The loss of a larger batch: the mean of its samples' losses, the largest of them shown."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader, numbered_lines
from tiza.models.model import Model

ROWS = 12
X = np.random.default_rng(3).normal(size=(ROWS, 3)).round(2)


def model_of(activation: str, loss: str, units: int = 4) -> Model:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(units, activation)], seed=1)
    model.compile("sgd", loss)
    return model


def page_of(model: Model, y: object, rows: int = ROWS) -> str:
    page = str(model.explain(X[:rows], y, "loss", language="en"))
    Reader().read(page)
    return page


@pytest.mark.parametrize("codes", [False, True])
def test_a_crossentropy_is_the_mean_of_logarithms_of_outputs(codes: bool) -> None:
    y = np.arange(ROWS) % 4
    model = model_of("softmax", "categorical_crossentropy" if codes else "sparse_categorical_crossentropy")
    page = page_of(model, np.eye(4)[y] if codes else y)
    (name, summed), whole = (one.split(" = ", 1) for one in numbered_lines(page)[-2:])
    shown = re.findall(r"ln\(dense\.a\[(\d+),(\d+)\]\)", summed.partition(" = ")[0])
    assert len(shown) == 4
    assert f"{name}/{ROWS}" in whole[1]
    assert "rest: 8 more terms" in page
    chances = model.predict(X)[np.arange(ROWS), y]
    largest = sorted(np.argsort(chances)[:4].tolist())
    assert [int(row) for row, _ in shown] == largest
    assert all(y[int(row)] == int(unit) for row, unit in shown)


def test_the_mean_belongs_to_the_loss() -> None:
    page = page_of(model_of("softmax", "sparse_categorical_crossentropy"), np.arange(ROWS) % 4)
    loss = page.partition("\n2. Loss\n")[2]
    assert len(numbered_lines(loss)) == 2
    assert "ln(" not in page.partition("\n2. Loss\n")[0].partition("1. Forward")[2]


def test_yes_or_no_of_each_unit() -> None:
    y = (np.arange(ROWS * 2).reshape(ROWS, 2) % 3 == 0).astype(float)
    page = page_of(model_of("sigmoid", "binary_crossentropy", 2), y)
    assert "ln(1 − dense.a[" in page
    assert "log1p" not in page
    assert "max(" not in page.partition("2. Loss")[2]


def test_a_small_batch_is_written_out() -> None:
    page = page_of(model_of("softmax", "sparse_categorical_crossentropy"), np.arange(4) % 4, rows=4)
    assert "rest" not in page.partition("2. Loss")[2]
    assert re.search(r"L = −?\(?.*ln\(dense\.a\[0,0\]\).*/4", page)
