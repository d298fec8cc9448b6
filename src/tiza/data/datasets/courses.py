"""The data that courses work by hand: a few rows, number for number."""

from __future__ import annotations

import numpy as np

from tiza.data.arguments import amount
from tiza.data.datasets.dataset import Dataset
from tiza.errors import DataError

_PEOPLE = ((60.0, 165.0), (73.0, 183.0), (69.0, 178.0), (54.0, 152.0))
_FEMALE = (1, 0, 0, 1)


def xor() -> Dataset:
    """Return exclusive or: features `(4, 2)`, float64; targets `(4,)`, int64.

    The target is 1 where exactly one input is. No single unit can learn it.

    Source: M. Minsky, S. Papert, "Perceptrons" (1969).

    Example:
        >>> x, y = xor()
        >>> x.tolist(), y.tolist()
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    return Dataset(
        np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
        np.array([0, 1, 1, 0], "int64"),
        ("x1", "x2"),
        ("0", "1"),
        "Exclusive or: 1 where exactly one of two inputs is 1. One unit cannot learn it, two layers can.",
    )


def four_people(origin: tuple[float, float] = (61.0, 167.0)) -> Dataset:
    """Return weight and height of four people: features `(4, 2)`, float64; targets `(4,)`, int64.

    They are Alice, Bob, Charlie and Diana.

    Args:
        origin: what is subtracted from the kilograms and the centimetres. The course subtracts 61 and 167;
            `(0, 0)` leaves what was measured: 60 165, 73 183, 69 178, 54 152.

    Raises:
        DataError: `origin` is not two finite numbers.

    Source: the course on numerical calculus and data science; M (0) and F (1) as it writes them. It calls 61
    and 167 minima; the minima are 54 and 152.

    Example:
        >>> x, y = four_people()
        >>> x.tolist(), y.tolist()
        ([[-1.0, -2.0], [12.0, 16.0], [8.0, 11.0], [-7.0, -15.0]], [1, 0, 0, 1])
    """
    if not isinstance(origin, tuple | list) or len(origin) != 2:
        raise DataError(f"origin: got {origin!r}, expected two numbers, such as (61, 167).")
    subtracted = [amount("origin", one, low=-np.inf) for one in origin]
    return Dataset(
        np.array(_PEOPLE) - subtracted,
        np.array(_FEMALE, "int64"),
        ("weight (kg)", "height (cm)"),
        ("M", "F"),
        "Weight and height of Alice, Bob, Charlie and Diana, less what the course subtracts from them.",
    )


def cats_and_dogs() -> Dataset:
    """Return the one animal a course measures, a dog: features `(1, 2)`, float64; targets `(1,)`, int64.

    Its ears are 8 cm long and it weighs 12 kg. Label 1 is the dog: the second of two output units.

    Source: the course on advanced data-science methods, section on the forward pass.

    Example:
        >>> x, y = cats_and_dogs()
        >>> x.tolist(), y.tolist()
        ([[8.0, 12.0]], [1])
    """
    return Dataset(
        np.array([[8.0, 12.0]]),
        np.array([1], "int64"),
        ("ear length (cm)", "weight (kg)"),
        ("cat", "dog"),
        "The dog of the course's forward pass, told from cats by the length of its ears and its weight.",
    )
