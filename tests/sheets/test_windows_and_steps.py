"""The usual slips with images and sequences are named, and right work on them is let be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from tiza.errors import ModelError, TizaError
from tiza.language import use_language
from tiza.models.model import Model
from tiza.sheets.judgement import Judgement
from tiza.sheets.mistakes import Mistake
from tiza.sheets.report import Detail, judgement_text

KERNEL = np.array([[1.0, -2.0, 0.5], [0.0, 1.5, -1.0], [2.0, 0.3, -0.7]])
IMAGE = np.array([[1.0, 2.0, 0.0, 1.5], [0.5, -1.0, 3.0, 0.2], [2.0, 1.0, -0.5, 0.7], [0.4, 1.1, 0.9, 2.5]])
"""Four windows of 3×3; a 0 among the pixels and one among the weights."""


def image_model(bias: float = 0.25, shape: tuple[int, int, int] = (4, 4, 1)) -> Model:
    model = tz.Sequential(
        [tz.Input(shape), tz.layers.Conv2D(1, 3), tz.layers.MaxPooling2D(), tz.layers.Flatten()],
        dtype="float64",
    )
    model.compile(tz.optimizers.SGD(0.1), "mse")
    model.set_weights([KERNEL.reshape(3, 3, 1, 1), np.array([bias])])
    return model


def window(row: int, column: int) -> np.ndarray:
    return IMAGE[row : row + 3, column : column + 3]


def checked(model: Model, *lines: str) -> Judgement:
    return tz.check(model, list(lines), IMAGE[None, :, :, None], [[1.0]])


def kinds(judgement: Judgement) -> set[Mistake]:
    return {one.mistake for one in judgement.causes}


def test_a_kernel_that_is_turned_round() -> None:
    flipped = float((KERNEL[::-1, ::-1] * window(0, 0)).sum() + 0.25)
    found = checked(image_model(), f"conv2d.z[0,0,0] = {flipped:.4f}")
    assert kinds(found) == {Mistake.MIRRORED}


def test_a_kernel_that_is_turned_round_at_every_position() -> None:
    turned = [(KERNEL[::-1, ::-1] * window(*at)).sum() + 0.25 for at in np.ndindex(2, 2)]
    found = checked(image_model(), f"max_pooling2d.a[0,0,0] = {max(turned):.4f}")
    assert kinds(found) == {Mistake.MIRRORED}


def sums() -> list[float]:
    return [float((KERNEL * window(*at)).sum() + 0.25) for at in np.ndindex(2, 2)]


def lines_of(numbers: list[float]) -> list[str]:
    places = np.ndindex(2, 2)
    return [f"conv2d.z[{i},{j},0] = {one:.3f}" for (i, j), one in zip(places, numbers, strict=True)]


def test_the_mean_of_a_window_for_its_maximum() -> None:
    found = checked(image_model(), *lines_of(sums()), f"max_pooling2d.a[0,0,0] = {np.mean(sums()):.3f}")
    assert kinds(found) == {Mistake.MEAN_FOR_MAX}
    assert found.first_wrong is not None
    assert found.first_wrong.line.name == "max_pooling2d.a[0,0,0]"


def test_right_work_on_an_image_is_let_be() -> None:
    found = checked(image_model(), *lines_of(sums()), f"max_pooling2d.a[0,0,0] = {max(sums()):.3f}")
    assert found.is_right


@pytest.mark.parametrize("size", [2, 3])
def test_the_maximum_of_a_window_for_its_mean(size: int) -> None:
    model = tz.Sequential(
        [tz.Input((size, size, 1)), tz.layers.AveragePooling2D(size), tz.layers.Flatten()], dtype="float64"
    )
    model.compile(tz.optimizers.SGD(0.1), "mse")
    image = IMAGE[:size, :size]
    found = tz.check(
        model, f"average_pooling2d.a[0,0,0] = {image.max():.3f}\n", image[None, :, :, None], [[1.0]]
    )
    assert Mistake.MAX_FOR_MEAN in kinds(found)


@settings(deadline=None, max_examples=9)
@given(st.integers(0, 2), st.integers(0, 2))
def test_one_weight_of_a_window_forgotten(row: int, column: int) -> None:
    """A wrong sum over a window with a bias is told of, whichever part of it is missing."""
    missing = KERNEL[row, column] * window(0, 0)[row, column]
    wrong = float((KERNEL * window(0, 0)).sum() + 0.25 - missing)
    found = checked(image_model(), f"conv2d.z[0,0,0] = {wrong:.5f}")
    if found.first_wrong is None:
        assert abs(missing) < 1e-6
    else:
        assert Mistake.TERM_FORGOTTEN in {one.mistake for one in found.first_wrong.causes.all}


def test_zeros_of_a_window_are_in_the_calculation() -> None:
    found = checked(image_model(), "conv2d.z[0,0,0] = 77")
    with use_language("en"):
        text = judgement_text(found, Detail.SOLUTION)
    assert "0·0.5" in text  # a weight of 0
    assert "0.5·0" in text  # a pixel of 0


@pytest.mark.parametrize("units", [9, 15, 40])
def test_a_sum_with_many_inputs_is_told_of(units: int) -> None:
    model = tz.Sequential([tz.Input((units,)), tz.layers.Dense(1, kernel_initializer="ones")])
    model.compile(tz.optimizers.SGD(0.1), "mse")
    model.set_weights([np.ones((units, 1)), np.array([0.5])])
    x = np.arange(1, units + 1)[None] / 10
    with use_language("en"):
        for wrong in (x.sum(), 1e6, -x.sum() - 0.5):
            found = tz.check(model, f"dense.z[0] = {wrong:.2f}\n", x, [[1.0]])
            assert not found.is_right
            assert "dense.z[0]" in judgement_text(found, Detail.SOLUTION)
        found = tz.check(model, f"dense.z[0] = {x.sum():.2f}\n", x, [[1.0]])
    assert Mistake.BIAS_FORGOTTEN in kinds(found)


def lstm_model() -> Model:
    model = tz.Sequential([tz.Input((2, 1)), tz.layers.LSTM(1)], dtype="float64")
    model.compile(tz.optimizers.SGD(0.1), "mse")
    return model


def states(model: Model, forgets_tanh: bool = False) -> dict[str, float]:
    """Return the numbers of two steps of an LSTM of one unit, worked out by hand."""
    kernel, recurrent, bias = (np.asarray(one) for one in model.get_weights())
    h = c = 0.0
    found = {}
    for t, x in enumerate((0.8, -0.4)):
        z = x * kernel[0] + h * recurrent[0] + bias
        i, f, g, o = (
            1 / (1 + np.exp(-z[0])),
            1 / (1 + np.exp(-z[1])),
            np.tanh(z[2]),
            1 / (1 + np.exp(-z[3])),
        )
        c = f * c + i * g
        h = o * (c if forgets_tanh else np.tanh(c))
        found |= {f"lstm.o[t={t}][0]": o, f"lstm.c[t={t}][0]": c, f"lstm.h[t={t}][0]": h}
    return found


def test_the_activation_within_an_output() -> None:
    model = lstm_model()
    model.set_weights([[[0.7, 0.4, 1.3, -0.6]], [[0.2, -0.5, 0.9, 0.3]], [0.1, 1.0, 0.2, -0.1]])
    x, y = [[[0.8], [-0.4]]], [[1.0]]
    right = tz.check(model, {name: f"{one:.5f}" for name, one in states(model).items()}, x, y)
    assert right.is_right, right
    wrong = tz.check(model, {name: f"{one:.5f}" for name, one in states(model, True).items()}, x, y)
    assert kinds(wrong) == {Mistake.FUNCTION_FORGOTTEN}
    assert sum(one.verdict == "wrong" for one in wrong.lines) == 1


def test_an_image_in_rows_or_one_number_after_the_other(tmp_path: Path) -> None:
    image_model().save(tmp_path / "edges.tiza")
    rows = [f"({', '.join(map(str, row))})" for row in IMAGE.tolist()]
    flat = f"({', '.join(map(str, IMAGE.ravel().tolist()))})"
    pixels = str(IMAGE[:, :, None].tolist())
    right = lines_of(sums())[1]
    model = tz.load_model(tmp_path / "edges.tiza")
    for x in (f"({', '.join(rows)})", flat, pixels, f"[{pixels}]"):
        assert tz.check(model, [f"x = {x}", "y = 1", right]).is_right


def test_too_few_numbers_of_an_image() -> None:
    with pytest.raises(ModelError, match=r"got 3 numbers, expected 16.*one after the other"):
        tz.check(image_model(), ["x = (1, 2, 3)", "y = 1", "loss = 1"])


def test_channels_first_are_not_mixed_up() -> None:
    model = tz.Sequential([tz.Input((2, 2, 3)), tz.layers.Flatten(), tz.layers.Dense(1)])
    model.compile(tz.optimizers.SGD(0.1), "mse")
    channels = "(((1, 2), (3, 4)), ((5, 6), (7, 8)), ((9, 10), (11, 12)))"
    with pytest.raises(TizaError, match="expected"):
        tz.check(model, [f"x = {channels}", "y = 1", "loss = 1"])


def test_the_question_about_a_sum_is_not_about_derivatives() -> None:
    plus = float(sums()[0] - KERNEL[0, 0] * IMAGE[0, 0] + KERNEL[0, 0] + IMAGE[0, 0])
    found = checked(image_model(), f"conv2d.z[0,0,0] = {plus:.3f}")
    assert Mistake.PLUS_FOR_TIMES in kinds(found)
    with use_language("en"):
        assert "derivative" not in judgement_text(found)


def test_the_question_about_a_gate_is_about_its_own_step() -> None:
    model = lstm_model()
    model.set_weights([[[0.7, 0.4, 1.3, -0.6]], [[0.2, -0.5, 0.9, 0.3]], [0.1, 1.0, 0.2, -0.1]])
    written = states(model)
    h, c = written["lstm.h[t=1][0]"], written["lstm.c[t=1][0]"]
    lines = {name: f"{one:.5f}" for name, one in written.items()}
    forgotten = {"dL/dlstm.z_o[t=1][0]": f"{2 * (h - 1) * np.tanh(c):.5f}"}
    found = tz.check(model, lines | forgotten, [[[0.8], [-0.4]]], [[1.0]])
    assert kinds(found) == {Mistake.DERIVATIVE_FORGOTTEN}
    with use_language("en"):
        assert "If lstm.z_o[t=1][0] rises a little, how much does lstm.o[t=1][0] rise?" in judgement_text(
            found
        )
