"""What a page is made of, apart from its format; text and formulas are already in that format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 begins a page."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more; `soft` ones say something beside."""

    text: str
    soft: bool = False


@dataclass(frozen=True)
class Facts:
    """Terms with what they stand for; what has no term goes on with the one before."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table; the first column names the rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Fields:
    """Names with room for their values."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Values:
    """Short equations, side by side."""

    equations: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """Numbered lines of a calculation."""

    rows: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Code:
    """Text to be typed, line by line; a `title` folds it away where the format can."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Picture:
    """A network.

    Attributes:
        layers: names of inputs and units, layer by layer.
        weights: name of the weight from each unit to each one of the next layer; empty where not written.
        told: the same in a sentence.
    """

    layers: tuple[tuple[str, ...], ...]
    weights: tuple[tuple[tuple[str, ...], ...], ...]
    told: str


Block: TypeAlias = Heading | Paragraph | Facts | Table | Fields | Values | Lines | Code | Picture
Sheet: TypeAlias = tuple[Block, ...]
"""One exercise."""
