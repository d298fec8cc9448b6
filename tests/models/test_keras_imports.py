"""Keras' import lines: `from tiza.layers import Dense` finds what `tz.layers` has."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

import tiza as tz

LINES = {
    "tiza.activations": ("relu", "sigmoid", "tanh", "softmax", "gelu"),
    "tiza.callbacks": ("Callback", "EarlyStopping", "ModelCheckpoint"),
    "tiza.datasets": ("mnist", "xor"),
    "tiza.initializers": ("GlorotUniform", "Zeros"),
    "tiza.layers": ("Dense", "Dropout", "Input", "Layer"),
    "tiza.losses": ("MeanSquaredError", "Loss"),
    "tiza.metrics": ("Precision", "roc_auc_score"),
    "tiza.models": ("Model", "Sequential", "load_model"),
    "tiza.optimizers": ("Adam", "SGD"),
    "tiza.regularizers": ("L1", "L2"),
}
ROOMS = {"callbacks": "tiza.training", "datasets": "tiza.data"}
RE_EXPORTED = [one for one in LINES if one not in ("tiza.models", "tiza.optimizers")]


def test_keras_import_lines_work_in_a_new_python() -> None:
    lines = [f"from {module} import {', '.join(names)}" for module, names in LINES.items()]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


@pytest.mark.parametrize("module", RE_EXPORTED)
def test_a_module_for_import_lines_has_all_that_its_room_has(module: str) -> None:
    """But for other modules, and names with an underscore."""
    name = module.removeprefix("tiza.")
    room = importlib.import_module(f"{ROOMS.get(name, 'tiza.nn')}.{name}")
    public: list[str] = getattr(room, "__all__", [one for one in vars(room) if one[0] != "_"])
    kept: dict[str, Any] = {one: vars(room)[one] for one in public}
    found = vars(importlib.import_module(module))
    assert {*LINES[module]} <= found.keys()
    for one, value in kept.items():
        if not isinstance(value, type(tz)):
            assert found[one] is value, one
            assert getattr(getattr(tz, name), one) is value, one
