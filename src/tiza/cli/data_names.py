"""The data sets that the command line knows by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiza.data import datasets
from tiza.data.datasets import Dataset

MNIST = "mnist"

MADE: dict[str, Callable[..., Dataset]] = dict(datasets.MADE)
"""Sets of which there are as many samples as wanted."""

DATASETS: dict[str, Callable[..., Dataset]] = {**datasets.OF_COURSES, **MADE, **datasets.OF_SCIKIT_LEARN}

DATA_NAMES: dict[str, Any] = {MNIST: None, **DATASETS}
