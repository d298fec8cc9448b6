"""A network as a drawing that needs no program: circles, lines, names of weights."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from tiza.exercises.blocks import Picture

_COLUMN, _ROW, _RADIUS, _MARGIN = 180, 72, 20, 26
_MOST_NAMED = 16
"""Weights between two layers that are named in the drawing."""
_FEW = 2
_LONGEST_NAME = 4
_NAME_AT, _NAME_AT_OF_FEW = 0.21, 0.32
"""Where on its line a weight's name stands: near its first unit, so that crossing lines keep apart."""


def network_svg(picture: Picture) -> str:
    """Return the drawing as SVG, in the colours of the text around it."""
    rows = max(len(layer) for layer in picture.layers)
    width = _COLUMN * (len(picture.layers) - 1) + 2 * _MARGIN
    height = _ROW * (rows - 1) + 2 * _MARGIN
    places: list[list[Place]] = [
        [
            (_MARGIN + _COLUMN * at, height / 2 + _ROW * (unit - (len(layer) - 1) / 2))
            for unit in range(len(layer))
        ]
        for at, layer in enumerate(picture.layers)
    ]
    parts = [*_arrows(picture, places), *_units(picture, places)]
    return (
        f'<svg class="network" viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" '
        f'role="img" aria-label="{escape(picture.told)}">{"".join(parts)}</svg>'
    )


Place = tuple[float, float]


def _arrows(picture: Picture, places: list[list[Place]]) -> Iterator[str]:
    for layer, (starts, ends) in enumerate(pairwise(places)):
        at = _NAME_AT_OF_FEW if max(len(starts), len(ends)) <= _FEW else _NAME_AT
        named = layer < len(picture.weights) and len(starts) * len(ends) <= _MOST_NAMED
        for start in starts:
            for end in ends:
                yield _line(start, end)
        for source, start in enumerate(starts) if named else ():
            for unit, end in enumerate(ends):
                name = picture.weights[layer][source][unit]
                if len(name) <= _LONGEST_NAME:
                    yield _name(start, end, name, at)


def _line(start: Place, end: Place) -> str:
    return f'<line x1="{start[0] + _RADIUS:g}" y1="{start[1]:g}" x2="{end[0] - _RADIUS:g}" y2="{end[1]:g}"/>'


def _name(start: Place, end: Place, name: str, at: float) -> str:
    x = start[0] + _RADIUS + (end[0] - start[0] - 2 * _RADIUS) * at
    y = start[1] + (end[1] - start[1]) * at
    return f'<text class="weight" x="{x:.1f}" y="{y:.1f}">{escape(name)}</text>'


def _units(picture: Picture, places: list[list[Place]]) -> Iterator[str]:
    for layer, names in zip(places, picture.layers, strict=True):
        for (x, y), name in zip(layer, names, strict=True):
            yield f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS}"/>'
            small = ' class="small"' if len(name) > _LONGEST_NAME - 1 else ""
            yield f'<text{small} x="{x:g}" y="{y:g}">{escape(name)}</text>'
