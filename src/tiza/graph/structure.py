"""Nested tuples, lists and dictionaries of values, taken apart into leaves and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Structure:
    """How leaves are nested.

    Attributes:
        kind: `leaf`, `none`, `tuple`, `list` or `dict`.
        keys: the dictionary's keys, in order.
        parts: structures of the parts.
    """

    kind: str
    keys: tuple[Any, ...] = ()
    parts: tuple[Structure, ...] = ()

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return 1 if self.kind == "leaf" else sum(part.leaves for part in self.parts)


LEAF = Structure("leaf")


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of `value`, in order, and how they are nested.

    Example:
        >>> flatten({"w": 1, "b": (2, 3)})[0]
        [1, 2, 3]
    """
    if value is None:
        return [], Structure("none")
    if isinstance(value, dict):
        return _flatten_parts("dict", tuple(value), list(value.values()))
    if type(value) in (tuple, list):
        return _flatten_parts(type(value).__name__, (), value)
    return [value], LEAF


def _flatten_parts(kind: str, keys: tuple[Any, ...], parts: Sequence[Any]) -> tuple[list[Any], Structure]:
    leaves: list[Any] = []
    structures = []
    for part in parts:
        inner, structure = flatten(part)
        leaves.extend(inner)
        structures.append(structure)
    return leaves, Structure(kind, keys, tuple(structures))


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Return `leaves` nested as `structure` says.

    Example:
        >>> unflatten(flatten({"w": 1, "b": (2, 3)})[1], [10, 20, 30])
        {'w': 10, 'b': (20, 30)}
    """
    if structure.kind == "leaf":
        return leaves[0]
    if structure.kind == "none":
        return None
    parts = []
    start = 0
    for part in structure.parts:
        parts.append(unflatten(part, leaves[start : start + part.leaves]))
        start += part.leaves
    if structure.kind == "dict":
        return dict(zip(structure.keys, parts, strict=True))
    return tuple(parts) if structure.kind == "tuple" else parts


def leaf_names(structure: Structure, name: str) -> list[str]:
    """Return a name for each leaf, such as `params.w` or `pair[0]`."""
    if structure.kind == "leaf":
        return [name]
    names = []
    for position, part in enumerate(structure.parts):
        inner = f"{name}.{structure.keys[position]}" if structure.kind == "dict" else f"{name}[{position}]"
        names.extend(leaf_names(part, inner))
    return names
