"""Keras on JAX in float64: the fixture that brings it, and the comparison of numbers with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from figures import record_figure

TOLERANCE = 1e-6
WORST: dict[str, float] = {}


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    jax.config.update("jax_enable_x64", True)
    import keras
    from keras.src.backend.common import dtypes

    # Keras' promotion table turns float64 into float32 on JAX, whatever floatx says; without this line the
    # differences are float32's, about 1e-7
    dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)
    for what, worst in sorted(WORST.items()):
        record_figure(
            f"Largest difference from Keras on JAX, float64: {what}",
            promised="1e-6",
            measured=f"{worst:.1e}",
            note=f"Keras {keras.__version__}",
        )
    WORST.clear()


def compare(what: str, ours: Any, theirs: Any) -> None:
    """Check that numbers agree to 1e-6, relative to 1 or to their size."""
    expected = np.asarray(theirs, "float64")
    difference = np.abs(np.asarray(ours, "float64") - expected) / np.maximum(1.0, np.abs(expected))
    WORST[what] = max(WORST.get(what, 0.0), float(difference.max(initial=0.0)))
    assert difference.max(initial=0.0) <= TOLERANCE
