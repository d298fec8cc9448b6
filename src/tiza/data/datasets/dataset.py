"""A data set: features, targets and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Features and targets with their names; `x, y = dataset` takes both out.

    Attributes:
        features: `(samples, features)`, float64; sequences `(samples, time, features)`, float64; images
            `(samples, height, width, channels)`, uint8.
        targets: `(samples,)`, one a sample: labels from 0 (int64), or quantities (float64).
        feature_names: a name for each column of the features; empty for images.
        class_names: a name for each label; empty where targets are quantities.
        description: what it is and where it is from, in a sentence or two.
    """

    features: Array
    targets: Array
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    description: str

    def __iter__(self) -> Iterator[Array]:
        """Yield the features, then the targets."""
        yield self.features
        yield self.targets
