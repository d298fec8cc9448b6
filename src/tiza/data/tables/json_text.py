"""Frozen records as JSON and back, checked field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from tiza.errors import DataError

Record = TypeVar("Record")
REMEDY = "read what to_json wrote"

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "tuple[str, ...]": (list,),
    "Mapping[str, str | int | float]": (dict,),
}
"""What JSON holds for a field, by the field's annotation."""


def entry_of(record: Any, tag: str) -> dict[str, Any]:
    """Return a record as a dictionary, told apart by its class attribute `tag`."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {tag: getattr(record, tag)} | {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def record_of(entry: object, tag: str, kinds: Mapping[str, type[Record]]) -> Record:
    """Return the record that a dictionary holds.

    Raises:
        DataError: another kind, a field that is missing or not known, or a value of another type.
    """
    values = dict(entry) if isinstance(entry, dict) else {}
    kind = kinds.get(values.pop(tag, None))
    if kind is None:
        raise DataError(f"JSON: got {entry!r}, expected {tag!r} to be one of {', '.join(kinds)}; {REMEDY}.")
    known = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]  # a dataclass by contract
    if set(values) != set(known):
        raise DataError(f"JSON: got the fields {', '.join(values)}, expected {', '.join(known)}; {REMEDY}.")
    return kind(**{name: _value(name, values[name], type_) for name, type_ in known.items()})


def _value(name: str, value: Any, type_: str) -> Any:
    expected = _TYPES[type_]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        raise DataError(f"JSON: got {value!r} for {name!r}, expected {type_}; {REMEDY}.")
    if isinstance(value, list):
        if not all(isinstance(one, str) for one in value):
            raise DataError(f"JSON: got {value!r} for {name!r}, expected texts; {REMEDY}.")
        return tuple(value)
    return float(value) if isinstance(value, int) and float in expected else value


def loaded(text: str, mark: str, version: int) -> dict[str, Any]:
    """Return the dictionary that JSON text holds.

    Raises:
        DataError: it is no JSON, or another kind, or another version.
    """
    try:
        entry = json.loads(text)
    except (TypeError, ValueError) as error:
        raise DataError(f"JSON: got text that is none ({error}); {REMEDY}.") from None
    if not isinstance(entry, dict) or entry.get(mark) != version:
        found = entry.get(mark) if isinstance(entry, dict) else type(entry).__name__
        raise DataError(f"JSON: got {found!r}, expected {mark!r} of version {version}; {REMEDY}.")
    expected = {mark, "columns", "target", "ignored", "dtype", "announcements"}
    if set(entry) != expected:
        raise DataError(f"JSON: got {', '.join(entry)}, expected {', '.join(sorted(expected))}; {REMEDY}.")
    return entry


def listed(entry: Mapping[str, Any], name: str, kind: type) -> list[Any]:
    """Return a list of the dictionary.

    Raises:
        DataError: it is no list, or holds something else.
    """
    found = entry[name]
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        raise DataError(f"JSON: got {found!r} for {name!r}, expected a list of {kind.__name__}; {REMEDY}.")
    return found
