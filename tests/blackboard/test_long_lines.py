"""Long lines of text: broken before signs and between items, with nothing lost."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader, numbered_lines
from tiza.blackboard.text import LONGEST
from tiza.models.model import Model


@pytest.fixture(scope="module")
def wide() -> Model:
    """Return a network with long names, whose sums have many terms."""
    hidden = tz.layers.Dense(40, "tanh", name="a_hidden_layer_with_a_name_of_many_words")
    output = tz.layers.Dense(12, "softmax", name="the_layer_that_gives_the_answer_in_the_end")
    model = tz.Sequential([tz.Input((30,)), hidden, tz.layers.BatchNormalization(), output], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


X = np.random.default_rng(0).normal(size=(3, 30)).round(3)
TARGETS = (
    "a_hidden_layer_with_a_name_of_many_words.kernel[2,3]",
    "the_layer_that_gives_the_answer_in_the_end.kernel[2,3]",
    "loss",
    "the_layer_that_gives_the_answer_in_the_end.a[0,1]",
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_line_is_very_long(wide: Model, target: str, language: str) -> None:
    page = str(wide.explain(X, [0, 3, 11], target, language=language))
    Reader().read(page)
    assert max(map(len, page.splitlines()[1:])) <= LONGEST


@pytest.mark.parametrize("target", TARGETS)
def test_lines_are_broken_where_a_reader_expects_it(wide: Model, target: str) -> None:
    """A line goes on with a sign, a remark or an item, further to the right than the line began."""
    lines = str(wide.explain(X, [0, 3, 11], target, language="en")).splitlines()[1:]
    for before, line in pairwise(lines):
        if not line.startswith("      ") or line.lstrip().startswith(("[", "✓")):
            continue
        begins_well = re.match(r" +([=≈+−] |\(|[\w. ()′/∂]+)", line)
        assert begins_well, line
        if before.rstrip().endswith(("·", "+", "−", "=", "≈")):
            raise AssertionError(before)


def narrow(*layers: object, loss: str) -> Model:
    model = tz.Sequential([tz.Input((3,)), *layers], seed=1)
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("classes", range(7, 13))
def test_what_goes_on_does_not_begin_at_the_margin(classes: int) -> None:
    """A quotient of a softmax has no sign outside parentheses but the one before it."""
    model = narrow(tz.layers.Dense(classes, "softmax"), loss="sparse_categorical_crossentropy")
    page = str(model.explain([[0.31, -0.42, 0.53]], [1], "dense.a[0,1]", language="en"))
    Reader().read(page)
    assert not re.search(r"^ {0,3}[=≈+−(]", page, re.MULTILINE)
    assert max(map(len, page.splitlines()[1:])) <= LONGEST


def test_the_arguments_of_a_function_stay_together() -> None:
    model = narrow(
        tz.layers.Dense(2, name="dense_1"), tz.layers.PReLU("ones"), tz.layers.Dense(1), loss="mse"
    )
    rows = np.random.default_rng(0).normal(size=(6, 3)).round(2)
    page = str(model.explain(rows, np.zeros((6, 1)), "p_re_lu.alpha[0]", language="en"))
    Reader().read(page)
    assert "min(0, " in page
    assert re.search(r"^ +\+ ", page, re.MULTILINE)
    assert not re.search(r"min\(0,$", page, re.MULTILINE)


def test_nothing_is_lost(wide: Model) -> None:
    """The lines joined are those of a page that is not broken."""
    board = wide.explain(X, [0, 3, 11], TARGETS[0], language="en")
    joined = numbered_lines(str(board))
    assert len(joined) == len(board.page.steps)
    taken = re.search(r"without lines of their own: (.*?)\n\n", str(board), re.DOTALL)
    assert taken
    items = re.split(r",\s+(?=\S+ ≈)", taken[1])
    assert all(re.match(r"\S+ ≈ \S+", one) for one in items[:-1])
