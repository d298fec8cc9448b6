"""The lessons on images and sequences: their numbers against NumPy, written out by hand, and every line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

import tiza as tz
from blackboard.page_reader import Reader
from tiza.language import use_language
from tiza.lessons.catalogue import find_lesson
from tiza.lessons.lesson import Lesson
from tiza.lessons.page import lesson_text

Array = NDArray[np.float64]
IMAGES = ("filtro", "banco-de-filtros", "peso-compartido", "parche-rgb")
LETTERS = {"banco-de-filtros": [("p", "g"), ("q", "h")]}
"""What a filter's sums and what ReLU makes of them are called, filter by filter, where not z and h."""
SEQUENCES = ("rnn-cuatro-pasos", "compuertas-lstm", "compuertas-gru", "memoria")


def exact(lesson: Lesson, name: str) -> float:
    return float(lesson.sheet.exact(lesson.sheet.elements[name]))


def weight(lesson: Lesson, name: str) -> Array:
    return np.array(lesson.network.layers[0].weights.get(name, 0.0))


def read(text: str) -> float:
    """Return a number as a page prints it."""
    return float(text.replace("−", "-"))


def correlated(image: Array, kernel: Array) -> Array:
    """Return the sums of a kernel, `(height, width, channels, filters)`, at every place of an image."""
    height, width = kernel.shape[:2]
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    sums = np.zeros((rows, columns, kernel.shape[3]))
    for p in range(rows):
        for q in range(columns):
            patch = image[p : p + height, q : q + width]
            for number in range(kernel.shape[3]):
                sums[p, q, number] = (patch * kernel[..., number]).sum()
    return sums


def sigmoid(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", [*IMAGES, *SEQUENCES])
def test_every_line_closes(name: str, language: str) -> None:
    lesson = find_lesson(name)
    target = lesson.names[lesson.target]
    page = str(lesson.model().explain(lesson.x, lesson.y, target, update=lesson.update, language=language))
    assert "✗" not in page
    reader = Reader()
    reader.read(page)
    assert reader.lines >= 2


@pytest.mark.parametrize("name", IMAGES)
def test_sums_of_patches(name: str) -> None:
    lesson = find_lesson(name)
    sums = correlated(np.array(lesson.x[0]), weight(lesson, "kernel")) + weight(lesson, "bias")
    letters = LETTERS.get(name, [("z", "h")])
    for number, (before, after) in enumerate(letters):
        for p, q in np.ndindex(sums.shape[:2]):
            place = "" if name == "parche-rgb" else f"{p + 1}{q + 1}"
            assert exact(lesson, f"{before}{place}") == sums[p, q, number]
            assert exact(lesson, f"{after}{place}") == max(0.0, sums[p, q, number])


def test_the_filter_answers_to_falling_edges_only() -> None:
    lesson = find_lesson("filtro")
    sums = correlated(np.array(lesson.x[0]), weight(lesson, "kernel"))
    assert (sums > 0).any()
    assert (sums < 0).any()
    assert exact(lesson, "m") == sums.max()
    page = str(lesson.explain(language="en"))
    for p, q in np.ndindex(sums.shape[:2]):
        assert f" h{p + 1}{q + 1} = max(0, z{p + 1}{q + 1})" in page


def test_the_loss_of_the_bank() -> None:
    lesson = find_lesson("banco-de-filtros")
    sums = correlated(np.array(lesson.x[0]), weight(lesson, "kernel"))
    strongest = np.maximum(sums, 0).max(axis=(0, 1))
    assert exact(lesson, "L") == ((strongest - np.array(lesson.y[0])) ** 2).mean()
    assert strongest[0] > strongest[1]


def test_the_gradient_of_a_shared_weight_is_a_sum_over_positions() -> None:
    lesson = find_lesson("peso-compartido")
    image, kernel, (y,) = np.array(lesson.x[0]), weight(lesson, "kernel"), lesson.y[0]
    sums = correlated(image, kernel)[..., 0]
    assert (sums < 0).any()  # where nothing comes back
    back = 2 * (np.maximum(sums, 0).mean() - y) / sums.size * (sums > 0)
    met = np.array(
        [
            [[image[p + i, q + j, 0] * back[p, q] for p in (0, 1) for q in (0, 1)] for j in (0, 1)]
            for i in (0, 1)
        ]
    )
    _, (gradient,) = lesson.model().loss_and_gradients(lesson.x, lesson.y)
    assert gradient[..., 0, 0].tolist() == met.sum(axis=-1).tolist()
    page = str(lesson.explain(language="en"))
    terms = "·1 + 1·3 + 1·2 + 0·1"
    assert met[1, 0].tolist() == [0, 3, 2, 0]
    assert f"= 0{terms} = {met[1, 0].sum():g}" in page


@pytest.mark.parametrize("name", IMAGES)
def test_the_images_beside_one_another(name: str) -> None:
    """The grids have the image, each filter and what it gives, number by number, row by row."""
    lesson = find_lesson(name)
    assert lesson.measured is not None
    with use_language("en"):
        _, text = lesson.measured(lesson)
    image, kernel = np.array(lesson.x[0]), weight(lesson, "kernel")
    sums = correlated(image, kernel) + weight(lesson, "bias")
    shown = [image[..., c] for c in range(image.shape[2])]
    blocks = text.split("\n\n")
    if len(shown) > 1:
        # a color image stands in rows of its own
        colors, *blocks = blocks
        assert colors.splitlines()[0].split("    ") == ["image: red", "image: green", "image: blue"]
        read_rows = [list(map(read, line.split())) for line in colors.splitlines()[1:]]
        np.testing.assert_array_equal(read_rows, np.concatenate(shown, 1))
        shown = []
    for number, block in enumerate(blocks):
        grids = [] if number else shown
        grids = [*grids, *(kernel[..., c, number] for c in range(kernel.shape[2]))]
        grids += [sums[..., number], np.maximum(sums[..., number], 0)]
        rows = [line for line in block.splitlines() if not re.search(r"[a-z]", line)]
        for at, row in enumerate(rows):
            expected = [one for grid in grids if at < len(grid) for one in grid[at]]
            assert list(map(read, row.split())) == expected


def test_the_images_stand_on_every_page_of_pooling() -> None:
    board = find_lesson("max-o-promedio").explain(language="en")
    for page in (str(board), board.to_html(), board.to_markdown()):
        assert page.count("The images, number by number") == 1
        assert "5  3  2  8    4  2       4  1" in page
    with use_language("en"):
        whole = lesson_text(find_lesson("max-o-promedio"))
    assert whole.count("The images, number by number") == 1


def test_pooling_is_that_of_the_layers() -> None:
    lesson = find_lesson("max-o-promedio")
    page = str(lesson.explain(language="en"))
    image = np.array([[exact(lesson, f"x{i}{j}") for j in range(1, 5)] for i in range(1, 5)])
    for letter, layer, by_hand in (
        ("m", tz.layers.MaxPooling2D(2), np.max),
        ("p", tz.layers.AveragePooling2D(2), np.mean),
    ):
        model = tz.Sequential([tz.Input((4, 4, 1)), layer], dtype="float64")
        pooled = model.predict(image[None, :, :, None])[0, :, :, 0]
        for i, j in np.ndindex(2, 2):
            assert f"{letter}{i + 1}{j + 1} = max(x" in page or letter == "p"
            block = image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            assert exact(lesson, f"{letter}{i + 1}{j + 1}") == by_hand(block) == pooled[i, j]


def test_a_plain_network_back_through_time() -> None:
    lesson = find_lesson("rnn-cuatro-pasos")
    x, (y,) = np.array(lesson.x[0])[:, 0], lesson.y[0]
    w, u = weight(lesson, "kernel")[0, 0], weight(lesson, "recurrent_kernel")[0, 0]
    states = [0.0]
    for entry in x:
        states.append(float(np.tanh(w * entry + u * states[-1])))
    for step, state in enumerate(states[1:], 1):
        assert exact(lesson, f"h{step}") == pytest.approx(state, rel=1e-12)
    by_state, shares = states[-1] - y, []
    for before, after in zip(reversed(states[:-1]), reversed(states[1:]), strict=True):
        by_sum = by_state * (1 - after**2)
        shares.append(by_sum * before)
        by_state = by_sum * u
    _, (_, gradient, _) = lesson.model().loss_and_gradients(lesson.x, lesson.y)
    assert gradient[0, 0] == pytest.approx(sum(shares), rel=1e-12)
    page = str(lesson.explain(language="en"))
    rows = re.findall(r"^ +([1-4]) +[\d.]+ +(?:[\d.]+ +)?(−?[\d.]+)$", page, re.MULTILINE)
    assert [step for step, _ in rows] == ["4", "3", "2", "1"]
    assert [read(share) for _, share in rows] == pytest.approx(shares, abs=1e-6)


def test_the_gates_of_an_lstm() -> None:
    lesson = find_lesson("compuertas-lstm")
    kernel, recurrent = weight(lesson, "kernel")[0], weight(lesson, "recurrent_kernel")[0]
    h = c = 0.0
    for step, (entry,) in enumerate(np.array(lesson.x[0]), 1):
        i, f, g, o = kernel * entry + recurrent * h + weight(lesson, "bias")
        i, f, g, o = sigmoid(i), sigmoid(f), float(np.tanh(g)), sigmoid(o)
        c = f * c + i * g
        h = o * float(np.tanh(c))
        for name, value in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            assert exact(lesson, f"{name}{step}") == pytest.approx(value, rel=1e-12), name


def test_the_gates_of_a_gru() -> None:
    lesson = find_lesson("compuertas-gru")
    (wz, wr, wn), (uz, ur, un) = weight(lesson, "kernel")[0], weight(lesson, "recurrent_kernel")[0]
    bz, br, bn = weight(lesson, "bias")
    h = 0.0
    for step, (entry,) in enumerate(np.array(lesson.x[0]), 1):
        z, r = sigmoid(wz * entry + uz * h + bz), sigmoid(wr * entry + ur * h + br)
        n = float(np.tanh(wn * entry + bn + un * (r * h)))
        h = z * h + (1 - z) * n
        for name, value in zip("zrnh", (z, r, n, h), strict=True):
            assert exact(lesson, f"{name}{step}") == pytest.approx(value, rel=1e-12), name


def left_of_the_gradient(lesson: Lesson) -> tuple[list[float], list[float]]:
    """Return what is left at each step, the last step first, in the plain network and in the LSTM."""
    assert lesson.measured is not None
    _, text = lesson.measured(lesson)
    rows = [list(map(read, line.split())) for line in text.splitlines()[1:]]
    assert [row[0] for row in rows] == list(range(len(rows), 0, -1))
    for row in rows:  # what is left is the gradient in relation to that of the last step
        assert row[2] == pytest.approx(row[1] / rows[0][1], rel=2e-3)
        assert row[4] == pytest.approx(row[3] / rows[0][3], rel=2e-3)
    return [row[2] for row in rows], [row[4] for row in rows]


def test_memory() -> None:
    lesson = find_lesson("memoria")
    x = np.array(lesson.x[0])[:, 0]
    told, _ = tz.datasets.latch(samples=2, noise=0.1, length=len(x))
    assert x.tolist() == told[1, :, 0].tolist()
    plain, gated = left_of_the_gradient(lesson)
    w, u = weight(lesson, "kernel")[0, 0], weight(lesson, "recurrent_kernel")[0, 0]
    state, slopes = 0.0, []
    for entry in x:
        state = float(np.tanh(w * entry + u * state))
        slopes.append(u * (1 - state**2))
    assert np.sign(state) == np.sign(x[0])  # it remembers, and its gradient vanishes all the same
    by_hand = [float(np.prod(slopes[at:])) for at in range(len(x), 0, -1)]
    assert plain == pytest.approx(by_hand, rel=1e-3)
    assert gated == pytest.approx([sigmoid(6.0) ** at for at in range(len(x))], rel=1e-3)
    assert plain[-1] < 1e-3 < 0.9 < gated[-1]


@pytest.mark.parametrize("name", [*IMAGES, *SEQUENCES, "max-o-promedio"])
def test_that_the_numbers_are_our_own_is_told(name: str) -> None:
    for language, told in (("en", "lesson's own"), ("es", "son de la lección")):
        with use_language(language):
            assert told in " ".join(lesson_text(find_lesson(name)).split())
