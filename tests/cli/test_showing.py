"""What the commands show of a network."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

import tiza as tz
from tiza.cli.showing import show_network


@pytest.mark.parametrize(
    ("shape", "layers", "shown"),
    [
        ((784,), [tz.layers.Dense(30, "tanh")], "Network 784-30-10,"),
        ((8, 8, 1), [tz.layers.Conv2D(4, 3), tz.layers.Flatten()], "Network 64-6×6×4-10,"),
        ((28, 28), [tz.layers.LSTM(128)], "Network 784-LSTM 128-10,"),
        ((4, 3), [tz.layers.Bidirectional(tz.layers.GRU(5))], "Network 12-Bidirectional 10-10,"),
    ],
)
def test_a_network_in_a_line(shape: tuple[int, ...], layers: list[Any], shown: str) -> None:
    model = tz.Sequential([tz.Input(shape), *layers, tz.layers.Dense(10)])
    model.compile("adam", "mse")
    file = StringIO()
    show_network(Console(file=file, width=200), model)
    assert file.getvalue().startswith(shown)
