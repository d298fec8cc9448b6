"""A board says so where a step of training computes otherwise than `predict`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz

SAID = {"en": "As a step of training", "es": "Como lo calcula un paso del entrenamiento"}


def compiled(layer: Any) -> tz.Sequential:
    model = tz.Sequential([tz.Input((4, 3)), layer, tz.layers.Flatten(), tz.layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return model


def boards(model: tz.Sequential, language: str) -> list[str]:
    x = np.random.default_rng(0).normal(size=(3, 4, 3))
    board = model.explain(x, np.ones((3, 1)), language=language)
    # words only: text is folded, and apostrophes are written as the format wants
    return [" ".join(one.split()) for one in (str(board), board.to_markdown(), board.to_html())]


DIFFERENT = [
    lambda: tz.layers.Dropout(0.5),
    lambda: tz.layers.GaussianNoise(0.5),
    lambda: tz.layers.BatchNormalization(),
    lambda: tz.layers.LSTM(2, dropout=0.5, return_sequences=True),
]
ALIKE = [
    lambda: tz.layers.Dense(2),
    lambda: tz.layers.Dropout(0.0),
    lambda: tz.layers.LayerNormalization(),
    lambda: tz.layers.LSTM(2, return_sequences=True),
]


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("make", DIFFERENT)
def test_it_is_said_in_every_format(make: Any, language: str) -> None:
    assert all(SAID[language] in one for one in boards(compiled(make()), language))


@pytest.mark.parametrize("make", ALIKE)
def test_it_is_not_said_where_predict_has_the_same(make: Any) -> None:
    assert not any(SAID["en"] in one for one in boards(compiled(make()), "en"))


def test_frozen_normalization_is_as_in_use() -> None:
    layer = tz.layers.BatchNormalization()
    layer.trainable = False
    assert not any(SAID["en"] in one for one in boards(compiled(layer), "en"))
