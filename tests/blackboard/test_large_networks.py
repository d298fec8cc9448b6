"""Pages stay short, however large the network."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader
from tiza.language import use_language
from tiza.models.model import Model


@pytest.fixture(scope="module")
def digits() -> tuple[Model, np.ndarray, int]:
    """Return a network for images of 28 x 28, trained on noise, and an image."""
    numbers = np.random.default_rng(0)
    x = numbers.random((256, 784)).astype("float32") * (numbers.random((256, 784)) < 0.2)
    y = numbers.integers(0, 10, 256)
    model = tz.Sequential([tz.Input((784,)), tz.layers.Dense(128, "relu"), tz.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    return model, x[0], int(y[0])


def strongest(model: Model, image: np.ndarray, label: int, position: int) -> str:
    gradient = np.abs(model.loss_and_gradients([image], [label])[1][position])
    index = np.unravel_index(int(gradient.argmax()), gradient.shape)
    return f"{model.weight_paths[position]}[{','.join(map(str, index))}]"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("position", range(4))
def test_an_explanation_of_one_weight_is_a_page(
    digits: tuple[Model, np.ndarray, int], position: int, language: str
) -> None:
    model, image, label = digits
    with use_language(language):
        page = str(model.explain(image, label, strongest(model, image, label, position), update=True))
    reader = Reader()
    reader.read(page)
    assert 10 <= reader.lines < 40
    assert len(page.splitlines()) < 80
    assert "✓" in page


@pytest.mark.parametrize("target", ["loss", "dense_1.z[3]", "dense_1.a[3]", "dense.delta[5]", "dense.a[100]"])
def test_other_quantities_are_a_page_too(digits: tuple[Model, np.ndarray, int], target: str) -> None:
    model, image, label = digits
    with use_language("en"):
        page = str(model.explain(image, label, target))
    Reader().read(page)
    assert len(page.splitlines()) < 90


def test_deep_networks_are_a_page() -> None:
    layers = [tz.layers.Dense(20, "tanh") for _ in range(8)]
    model = tz.Sequential([tz.Input((20,)), *layers, tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    with use_language("en"):
        page = str(model.explain(np.linspace(-1, 1, 20), [0.5], "dense.kernel[0,0]", update=True))
    Reader().read(page)
    assert len(page.splitlines()) < 130


@pytest.mark.parametrize("language", ["en", "es"])
def test_of_many_ways_back_the_one_that_adds_most_is_followed(
    digits: tuple[Model, np.ndarray, int], language: str
) -> None:
    model, image, label = digits
    pixel = int(np.argmax(image))
    with use_language(language):
        board = model.explain(image, label, f"grad x[{pixel}]")
        page = str(board)
    reader = Reader()
    reader.read(page)
    assert len(page.splitlines()) < 56
    assert ("which adds most" if language == "en" else "el que más aporta") in page
    last = board.page.steps[-1]
    terms = [abs(one) for one in last.printed.terms[:-1]]
    written = [str(one) for one in re.findall(r"dense\.δ\[(\d+)\]·", page.split(f"∂L/∂x[{pixel}] = ")[1])]
    followed = re.findall(r"dense\.δ\[(\d+)\]·dense\.kernel", page)[-1]
    assert followed == written[int(np.argmax(terms))]
    own = {board.page.names.element(one.element) for one in board.page.steps}
    assert {one for one in own if one.startswith("dense.δ")} == {f"dense.δ[{followed}]"}
