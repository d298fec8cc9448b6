"""Convolution, pooling and recurrence on a board: patches, what is chosen, gates, what comes back in time."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader, number
from tiza.blackboard.board import Blackboard
from tiza.blackboard.derivation import MOST_LINES
from tiza.errors import NameNotFoundError, ShapeError
from tiza.models.model import Model

PICTURE = np.array(
    [[1.0, 2.0, 0.0, 1.0], [0.5, -1.0, 3.0, 0.0], [2.0, 1.0, -0.5, 1.5], [0.0, 1.0, 2.0, -1.0]]
)
FILTER = np.array([[1.0, -1.0], [0.5, 2.0]])


def compiled(shape: tuple[int, ...], *layers: Any) -> Model:
    """Return a network with one output behind these layers."""
    model = tz.Sequential([tz.Input(shape), *layers, tz.layers.Dense(1)], seed=3)
    model.compile(tz.optimizers.SGD(0.1), "quadratic")
    return model


def pictures(pooling: Any = None) -> Model:
    """Return a network of one filter, its edges known, with a pooling behind it."""
    between = [] if pooling is None else [pooling]
    model = compiled((4, 4, 1), tz.layers.Conv2D(1, 2, name="conv"), *between, tz.layers.Flatten())
    model.set_weights([FILTER[..., None, None], np.array([0.25]), *model.get_weights()[2:]])
    return model


def sequences(layer: Any, time: int = 4, features: int = 1) -> tuple[Model, np.ndarray]:
    """Return a network of a recurrent layer, and a sequence."""
    x = np.random.default_rng(1).normal(size=(1, time, features)).round(1)
    return compiled((time, features), layer), x


def line_of(board: Blackboard, name: str) -> str:
    """Return the numbered line of a quantity, what is continued joined."""
    text = re.sub(r"\n\s+(?=[=≈+−] |\()", " ", str(board))
    (line,) = re.findall(rf"^\s*\[\d+\] {re.escape(name)} = .*$", text, re.MULTILINE)
    return line


# convolution


def test_only_the_terms_that_are_not_written_are_said_to_be_0() -> None:
    model = compiled((3, 3, 1), tz.layers.Conv2D(1, 3, name="conv"), tz.layers.Flatten())
    model.set_weights([np.ones((3, 3, 1, 1)), np.array([0.5]), *model.get_weights()[2:]])
    line = line_of(model.explain(np.zeros((1, 3, 3, 1)), [[1.0]], "conv.z[0,0,0]"), "conv.z[0,0,0]")
    assert line.endswith("= 1·0 + 0.5 = 0.5    (the other 8 terms are 0)")


def test_an_output_of_a_convolution_is_the_filter_times_a_patch() -> None:
    board = pictures().explain(PICTURE[None, ..., None], [[1.0]], "conv.z[1,2,0]", language="en")
    by_hand = float(np.sum(FILTER * PICTURE[1:3, 2:4]) + 0.25)
    line = line_of(board, "conv.z[1,2,0]")
    assert "conv.kernel[0,0,0,0]·x[1,2,0] + conv.kernel[0,1,0,0]·x[1,3,0]" in line
    assert "conv.kernel[1,1,0,0]·x[2,3,0] + conv.bias[0]" in line
    assert line.endswith(f"= {by_hand:g}")


def test_a_shared_weight_gets_one_term_from_each_position() -> None:
    model = pictures()
    board = model.explain(PICTURE[None, ..., None], [[1.0]], "conv.kernel[1,0,0,0]", language="en")
    line = line_of(board, "∂L/∂conv.kernel[1,0,0,0]")
    positions = {(p, q) for p in range(3) for q in range(3) if PICTURE[p + 1, q]}
    told = re.findall(r"conv\.δ\[(\d),(\d),0\]·x\[(\d),(\d),0\]", line)
    assert {(int(p), int(q)) for p, q, _, _ in told} == positions
    assert all(int(row) - int(p) == 1 and column == q for p, q, row, column in told)
    _, gradients = model.loss_and_gradients(PICTURE[None, ..., None], [[1.0]])
    reader = Reader()
    reader.read(str(board))
    assert float(reader.numbers["∂L/∂conv.kernel[1,0,0,0]"]) == pytest.approx(gradients[0][1, 0, 0, 0], 1e-4)


def test_a_delta_adds_up_what_each_output_that_it_reaches_gives_back() -> None:
    model = compiled(
        (4, 4, 1),
        tz.layers.Conv2D(1, 2, name="first"),
        tz.layers.Conv2D(1, 2, name="second"),
        tz.layers.Flatten(),
    )
    board = model.explain(PICTURE[None, ..., None], [[1.0]], "first.delta[1,1,0]", language="en")
    line = line_of(board, "first.δ[1,1,0]")
    for p, q in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert f"second.kernel[{1 - p},{1 - q},0,0]·second.δ[{p},{q},0]" in line
    board = model.explain(PICTURE[None, ..., None], [[1.0]], "first.delta[0,0,0]", language="en")
    assert line_of(board, "first.δ[0,0,0]").count("second.δ[") == 1  # a corner reaches one output


def test_what_padding_adds_is_no_term() -> None:
    model = compiled((3, 3, 1), tz.layers.Conv2D(1, 3, padding="same", name="conv"), tz.layers.Flatten())
    x = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    line = line_of(model.explain(x, [[1.0]], "conv.z[0,0,0]", language="en"), "conv.z[0,0,0]")
    assert sorted(re.findall(r"·(x\[[\d,]+\])", line)) == ["x[0,0,0]", "x[0,1,0]", "x[1,0,0]", "x[1,1,0]"]


# pooling


def test_max_pooling_shows_what_it_chooses_from() -> None:
    model = pictures(tz.layers.MaxPooling2D(2, strides=1, name="pool"))
    x = PICTURE[None, ..., None]
    line = line_of(model.explain(x, [[1.0]], "pool.a[0,1,0]", language="en"), "pool.a[0,1,0]")
    assert "= max(conv.z[0,1,0], conv.z[0,2,0], conv.z[1,1,0], conv.z[1,2,0]) = max(" in line
    sums = np.array(
        [[np.sum(FILTER * PICTURE[p : p + 2, q : q + 2]) + 0.25 for q in range(3)] for p in range(3)]
    )
    p, q = np.unravel_index(np.argmax(sums[0:2, 1:3]), (2, 2))
    assert f"the largest is conv.z[{p},{q + 1},0]" in line


def test_only_what_max_pooling_chose_gets_a_gradient() -> None:
    model = compiled((4, 1), tz.layers.MaxPooling1D(2, name="pool"), tz.layers.Flatten())
    x = [[[1.0], [5.0], [2.0], [3.0]]]
    told = {at: str(model.explain(x, [[1.0]], f"grad x[{at},0]", language="en")) for at in range(4)}
    for at in (1, 3):
        assert "= ∂L/∂pool.a" in told[at]
        assert "it is the largest: all of the gradient is its own" in told[at]
    for at in (0, 2):
        assert f"∂L/∂x[{at},0] = 0    (it is not the largest: it gets no gradient)" in told[at]


def test_padding_is_never_the_largest() -> None:
    model = compiled((3, 1), tz.layers.MaxPooling1D(2, padding="same", name="pool"), tz.layers.Flatten())
    board = model.explain([[[-1.0], [-5.0], [-2.0]]], [[1.0]], "pool.a[1,0]", language="en")
    assert line_of(board, "pool.a[1,0]").endswith("pool.a[1,0] = x[2,0] = −2")


def test_average_pooling_shares_equally() -> None:
    model = pictures(tz.layers.AveragePooling2D(2, strides=1, name="pool"))
    x = PICTURE[None, ..., None]
    line = line_of(model.explain(x, [[1.0]], "pool.a[0,0,0]", language="en"), "pool.a[0,0,0]")
    assert "= (conv.z[0,0,0] + conv.z[0,1,0] + conv.z[1,0,0] + conv.z[1,1,0])/4" in line
    line = line_of(model.explain(x, [[1.0]], "grad conv.z[0,0,0]", language="en"), "conv.δ[0,0,0]")
    assert "= 0.25·∂L/∂pool.a[0,0,0] = " in line


def test_what_same_padding_adds_is_not_counted_by_the_average() -> None:
    model = compiled((3, 1), tz.layers.AveragePooling1D(2, padding="same", name="pool"), tz.layers.Flatten())
    board = model.explain([[[1.0], [5.0], [2.0]]], [[1.0]], "pool.a[1,0]", language="en")
    assert line_of(board, "pool.a[1,0]").endswith("pool.a[1,0] = x[2,0] = 2")


# recurrence

GATES = {
    "SimpleRNN": {"h": "tanh(cell.z[t=2][0])"},
    "LSTM": {
        "i": "1/(1 + exp(−cell.z_i[t=2][0]))",
        "f": "1/(1 + exp(−cell.z_f[t=2][0]))",
        "g": "tanh(cell.z_g[t=2][0])",
        "o": "1/(1 + exp(−cell.z_o[t=2][0]))",
        "c": "cell.f[t=2][0]·cell.c[t=1][0] + cell.i[t=2][0]·cell.g[t=2][0]",
        "h": "cell.o[t=2][0]·tanh(cell.c[t=2][0])",
    },
    "GRU": {
        "z": "1/(1 + exp(−cell.z_z[t=2][0]))",
        "r": "1/(1 + exp(−cell.z_r[t=2][0]))",
        "n": "tanh(cell.z_n[t=2][0])",
        "h": "cell.z[t=2][0]·cell.h[t=1][0] + (1 − cell.z[t=2][0])·cell.n[t=2][0]",
    },
}


@pytest.mark.parametrize("kind", GATES)
def test_gates_and_states_have_lines_of_their_own(kind: str) -> None:
    model, x = sequences(getattr(tz.layers, kind)(1, name="cell"))
    board = model.explain(x, [[1.0]], "cell.h[t=2][0]", language="en")
    for name, formula in GATES[kind].items():
        assert f"cell.{name}[t=2][0] = {formula} = " in line_of(board, f"cell.{name}[t=2][0]")


@pytest.mark.parametrize("layer", [tz.layers.SimpleRNN, tz.layers.LSTM, tz.layers.GRU])
@pytest.mark.parametrize("backwards", [False, True])
def test_each_step_adds_to_the_gradient_of_a_weight(layer: Any, backwards: bool) -> None:
    model, x = sequences(layer(2, name="cell", go_backwards=backwards), features=2)
    board = model.explain(x, [[1.0]], "cell.kernel[1,1]", language="en")
    table = board.page.through_time
    assert table is not None
    assert [one[0] for one in table.steps] == ([0, 1, 2, 3] if backwards else [3, 2, 1, 0])
    assert sum(table.added) + table.besides == table.total
    gradient = model.loss_and_gradients(x, [[1.0]])[1][0]
    assert float(table.total) == pytest.approx(gradient[1, 1], rel=1e-4)
    terms = re.findall(r"x\[(\d),1\]·cell\.δ\w*\[t=(\d)\]", line_of(board, "∂L/∂cell.kernel[1,1]"))
    assert [(at, at) for at in "0123"] == terms  # of each step, its input and what came back to it


def test_one_term_that_is_zero_is_told_in_the_singular() -> None:
    model = compiled((3, 3, 1), tz.layers.Conv2D(1, 3, name="conv"), tz.layers.Flatten())
    x = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    x[0, 1, 1, 0] = 0.0
    for language, told in (("en", "(the other term is 0)"), ("es", "(el otro término es 0)")):
        assert told in str(model.explain(x, [[1.0]], "conv.z[0,0,0]", language=language))


def test_a_table_over_time_has_names_of_any_step() -> None:
    """Where single states have names such as h1 and h2, the table is about h, and about no single one."""
    model, x = sequences(tz.layers.LSTM(1, name="cell"), time=3)
    names = {f"{one}{t + 1}": f"cell.{one}[t={t}][0]" for one in "hc" for t in range(3)}
    for profile in ("metodos-avanzados", None):
        board = model.explain(x, [[1.0]], "cell.kernel[0,0]", names=names, profile=profile, language="en")
        text = str(board)
        loss = "E" if profile else "L"
        assert re.search(
            rf"^ +t +‖∂{loss}/∂c‖ +factor +‖∂{loss}/∂h‖ |‖∂{loss}/∂h‖ +factor +‖∂{loss}/∂c‖",
            text,
            re.MULTILINE,
        )
        assert not re.search(r"‖∂./∂[hc]\d‖", text)
    some = str(model.explain(x, [[1.0]], "cell.kernel[0,0]", names={"old": names["h1"]}, language="en"))
    assert "‖∂L/∂cell.h‖" in some


def test_one_factor_is_told_once() -> None:
    model, x = sequences(tz.layers.SimpleRNN(1, name="cell"), time=2)
    text = str(model.explain(x, [[1.0]], "cell.kernel[0,0]", language="en"))
    told = re.search(r"back through time: ([\d.]+) (?:of|times) what it was", text)
    assert told
    assert re.search(rf"^ +0 +[\d.]+ +{told[1]} ", text, re.MULTILINE)


def test_a_long_sequence_shares_a_row_and_still_closes() -> None:
    model, x = sequences(tz.layers.LSTM(2, name="cell"), time=30)
    board = model.explain(x, [[1.0]], "cell.bias[3]", language="en")
    table = board.page.through_time
    assert table is not None
    assert [one for one in table.steps if one[0] != one[1]] == [(25, 4)]
    assert sum(table.added) + table.besides == table.total
    for column in table.columns:
        for before, size, factor in zip(column.sizes, column.sizes[1:], column.factors[1:], strict=False):
            assert float(before * factor) == pytest.approx(float(size), rel=1e-3)


def test_a_penalty_belongs_to_no_step() -> None:
    layer = tz.layers.SimpleRNN(1, name="cell", kernel_regularizer=tz.regularizers.L2(0.1))
    model, x = sequences(layer)
    board = model.explain(x, [[1.0]], "cell.kernel[0,0]", language="en")
    table = board.page.through_time
    assert table is not None
    kernel = float(model.get_weights()[0][0, 0])
    assert float(table.besides) == pytest.approx(0.2 * kernel, rel=1e-4)
    assert "besides" in str(board)


def test_a_gradient_that_vanishes_is_told_with_its_factors() -> None:
    model, x = sequences(tz.layers.SimpleRNN(1, name="cell"))
    model.set_weights([[[0.5]], [[0.5]], [0.0], [[1.0]], [0.0]])
    board = model.explain(x, [[1.0]], "cell.recurrent_kernel[0,0]", language="en")
    told = re.search(
        r"‖∂L/∂cell.h‖ shrinks on its way back through time: (.*) ≈ (.*) of what it was", str(board)
    )
    assert told is not None
    factors = [number(one) for one in told[1].split("·")]
    assert len(factors) == 3
    assert all(one < Decimal("0.5") for one in factors)
    assert float(np.prod([float(one) for one in factors])) == pytest.approx(float(number(told[2])), rel=1e-3)
    hidden = str(board.with_blanks())
    assert "shrinks" not in hidden  # it would give the answers away


def test_a_masked_step_hands_the_state_on() -> None:
    model = compiled((3, 1), tz.layers.Masking(9.0), tz.layers.SimpleRNN(1, name="cell"))
    board = model.explain([[[1.0], [9.0], [2.0]]], [[1.0]], "cell.h[t=1][0]", language="en")
    assert "cell.h[t=1][0] = cell.h[t=0][0] = " in line_of(board, "cell.h[t=1][0]")


def test_the_derivative_by_a_state_counts_both_ways_out_of_it() -> None:
    """The state goes to the next step and into h: what misses one of the two is no derivative by it."""
    model, x = sequences(tz.layers.LSTM(1, name="cell"))
    line = line_of(model.explain(x, [[1.0]], "grad cell.c[t=1][0]", language="en"), "∂L/∂cell.c[t=1][0]")
    assert "∂L/∂cell.c[t=2][0]·cell.f[t=2][0] + ∂L/∂cell.h[t=1][0]·cell.o[t=1][0]·" in line


# names


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("cell.h[t=1][0]", "cell.h[t=1][0]"),
        ("cell.h[1][0]", "cell.h[t=1][0]"),
        ("cell.z_f[ t = 2 ] [0]", "cell.z_f[t=2][0]"),
        ("grad cell.z_f[2][0]", "cell.δ_f[t=2][0]"),
        ("cell.delta_f[2][0]", "cell.δ_f[t=2][0]"),
        ("dL/d cell.c[0][0]", "∂L/∂cell.c[t=0][0]"),
    ],
)
def test_how_a_step_may_be_asked_for(asked: str, answered: str) -> None:
    model, x = sequences(tz.layers.LSTM(1, name="cell"))
    board = model.explain(x, [[1.0]], asked, language="en")
    assert board.page.names.element(board.page.asked) == answered


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("h1[t=1][1]", "h1[t=1][1]"), ("i1[4][1]", "i1[t=4][1]"), ("δ_f1[2][1]", "δ_f1[t=2][1]")],
)
def test_a_course_counts_steps_from_one(asked: str, answered: str) -> None:
    model, x = sequences(tz.layers.LSTM(1, name="cell"))
    board = model.explain(x, [[1.0]], asked, profile="metodos-avanzados")
    assert board.page.names.element(board.page.asked) == answered


@pytest.mark.parametrize("profile", ["metodos-avanzados", "diseno-de-redes", "clase-4", "retropropagacion"])
def test_no_two_quantities_of_a_gated_layer_share_a_name(profile: str) -> None:
    model, x = sequences(tz.layers.GRU(1, name="cell"), time=2)
    page = model.explain(x, [[1.0]], "cell.recurrent_kernel[0,0]", profile=profile).page
    names = [str(symbol) for symbol in page.names.of.values()]
    assert len(set(names)) == len(names)
    assert not [one for one in names if "_2" in one]


def test_a_sheet_may_name_steps_and_is_judged_step_by_step() -> None:
    model = compiled((2, 1), tz.layers.SimpleRNN(1, name="cell"))
    model.set_weights([[[0.5]], [[0.8]], [0.0], [[1.0]], [0.0]])
    work = "cell.z[t=0][0] = 0.5\ncell.h[0][0] = 0.46\ncell.z[t = 1][0] = 2*0.5 + 0.46 = 1.46"
    judgement = tz.check(model, work, [[[1.0], [2.0]]], [[1.0]])
    assert not judgement.unknown
    assert "✗ line 3" in str(judgement)  # 0.46 has not been multiplied by 0.8
    assert str(judgement).count("✓") == 2, str(judgement)


def test_errors_name_the_steps_and_near_names() -> None:
    model, x = sequences(tz.layers.LSTM(1, name="cell"))
    for wrong in ("cell.h[0]", "cell.h[t=4][0]", "cell.h"):
        with pytest.raises(
            ShapeError, match=r"a value at every step: write cell.h\[t=0\]\[0\] to cell.h\[t=3\]"
        ):
            model.explain(x, [[1.0]], wrong)
    with pytest.raises(ShapeError, match=r"cell.h\[t=1\] has shape \(1,\): write cell.h\[t=1\]\[0\]"):
        model.explain(x, [[1.0]], "cell.h[t=1][7]")
    with pytest.raises(NameNotFoundError, match=r"cell\.[cfgiho]\[t=1\]"):
        model.explain(x, [[1.0]], "cell.k[t=1][0]")


# formats


def test_every_format_has_the_table() -> None:
    model, x = sequences(tz.layers.LSTM(1, name="cell"), time=3)
    board = model.explain(x, [[1.0]], "cell.kernel[0,0]", language="es")
    assert "A través del tiempo, del último paso al primero" in str(board)
    assert "<h2>A través del tiempo, del último paso al primero</h2>" in board.to_html()
    assert board.to_html().count("<tr>") == 5  # the titles, three steps, the total
    markdown = board.to_markdown()
    assert r"| $\left\Vert \frac{\partial L}{\partial \mathrm{cell.h}}\right\Vert$ |" in markdown
    rows = [line.count("|") for line in markdown.splitlines() if line.startswith("|")]
    assert set(rows) == {7}
    assert r"\mathrm{cell.z} _{i,0}^{t=1}" in markdown
    assert "δ^{\\mathrm{cell}}^" not in markdown  # one letter, one superscript


def test_a_function_with_a_loop_is_explained_step_by_step() -> None:
    def f(x: Any) -> Any:
        return tz.ops.scan(lambda state, entry: (state * entry, None), 1.0, x)[0]

    board = tz.explain(f, np.array([2.0, 3.0, 4.0]), target="grad x[1]", language="en")
    reader = Reader()
    reader.read(str(board).replace("∂f", "∂L"))
    assert reader.numbers["∂L/∂x[1]"] == Decimal(8)


# what a teacher says beside a line


def test_a_weight_that_works_several_times_is_told_so() -> None:
    board = pictures().explain(PICTURE[None, ..., None], [[1.0]], "conv.kernel[0,0,0,0]", language="en")
    assert "the same weight works at every position" in line_of(board, "∂L/∂conv.kernel[0,0,0,0]")
    model, x = sequences(tz.layers.GRU(1, name="cell"))
    board = model.explain(x, [[1.0]], "cell.kernel[0,0]", language="en")
    assert "the same weight works at every step" in line_of(board, "∂L/∂cell.kernel[0,0]")
    batch = compiled((2,)).explain(np.ones((3, 2)), np.zeros((3, 1)), "dense.kernel[0,0]", language="en")
    assert "the same weight works" not in str(batch)  # a term for each sample is nothing new


def test_a_masked_step_is_told() -> None:
    model = compiled((2, 1), tz.layers.Masking(9.0), tz.layers.SimpleRNN(1, name="cell"))
    board = model.explain([[[1.0], [9.0]]], [[1.0]], "cell.h[t=1][0]", language="en")
    assert line_of(board, "cell.h[t=1][0]").endswith("(a masked step: what was before stays)")
    assert "masked" not in line_of(board, "cell.h[t=0][0]")


def test_a_few_steps_by_hand_stand_on_one_page() -> None:
    model, x = sequences(tz.layers.LSTM(1, name="cell"))
    page = model.explain(x, [[1.0]], "cell.kernel[0,0]").page
    assert len(page.steps) > MOST_LINES
    left_out = [one for one in page.given if one.node.primitive.name != "input"]
    assert [page.names.element(one) for one in left_out] == []


def test_what_the_last_step_carries_out_can_be_asked_for_though_nothing_reads_it() -> None:
    model = compiled((2, 1), tz.layers.Masking(9.0), tz.layers.LSTM(1, name="cell"))
    board = model.explain([[[1.0], [2.0]]], [[1.0]], "cell.c[t=1][0]", language="en")
    assert "cell.c[t=1][0] = cell." in line_of(board, "cell.c[t=1][0]")


def test_the_path_goes_from_the_weight_through_time_to_the_loss() -> None:
    model, x = sequences(tz.layers.SimpleRNN(1, name="cell"), time=3)
    page = model.explain(x, [[1.0]], "cell.kernel[0,0]").page
    names = [page.names.element(one) for group in page.path for one in group]
    expected = [f"cell.{name}[t={time}][0]" for time in range(3) for name in ("z", "h")]
    assert names == ["cell.kernel[0,0]", *expected, "cell.a[0]", "dense.z[0]"]


def test_of_equal_ones_the_first_is_told() -> None:
    layers = [tz.Input((2, 1)), tz.layers.MaxPooling1D(2), tz.layers.Flatten(), tz.layers.Dense(1)]
    model = tz.Sequential(layers)
    model.compile("sgd", "mse")
    page = str(model.explain([[3.0], [3.0]], [1.0], "loss", language="en"))
    assert "of equal ones the first counts: x[0,0]" in page
    assert "the largest is x[1,0]" in str(model.explain([[2.0], [3.0]], [1.0], "loss", language="en"))
