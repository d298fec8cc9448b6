"""Names for parts of a network: a string, a function or an object all stand for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from tiza.errors import ModelError, NameNotFoundError
from tiza.graph.primitive import unknown_name

Part = TypeVar("Part")


def is_text(value: object) -> bool:
    """Whether `value` is text; what users give may be anything."""
    return isinstance(value, str)


def find(kind: str, name: str, table: Mapping[str, Part]) -> Part:
    """Return the part called `name`.

    Raises:
        NameNotFoundError: there is none; the nearest names are suggested.
        ModelError: `name` is no text.

    Example:
        >>> find("color", "red", {"red": 1})
        1
    """
    if not is_text(name):
        raise ModelError(f"{kind}: got {name!r}, expected a name ({', '.join(sorted(table))}) or an object.")
    if name not in table:
        raise NameNotFoundError(unknown_name(kind, name, table))
    return table[name]
