"""Images as grids of numbers: a network's input, its kernels and what its layers give of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from tiza.blackboard.decimals import exact, number_text, significant
from tiza.blackboard.targets import parse_target
from tiza.language import translatable, translate
from tiza.lessons.lesson import Lesson, Table

GAP = 4
_DIGITS = 4
_HEADING = translatable("The images, number by number")
_IMAGE = translatable("image")
_FILTER = translatable("filter")
_COLORS = (translatable("red"), translatable("green"), translatable("blue"))
_MAPS = {"z": translatable("sums"), "a": translatable("after ReLU")}
Titled = tuple[str, NDArray[np.float64]]


def image_table(lesson: Lesson) -> Table:
    """Return the image, the filters and what they make of it, one row of grids for each filter.

    The lesson's network begins with a Conv2D.
    """
    network = lesson.network
    model = lesson.model()
    (image,) = np.array(network.x)
    kernel = np.array(network.layers[0].weights["kernel"])  # (height, width, channels, filters)
    names = model.setting(network.x, network.y).plan.names
    layer = model.layers[0].name
    first = ",".join("0" * 3)
    nodes = {kind: parse_target(f"{layer}.{kind}[{first}]", names).node for kind in _MAPS}
    record = model.setting(network.x, network.y).record(tuple(nodes.values()))
    maps = {kind: np.asarray(record[node])[0] for kind, node in nodes.items()}
    shown = _channels(translate(_IMAGE), image)
    colored = len(shown) > 1
    rows = [side_by_side(shown)] if colored else []
    for index in range(kernel.shape[-1]):
        number = f" {index + 1}" if kernel.shape[-1] > 1 else ""
        grids: list[Titled] = [] if index or colored else list(shown)
        grids += _channels(translate(_FILTER) + number, kernel[..., index])
        grids += [(translate(_MAPS[kind]) + number, one[..., index]) for kind, one in maps.items()]
        rows.append(side_by_side(grids))
    return translate(_HEADING), "\n\n".join(rows)


def _channels(title: str, image: NDArray[np.float64]) -> list[Titled]:
    """Return an image of one channel whole, and of a color image each color apart."""
    if image.shape[-1] == 1:
        return [(title, image[..., 0])]
    channels = np.moveaxis(image, -1, 0)
    return [(f"{title}: {translate(color)}", one) for color, one in zip(_COLORS, channels, strict=True)]


def side_by_side(grids: Iterable[Titled]) -> str:
    """Return grids with their titles beside one another.

    Example:
        >>> print(side_by_side([("x", np.array([[1.0, -2.5], [10.0, 0.0]])), ("k", np.eye(2))]))
        x          k
         1  −2.5   1  0
        10     0   0  1
    """
    blocks = [[title, *grid_lines(grid)] for title, grid in grids]
    widths = [max(map(len, block)) for block in blocks]
    lines = zip_longest(*blocks, fillvalue="")
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return (" " * GAP).join(padded).rstrip()


def grid_lines(grid: NDArray[np.float64]) -> list[str]:
    """Return a grid's rows, its columns of one width."""
    texts = [[number_text(significant(exact(one), _DIGITS)) for one in row] for row in grid]
    width = max(len(text) for row in texts for text in row)
    return ["  ".join(text.rjust(width) for text in row) for row in texts]
