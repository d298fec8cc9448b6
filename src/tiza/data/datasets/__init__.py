"""Data sets that need no network: shipped inside the package, made by it, or read from scikit-learn."""

from collections.abc import Callable

from tiza.data.datasets import mnist
from tiza.data.datasets.courses import cats_and_dogs, four_people, xor
from tiza.data.datasets.dataset import Dataset
from tiza.data.datasets.made import blobs, circles, moons, noisy_sine, spirals
from tiza.data.datasets.scikit_learn import breast_cancer, diabetes, digits, iris, wine
from tiza.data.datasets.sequences import latch

__all__ = [
    "MADE",
    "OF_COURSES",
    "OF_SCIKIT_LEARN",
    "Dataset",
    "blobs",
    "breast_cancer",
    "cats_and_dogs",
    "circles",
    "diabetes",
    "digits",
    "four_people",
    "iris",
    "latch",
    "mnist",
    "moons",
    "noisy_sine",
    "spirals",
    "wine",
    "xor",
]

OF_COURSES: dict[str, Callable[..., Dataset]] = {
    one.__name__: one for one in (xor, four_people, cats_and_dogs)
}
"""Sets that courses work by hand, by name."""

MADE: dict[str, Callable[..., Dataset]] = {
    one.__name__: one for one in (moons, circles, spirals, blobs, noisy_sine)
}
"""Sets made with samples, noise and seed, by name."""

OF_SCIKIT_LEARN: dict[str, Callable[..., Dataset]] = {
    one.__name__: one for one in (digits, iris, wine, diabetes, breast_cancer)
}
"""Sets read from scikit-learn, by name; they need the extra `sklearn`."""
