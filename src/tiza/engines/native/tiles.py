"""Images in tiles, taken to the points of a minimal filtering and back, written with the graph's primitives.

A value at the points is `(batch, n n, tiles down, tiles across, channels)`: what follows is one product for
each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tiza.engines.native.minimal_filtering import Filtering, Matrix, transposed
from tiza.graph.tensor import Tensor, apply
from tiza.ops.layout import PAD, concatenate, reshape, slice_axis, transpose

Grid = list[list[Tensor]]
"""One value for each place of a tile, each (batch, tiles down, tiles across, channels)."""


@dataclass(frozen=True, slots=True)
class Axis:
    """How an axis of an image is cut into tiles.

    Attributes:
        step: from one tile to the next, its outputs.
        count: how many there are.
    """

    step: int
    count: int


def axis_of(outputs: int, filters: Filtering) -> Axis:
    """Return the tiles that make so many outputs."""
    return Axis(filters.outputs, -(-outputs // filters.outputs))


def in_tiles(image: Tensor, axes: Sequence[Axis], before: Sequence[int], size: int) -> Grid:
    """Return places of tiles of `size` rows and columns of an image, which begin `before` its first ones."""
    return [
        [_place(image, axes, (down - before[0], across - before[1])) for across in range(size)]
        for down in range(size)
    ]


def _place(image: Tensor, axes: Sequence[Axis], first: tuple[int, int]) -> Tensor:
    """Return one place of every tile, zeros where that is outside the image; it is inside in some tile."""
    value = image
    low, high = [0] * 4, [0] * 4
    for position, (axis, start) in enumerate(zip(axes, first, strict=True), 1):
        inside = [tile for tile in range(axis.count) if 0 <= start + tile * axis.step < image.shape[position]]
        low[position], high[position] = inside[0], axis.count - 1 - inside[-1]
        begin = start + inside[0] * axis.step
        value = slice_axis(value, position, begin, start + inside[-1] * axis.step + 1, axis.step)
    if not any((*low, *high)):
        return value
    return apply(PAD, (value,), low=tuple(low), high=tuple(high), between=(0,) * 4)


def at_points(matrix: Matrix, places: Grid) -> Tensor:
    """Return matrix places matrix^T of every tile, in the order that products take."""
    return joined_tiles(both_ways(matrix, places))


def in_a_row(value: Tensor) -> Tensor:
    """Return a value at the points with its tiles along one axis, (batch, points, tiles, channels)."""
    batch, points, down, across, channels = value.shape
    return reshape(value, (batch, points, down * across, channels))


def joined_tiles(places: Grid) -> Tensor:
    """Return the places of tiles as one value, (batch, places, tiles down, tiles across, channels)."""
    parts = [one for row in places for one in row]
    batch, *others = parts[0].shape
    return concatenate([reshape(one, (batch, 1, *others)) for one in parts], axis=1)


def from_points(value: Tensor, axes: Sequence[Axis], size: int) -> Grid:
    """Return the parts of a value at the points, one for each of them."""
    batch, *_, channels = value.shape
    shape = (batch, *(axis.count for axis in axes), channels)
    split = reshape(value, (batch, size * size, *shape[1:]))
    parts = [reshape(slice_axis(split, 1, point, point + 1), shape) for point in range(size * size)]
    return [list(parts[start : start + size]) for start in range(0, size * size, size)]


def side_by_side(places: Grid, lengths: Sequence[int]) -> Tensor:
    """Return tiles as an image, cut to its lengths: row t s + k is place k of tile t."""
    size = len(places)
    batch, down, across, channels = places[0][0].shape
    split = reshape(joined_tiles(places), (batch, size, size, down, across, channels))
    split = transpose(split, (0, 3, 1, 4, 2, 5))
    image = reshape(split, (batch, down * size, across * size, channels))
    for axis, length in enumerate(lengths, 1):
        image = slice_axis(image, axis, 0, length)
    return image


def overlapping(places: Grid, axes: Sequence[Axis], lengths: Sequence[int]) -> Tensor:
    """Return the sum of tiles that overlap: what row u = t s + k gets of place k of every tile t."""
    down, across = axes

    def shares(row: int, column: int) -> Tensor:
        found = [
            _moved(places[one][other], (one // down.step, other // across.step))
            for one in range(row, len(places), down.step)
            for other in range(column, len(places), across.step)
        ]
        return _sum([Fraction(1)] * len(found), found)

    sums: Grid = [[shares(row, column) for column in range(across.step)] for row in range(down.step)]
    return side_by_side(sums, lengths)


def _moved(value: Tensor, by: tuple[int, int]) -> Tensor:
    """Return a place of tiles as seen so many tiles further, where there is one more of them."""
    high = (0, 1 - by[0], 1 - by[1], 0)
    return apply(PAD, (value,), low=(0, *by, 0), high=high, between=(0,) * 4)


def both_ways(matrix: Matrix, grid: Grid) -> Grid:
    """Return matrix grid matrix^T."""
    columns = [_applied(matrix, column) for column in zip(*grid, strict=True)]
    return [_applied(matrix, row) for row in zip(*columns, strict=True)]


def _applied(matrix: Matrix, values: Sequence[Tensor]) -> list[Tensor]:
    """Return matrix values; what rows or columns of opposite points have in common is computed once."""
    rows, terms = _paired(matrix, values)
    found: list[Tensor] = []
    while rows:
        row, *rows = rows
        if not rows or not _are_mirrored(row, rows[0]):
            found.append(_sum(row, terms))
            continue
        other, *rows = rows
        even = _sum([one if one == mirrored else Fraction(0) for one, mirrored in _pairs(row, other)], terms)
        odd = _sum([one if one != mirrored else Fraction(0) for one, mirrored in _pairs(row, other)], terms)
        found += [even + odd, even - odd]
    return found


def _paired(matrix: Matrix, values: Sequence[Tensor]) -> tuple[list[Sequence[Fraction]], list[Tensor]]:
    """Return rows and terms in which mirrored columns are one of the values' sum, one of their difference."""
    columns, terms = list(transposed(matrix)), list(values)
    for at in range(len(columns) - 1):
        if _are_mirrored(columns[at], columns[at + 1]):
            pairs = _pairs(columns[at], columns[at + 1])
            first, second = terms[at : at + 2]
            terms[at : at + 2] = [first + second, first - second]
            columns[at] = tuple(one if one == other else Fraction(0) for one, other in pairs)
            columns[at + 1] = tuple(one if one != other else Fraction(0) for one, other in pairs)
    return list(transposed(tuple(columns))), terms


def _are_mirrored(first: Sequence[Fraction], second: Sequence[Fraction]) -> bool:
    """Return whether factors are the same but for the sign of some, not of all."""
    pairs = _pairs(first, second)
    alike = all(abs(one) == abs(other) for one, other in pairs)
    return (
        alike and any(one == other != 0 for one, other in pairs) and any(one != other for one, other in pairs)
    )


def _pairs(first: Sequence[Fraction], second: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
    return list(zip(first, second, strict=True))


def _sum(factors: Sequence[Fraction], values: Sequence[Tensor]) -> Tensor:
    """Return the sum of factors times values; not all factors are 0."""
    terms = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor]
    # one that is not multiplied first
    (factor, value), *others = sorted(terms, key=lambda term: term[0] != 1)
    total = value if factor == 1 else value * float(factor)
    for factor, value in others:
        if abs(factor) == 1:
            total = total + value if factor == 1 else total - value
        else:
            total = total + value * float(factor)
    return total
