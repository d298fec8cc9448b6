"""Data sets that are made: points in the plane and a noisy curve, as many as wanted.

Each row is a function of the seed and its own number, so a larger set begins with the smaller one. Numbers
are rounded to six decimals: they can be written down whole, and a last bit in which processors' sines differ
is gone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tiza.data.arguments import amount, seed_of, whole
from tiza.data.datasets.dataset import Dataset
from tiza.data.random import Stream

Array = np.ndarray[Any, Any]

DECIMALS = 6
"""Decimals that made numbers have."""

_PLANE = ("x1", "x2")


def moons(samples: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return two half circles that interlock: features `(samples, 2)`, float64; targets `(samples,)`, int64.

    With t from 0 to pi: class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t).

    Args:
        samples: how many points; the classes alternate.
        noise: standard deviation of what is added to each coordinate.
        seed: of the points.

    Raises:
        DataError: `samples` is not a whole number of at least 1, or `noise` is negative.

    Example:
        >>> moons(samples=3, noise=0.0).targets.tolist()
        [0, 1, 0]
    """
    points = _Points.of("moons", samples, noise, seed, classes=2)
    angle = math.pi * points.position
    upper = points.label == 0
    x = np.where(upper, np.cos(angle), 1.0 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return points.at(x, y, "Two half circles that interlock; no straight line separates them.")


def circles(samples: int = 200, noise: float = 0.05, seed: int = 0, factor: float = 0.5) -> Dataset:
    """Return a circle within a circle: features `(samples, 2)`, float64; targets `(samples,)`, int64.

    Class 0 has radius 1, class 1 radius `factor`.

    Args:
        samples: how many points; the classes alternate.
        noise: standard deviation of what is added to each coordinate.
        seed: of the points.
        factor: the inner radius, from 0 to 1.

    Raises:
        DataError: an argument is out of its range.

    Example:
        >>> x, y = circles(samples=4, noise=0.0)
        >>> np.hypot(*x.T).round(4).tolist()
        [1.0, 0.5, 1.0, 0.5]
    """
    points = _Points.of("circles", samples, noise, seed, classes=2)
    radius = np.where(points.label == 0, 1.0, amount("factor", factor, 0.0, 1.0))
    angle = 2.0 * math.pi * points.position
    return points.at(
        radius * np.cos(angle),
        radius * np.sin(angle),
        "A circle within a circle; no straight line separates them.",
    )


def spirals(
    samples: int = 200, noise: float = 0.02, seed: int = 0, classes: int = 2, turns: float = 1.5
) -> Dataset:
    """Return spirals around one another: features `(samples, 2)`, float64; targets `(samples,)`, int64.

    The arm of class k is r (cos a, sin a) with a = 2 pi (turns * r + k / classes) and r from 0.1 to 1.

    Args:
        samples: how many points; the classes alternate.
        noise: standard deviation of what is added to each coordinate.
        seed: of the points.
        classes: how many arms.
        turns: how often an arm goes around.

    Raises:
        DataError: an argument is out of its range.

    Example:
        >>> spirals(samples=6, classes=3).targets.tolist()
        [0, 1, 2, 0, 1, 2]
    """
    arms = whole("classes", classes, 2)
    points = _Points.of("spirals", samples, noise, seed, classes=arms)
    radius = 0.1 + 0.9 * points.position
    angle = 2.0 * math.pi * (amount("turns", turns) * radius + points.label / arms)
    return points.at(
        radius * np.cos(angle),
        radius * np.sin(angle),
        "Spirals around one another: small networks need patience.",
    )


def blobs(samples: int = 200, noise: float = 1.0, seed: int = 0, classes: int = 3) -> Dataset:
    """Return clouds of points: features `(samples, 2)`, float64; targets `(samples,)`, int64.

    The centre of class k is 4 (cos a, sin a) with a = 2 pi k / classes.

    Args:
        samples: how many points; the classes alternate.
        noise: standard deviation of each coordinate about the centre.
        seed: of the points.
        classes: how many clouds.

    Raises:
        DataError: an argument is out of its range.

    Example:
        >>> x, y = blobs(samples=3, noise=0.0)
        >>> x.tolist()
        [[4.0, 0.0], [-2.0, 3.464102], [-2.0, -3.464102]]
    """
    clouds = whole("classes", classes, 2)
    points = _Points.of("blobs", samples, noise, seed, classes=clouds)
    angle = 2.0 * math.pi * points.label / clouds
    return points.at(4.0 * np.cos(angle), 4.0 * np.sin(angle), "Clouds of points around centres on a circle.")


def noisy_sine(samples: int = 200, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Return a sine with noise, for regression: features `(samples, 1)`, targets `(samples,)`, both float64.

    y = sin(x) + noise, x spread evenly over [-pi, pi).

    Args:
        samples: how many points.
        noise: standard deviation of what is added to the sine.
        seed: of the points.

    Raises:
        DataError: `samples` is not a whole number of at least 1, or `noise` is negative.

    Example:
        >>> x, y = noisy_sine(samples=100, noise=0.0)
        >>> bool(np.allclose(y, np.sin(x[:, 0]), atol=1e-5))
        True
    """
    points = _Points.of("noisy_sine", samples, noise, seed, classes=1)
    x = math.pi * (2.0 * points.position - 1.0)
    y = np.sin(x) + points.noise[:, 0]
    return Dataset(
        _rounded(x[:, None]), _rounded(y), ("x",), (), "A sine with noise added: regression by a curve."
    )


class _Points:
    """What the made sets have in common: for each sample a label, a place along its curve, and noise."""

    def __init__(self, position: Array, label: Array, noise: Array, names: tuple[str, ...]) -> None:
        self.position, self.label, self.noise, self.names = position, label, noise, names

    @classmethod
    def of(cls, name: str, samples: object, noise: object, seed: object, classes: int) -> _Points:
        count = whole("samples", samples)
        deviation = amount("noise", noise)
        stream = Stream.of(seed_of(seed), name)
        return cls(
            stream.fold_in(0).uniform(count)[:, 0],
            np.arange(count, dtype="int64") % classes,
            deviation * stream.fold_in(1).normal(count, 2),
            tuple(map(str, range(classes))),
        )

    def at(self, x: Array, y: Array, description: str) -> Dataset:
        """Return the points about these places of the plane."""
        places = np.stack([x, y], axis=1) + self.noise
        return Dataset(_rounded(places), self.label, _PLANE, self.names, description)


def _rounded(values: Array) -> Array:
    # adding 0 turns -0 into 0
    rounded: Array = np.round(values, DECIMALS) + 0.0
    return rounded
