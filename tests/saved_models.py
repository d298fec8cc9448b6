"""Models that are saved and loaded, whether they go on alike, and files that were tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

import tiza as tz
from tiza.models.model import Model
from tiza.models.saving.container import FORMAT, checksum

Array = np.ndarray[Any, Any]


def outputs_of(model: Model, x: Any) -> list[Array]:
    found = model.predict(x)
    return found if isinstance(found, list) else [found]


def check_same_state(one: Model, other: Model) -> None:
    first, second = one.state, other.state
    assert list(first) == list(second)
    for path, value in first.items():
        assert (value.dtype, value.shape) == (second[path].dtype, second[path].shape), path
        assert value.tobytes() == second[path].tobytes(), path


def check_goes_on_alike(model: Model, other: Model, x: Any, y: Any, **options: Any) -> None:
    """Check that two models predict, measure and train bitwise alike."""
    check_same_state(model, other)
    for one, same in zip(outputs_of(model, x), outputs_of(other, x), strict=True):
        assert (one.dtype, one.tobytes()) == (same.dtype, same.tobytes())
    assert model.evaluate(x, y, return_dict=True) == other.evaluate(x, y, return_dict=True)
    told = [one.fit(x, y, verbose=0, **{"batch_size": 3, "epochs": 2, **options}) for one in (model, other)]
    assert told[0].history == told[1].history
    check_same_state(model, other)


def came_back(model: Model, path: Path) -> Model:
    """Return the model, saved and loaded."""
    model.save(path)
    return tz.load_model(path)


def rewrite(path: Path, change: Callable[[dict[str, Any], dict[str, Array]], object]) -> None:
    """Change a file's description and arrays, with the checksum that belongs to them."""
    with safe_open(path, framework="numpy") as file:
        head = json.loads(file.metadata()[FORMAT])
        arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    del head["sha256"]
    change(head, arrays)
    text = json.dumps({**head, "sha256": checksum(head, arrays)})
    save_file(arrays, path, {FORMAT: text})
