"""Sequences that are made: the class is told first and has to be remembered to the end."""

from __future__ import annotations

import numpy as np

from tiza.data.arguments import amount, seed_of, whole
from tiza.data.datasets.dataset import Dataset
from tiza.data.datasets.made import DECIMALS
from tiza.data.random import Stream


def latch(samples: int = 200, noise: float = 0.2, seed: int = 0, length: int = 50) -> Dataset:
    """Return sequences whose first number tells the class, and the rest of which is noise.

    Features `(samples, length, 1)`, float64; targets `(samples,)`, int64. The first number is -1 (class 0) or
    1 (class 1), every later one is noise about 0: to tell the class at the end, a network has to remember it
    over `length - 1` steps. The latching problem of Bengio, Simard and Frasconi (1994): the gradient of a
    plain recurrent network vanishes on the way, that of an LSTM need not.

    Args:
        samples: how many sequences; the classes alternate.
        noise: standard deviation of the later numbers.
        seed: of the noise; a larger set begins with the smaller one.
        length: steps of a sequence.

    Raises:
        DataError: an argument is out of its range.

    Example:
        >>> x, y = latch(samples=2, noise=0.0, length=3)
        >>> x[:, :, 0].tolist(), y.tolist()
        ([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [0, 1])
    """
    count, steps = whole("samples", samples), whole("length", length)
    deviation = amount("noise", noise)
    values = deviation * Stream.of(seed_of(seed), "latch").normal(count, steps)
    targets = np.arange(count, dtype="int64") % 2
    values[:, 0] = 2.0 * targets - 1.0
    features = np.round(values, DECIMALS)[:, :, None] + 0.0
    return Dataset(
        features,
        targets,
        ("x",),
        ("0", "1"),
        "The first number tells the class, the rest is noise: what recurrent networks must remember.",
    )
