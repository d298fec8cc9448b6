"""Minimal filtering: m outputs of a filter of r places from m + r - 1 products, and what computes them.

Polynomials of degree below n = m + r - 1 are told by their values at n points, one of them at infinity. With
B, G, A the matrices that take the input, the filter and the products there and back, outputs of one tile are

    y = A^T ((G g) * (B^T d)),     y_i = sum over k of g_k d_{i+k}

and in two dimensions Y = A^T ((G g G^T) * (B^T d B)) A. With f(x) = prod (x - a_l) over the finite points a,

    G[j,k] = a_j^k / prod_{l != j} (a_j - a_l)    B^T[j] = coefficients of f(x) / (x - a_j)    A[j,i] = a_j^i

and for the point at infinity G[k] = 1 at k = r - 1, B^T = coefficients of f, A[i] = 1 at i = m - 1.

Source: S. Winograd, Arithmetic Complexity of Computations, SIAM 1980; A. Lavin and S. Gray, Fast Algorithms
for Convolutional Neural Networks, CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

Array = Any
Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class Filtering:
    """The three matrices, exact.

    Attributes:
        outputs: m, outputs of a tile.
        inputs: B^T, from a tile of the input, (n, n).
        filters: G, from the filter, (n, r).
        results: A^T, from the products to the outputs, (m, n).
    """

    outputs: int
    inputs: Matrix
    filters: Matrix
    results: Matrix

    @property
    def size(self) -> int:
        """How long a tile of the input is, and how many products it takes."""
        return len(self.inputs)


def filtering(outputs: int, places: int, points: Sequence[Fraction]) -> Filtering:
    """Return the matrices for so many outputs of a filter of so many places, at these and at infinity.

    Example:
        >>> two = filtering(2, 3, [Fraction(0), Fraction(1), Fraction(-1)])
        >>> [[int(one) for one in row] for row in two.results]
        [[1, 1, 1, 0], [0, 1, -1, 1]]
    """
    inputs, filters = [], []
    for point in points:
        others = [one for one in points if one != point]
        scale = Fraction(1)
        for one in others:
            scale *= point - one
        inputs.append((*_with_roots(others), Fraction(0)))
        filters.append(tuple(point**place / scale for place in range(places)))
    inputs.append(_with_roots(points))
    filters.append(_unit(places))
    at_points = [tuple(point**row for row in range(outputs)) for point in points]
    return Filtering(outputs, tuple(inputs), tuple(filters), transposed((*at_points, _unit(outputs))))


def transposed(matrix: Matrix) -> Matrix:
    """Return a matrix with rows for columns."""
    return tuple(zip(*matrix, strict=True))


def both_sides(matrix: Matrix) -> Matrix:
    """Return the matrix that takes X, its rows one after another, to matrix X matrix^T."""
    return tuple(tuple(one * other for one in row for other in beside) for row in matrix for beside in matrix)


def numbers(matrix: Matrix) -> Array:
    """Return a matrix in float32, each number rounded once."""
    return np.array([[float(one) for one in row] for row in matrix], "float32")


def _unit(size: int) -> tuple[Fraction, ...]:
    return (*(Fraction(0),) * (size - 1), Fraction(1))


def _with_roots(roots: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return the coefficients, constant first, of the product of (x - root)."""
    found = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *found]
        found = [above - root * own for above, own in zip(shifted, [*found, Fraction(0)], strict=True)]
    return tuple(found)
