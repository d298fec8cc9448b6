"""Networks trained on MNIST's digits: every line of their pages, worked out again from the printed text."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader
from figures import record_figure
from tiza.language import use_language
from tiza.models.model import Model

pytestmark = pytest.mark.slow
Array = Any
STEPS = 600
IMAGES = 12
LONGEST_PAGE = 74
"""Lines of text, but for the page of a whole step."""


@dataclass(frozen=True)
class Trained:
    """A network with some hundred steps behind it, and test images it has not seen."""

    model: Model
    x: Array
    y: Array


def grey(images: Array) -> Array:
    """Return images as rows of numbers from 0 to 1."""
    return images.reshape(len(images), -1).astype("float32") / np.float32(255)


def classic(x: Array, y: Array) -> Model:
    """Return 784-30-10 with sigmoids and the quadratic cost."""
    layers = [tz.layers.Dense(30, "sigmoid"), tz.layers.Dense(10, "sigmoid")]
    model = tz.Sequential([tz.Input((784,)), *layers], seed=1)
    model.compile(tz.optimizers.SGD(3.0), "quadratic")
    model.fit(x[: 10 * STEPS], tz.data.one_hot(y[: 10 * STEPS]), batch_size=10, verbose=0)
    return model


def modern(x: Array, y: Array) -> Model:
    """Return 784-128-10 with ReLU, softmax and Adam."""
    layers = [tz.layers.Dense(128, "relu"), tz.layers.Dense(10, "softmax")]
    model = tz.Sequential([tz.Input((784,)), *layers], seed=1)
    model.compile(tz.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    model.fit(x[: 32 * STEPS], y[: 32 * STEPS], batch_size=32, verbose=0)
    return model


NETWORKS = {"784-30-10": classic, "784-128-10": modern}


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request: pytest.FixtureRequest) -> Trained:
    (x, y), (x_test, y_test) = tz.datasets.mnist.load_data()
    model = NETWORKS[request.param](grey(x), y)
    targets = tz.data.one_hot(y_test[:IMAGES]) if request.param == "784-30-10" else y_test[:IMAGES]
    return Trained(model, grey(x_test[:IMAGES]), targets)


def strongest(gradient: Array, count: int = 2) -> list[tuple[int, ...]]:
    """Return where a gradient is largest."""
    flat = np.argsort(-np.abs(gradient), axis=None)[:count]
    return [tuple(int(at) for at in np.unravel_index(one, gradient.shape)) for one in flat]


def targets_of(one: Trained, x: Array, y: Array, draw: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Yield what is asked about an image: weights that matter, weights by chance, units, pixels, the loss."""
    _, gradients = one.model.loss_and_gradients(x[None], y[None])
    for path, gradient in zip(one.model.weight_paths, gradients, strict=True):
        by_chance = tuple(int(draw.integers(size)) for size in gradient.shape)
        for index in (*strongest(gradient), by_chance):
            written = ",".join(map(str, index))
            yield from ((f"{path}[{written}]", False), (f"{path}[{written}]", True))
    for layer, role, units in (("dense", "z", 30), ("dense", "delta", 30), ("dense", "a", 30)):
        yield f"{layer}.{role}[{draw.integers(units)}]", False
    for role in ("z", "a", "delta"):
        yield f"dense_1.{role}[{draw.integers(10)}]", False
    inked = np.flatnonzero(x)
    for pixel in (int(draw.choice(inked)), 0):
        yield f"grad x[{pixel}]", False
    yield from (("loss", False), ("learning_rate", False))


def test_every_line_about_a_digit_closes(trained: Trained, request: pytest.FixtureRequest) -> None:
    draw = np.random.default_rng(0)
    pages = lines = checks = longest = 0
    seconds = []
    for at, (x, y) in enumerate(zip(trained.x, trained.y, strict=True)):
        for target, update in targets_of(trained, x, y, draw):
            with use_language("es" if at % 2 else "en"):
                start = time.perf_counter()
                page = str(trained.model.explain(x, y, target, update=update))
                seconds.append(time.perf_counter() - start)
            assert "✗" not in page, page
            assert "nan" not in page.lower()
            reader = Reader()
            reader.read(page)
            assert reader.lines or target == "learning_rate", page
            pages, lines, checks = pages + 1, lines + reader.lines, checks + page.count("✓")
            longest = max(longest, len(page.splitlines()))
    assert longest <= LONGEST_PAGE
    record_figure(
        f"Pages of {request.node.callspec.params['trained']}, trained on MNIST: lines recomputed in decimal",
        promised="all close",
        measured=f"{lines} of {lines}",
        note=f"{pages} pages about {IMAGES} test images, at most {longest} lines of text; "
        f"{checks} difference quotients agree; median of {statistics.median(seconds):.3f} s a page",
    )


@pytest.mark.parametrize("rows", [1, IMAGES])
def test_a_whole_step_on_digits_closes(trained: Trained, rows: int) -> None:
    with use_language("en"):
        page = str(trained.model.explain(trained.x[:rows], trained.y[:rows], "step"))
    assert "✗" not in page
    reader = Reader()
    reader.read(page)
    assert reader.lines > 20


def test_the_loss_of_a_batch_is_the_mean_of_its_largest_parts_and_the_rest(trained: Trained) -> None:
    with use_language("en"):
        page = str(trained.model.explain(trained.x, trained.y, "loss"))
    reader = Reader()
    reader.read(page)
    assert "rest" in page
