"""Keras on JAX in float64: the fixture that brings it, and the comparison of numbers with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from figures import record_agreement

TOLERANCE = 1e-6


@dataclass
class Agreement:
    """How far numbers of one kind have agreed: arrays compared, the largest difference, values of options."""

    comparisons: int = 0
    largest: float = 0.0
    options: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, difference: float, options: Mapping[str, Any]) -> None:
        """Count one array."""
        self.comparisons += 1
        self.largest = max(self.largest, difference)
        for name, value in options.items():
            self.options.setdefault(name, {})[_written(value)] = None


AGREED: dict[str, Agreement] = {}


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
    for what, one in sorted(AGREED.items()):
        record_agreement(
            f"Keras {keras.__version__} on JAX",
            what,
            promised=TOLERANCE,
            largest=one.largest,
            comparisons=one.comparisons,
            options=one.options,
        )
    AGREED.clear()


def compare(what: str, ours: Any, theirs: Any, options: Mapping[str, Any] | None = None) -> None:
    """Check that numbers agree to 1e-6, relative to 1 or to their size; those that do are recorded.

    Args:
        what: the kind of numbers, a row of the report.
        ours: Tiza's.
        theirs: Keras'.
        options: what the numbers were computed with, for the report.
    """
    expected = np.asarray(theirs, "float64")
    difference = np.abs(np.asarray(ours, "float64") - expected) / np.maximum(1.0, np.abs(expected))
    largest = float(difference.max(initial=0.0))
    assert largest <= TOLERANCE
    AGREED.setdefault(what, Agreement()).add(largest, options or {})


@contextmanager
def planted_fault() -> Iterator[None]:
    """Check that a comparison fails; nothing that is compared inside is recorded."""
    before = deepcopy(AGREED)
    with pytest.raises(AssertionError):
        yield
    AGREED.clear()
    AGREED.update(before)


def _written(value: Any) -> str:
    """Return an option's value in few words: of an object its kind, of a function its name."""
    if isinstance(value, bool | int | float | str | tuple | list | None):
        return str(value)
    return getattr(value, "__name__", type(value).__name__)
