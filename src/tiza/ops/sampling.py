"""Reading images between their pixels: what moving and turning them is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import as_dtype
from tiza.ops.composite import clip
from tiza.ops.elementwise import bitwise_and, cast, floor, where
from tiza.ops.indexing import take
from tiza.ops.layout import broadcast_to, iota, reshape

INT32 = as_dtype("int32")


def _remainder(place: Tensor, size: int) -> Tensor:
    return place - floor(place / float(size)) * float(size)


def _reflected(place: Tensor, size: int) -> Tensor:
    """Return places of `d c b a | a b c d | d c b a`."""
    within = _remainder(place, 2 * size)
    return where(within < float(size), within, 2.0 * size - 1.0 - within)


def _nearest(place: Tensor, size: int) -> Tensor:
    return clip(place, 0.0, size - 1.0)


FILLINGS: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "constant": _nearest,
    "nearest": _nearest,
    "reflect": _reflected,
    "wrap": _remainder,
}
"""Where a whole place along an axis is read when it lies outside; `constant` masks it besides."""


def _pixels(images: Tensor, rows: Tensor, columns: Tensor, filling: str, value: float) -> Tensor:
    """Return the pixels at whole rows and columns, given as floats `(batch, height, width)`."""
    batch, height, width, channels = images.shape
    inside = [FILLINGS[filling](place, size) for place, size in ((rows, height), (columns, width))]
    row, column = (cast(place, INT32) for place in inside)
    first = iota(row.shape, 0) * (height * width)
    flat = reshape(images, (batch * height * width, channels))
    found = take(flat, first + row * width + column, axis=0)
    if filling != "constant":
        return found
    there = bitwise_and(
        bitwise_and(rows >= 0.0, rows <= height - 1.0), bitwise_and(columns >= 0.0, columns <= width - 1.0)
    )
    return where(broadcast_to(reshape(there, (*there.shape, 1)), found.shape), found, value)


def nearest_pixels(images: Tensor, rows: Tensor, columns: Tensor, filling: str, value: float) -> Tensor:
    """Return the pixels nearest to places: images `(batch, height, width, channels)`.

    Args:
        images: what is read.
        rows: `(batch, new height, new width)`, floats; 0 is the first row.
        columns: the same of columns.
        filling: a name in FILLINGS, for places outside.
        value: what `constant` reads there.
    """
    return _pixels(images, floor(rows + 0.5), floor(columns + 0.5), filling, value)


def bilinear_pixels(images: Tensor, rows: Tensor, columns: Tensor, filling: str, value: float) -> Tensor:
    """Return the mean of the four pixels about each place, by nearness; arguments as `nearest_pixels`."""
    top, left = floor(rows), floor(columns)
    down, right = (reshape(one, (*one.shape, 1)) for one in (rows - top, columns - left))

    def line(row: Tensor) -> Tensor:
        first = _pixels(images, row, left, filling, value)
        return first + (_pixels(images, row, left + 1.0, filling, value) - first) * broadcast_to(
            right, first.shape
        )

    upper = line(top)
    return upper + (line(top + 1.0) - upper) * broadcast_to(down, upper.shape)
