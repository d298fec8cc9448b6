"""Names for parts of a network: a string, a function or an object all stand for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from tiza.errors import NameNotFoundError
from tiza.graph.primitive import unknown_name

Part = TypeVar("Part")


def find(kind: str, name: str, table: Mapping[str, Part]) -> Part:
    """Return the part called `name`.

    Raises:
        NameNotFoundError: there is none; the nearest names are suggested.

    Example:
        >>> find("color", "red", {"red": 1})
        1
    """
    if name not in table:
        raise NameNotFoundError(unknown_name(kind, name, table))
    return table[name]
