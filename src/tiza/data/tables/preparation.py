"""A table's preparation: how raw rows become numbers, now and later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.data.tables.announcements import Announcement
from tiza.data.tables.columns import KINDS, FeatureColumn
from tiza.data.tables.json_text import entry_of, listed, loaded, record_of
from tiza.data.tables.reading import read_table
from tiza.data.tables.table import Table, naming
from tiza.data.tables.targets import TASKS, ClassTarget, Target
from tiza.errors import DataError
from tiza.graph.tensor_type import FLOAT_DTYPES, as_dtype
from tiza.nn.targets import converted

Array = np.ndarray[Any, Any]

FORMAT = "tiza.table_preparation"
"""Key that tells a preparation from other JSON; its value is the version."""

VERSION = 1


@dataclass(frozen=True, slots=True)
class TablePreparation:
    """How the rows of a table become features and targets.

    Attributes:
        columns: what becomes of each column, in the order of the features.
        target: what is predicted; None if nothing.
        ignored: columns that are left out.
        dtype: of the features, and of targets that are numbers.
        announcements: what was done, and why.
    """

    columns: tuple[FeatureColumn, ...]
    target: Target | None = None
    ignored: tuple[str, ...] = ()
    dtype: str = "float32"
    announcements: tuple[Announcement, ...] = ()

    def __post_init__(self) -> None:
        if self.dtype not in map(str, FLOAT_DTYPES):
            raise DataError(f"dtype: got {self.dtype!r}, expected 'float32' or 'float64'.")
        if not self.columns:
            raise DataError("columns: got none, expected at least one column that becomes features.")
        names = [*(column.name for column in self.columns), *self.ignored, *self._target_names()]
        if len(set(names)) != len(names):
            raise DataError(f"columns: got {', '.join(names)}, expected each name once.")

    def _target_names(self) -> tuple[str, ...]:
        return () if self.target is None else (self.target.name,)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each feature."""
        return tuple(name for column in self.columns for name in column.feature_names())

    @property
    def task(self) -> str | None:
        """`regression`, `classification`, or None without a target."""
        return None if self.target is None else self.target.task

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, by label; empty for a regression."""
        return self.target.class_names if isinstance(self.target, ClassTarget) else ()

    def prepare(self, rows: object) -> Array:
        """Return the features of raw rows, `(rows, features)`.

        Args:
            rows: whatever `tiza.data.read_table` takes, with the columns of the prepared table, in any
                order; the target and columns that are left out may be missing.

        Raises:
            DataError: a column is missing or not known, a cell holds what it never held: a text for a number,
                a category not seen (unless there is a feature for others), a gap where there was none.
        """
        raw = read_table(rows)
        self._check_columns(raw)
        with naming(raw):
            parts = [column.encode(raw.column(column.name)) for column in self.columns]
        dtype = as_dtype(self.dtype)
        return np.concatenate(
            [
                converted(f"column {one.name!r}", part, dtype)
                for one, part in zip(self.columns, parts, strict=True)
            ],
            axis=1,
        )

    def _check_columns(self, raw: Table) -> None:
        needed = [column.name for column in self.columns]
        missing = [name for name in needed if name not in raw.names]
        if missing:
            raise DataError(
                f"{raw.source}: got no column {', '.join(map(repr, missing))}, expected {', '.join(needed)}; "
                "add it, or prepare the table without it."
            )
        known = {*needed, *self.ignored, *self._target_names()}
        new = [name for name in raw.names if name not in known]
        if new:
            raise DataError(
                f"{raw.source}: got a new column {', '.join(map(repr, new))}, expected {', '.join(needed)}; "
                "leave it out, or prepare the table anew."
            )

    def targets(self, rows: object) -> Array:
        """Return the targets of raw rows, `(rows,)`: labels (int64), or numbers as they were prepared.

        Raises:
            DataError: there is no target, its column is missing, or a cell holds what it never held.
        """
        target = self._needed_target()
        raw = read_table(rows)
        column = raw.column(target.name)
        with naming(raw):
            found = target.encode(column)
        return found if found.dtype.kind == "i" else converted("target", found, as_dtype(self.dtype))

    def predictions(self, outputs: object) -> Array:
        """Return a model's outputs in the target's words: `(rows,)`, numbers in its units or class names.

        Raises:
            DataError: there is no target, or the outputs have another shape.
        """
        return self._needed_target().decode(outputs)

    def _needed_target(self) -> Target:
        if self.target is None:
            raise DataError(
                "target: the table was prepared without one; give prepare_table(..., target=name)."
            )
        return self.target

    def to_json(self) -> str:
        """Return the preparation as JSON text, which `from_json` reads.

        Example:
            >>> from tiza.data.tables.preparing import prepare_table
            >>> preparation = prepare_table({"x": [1, 2, 4], "y": ["a", "b", "a"]}, "y").preparation
            >>> TablePreparation.from_json(preparation.to_json()) == preparation
            True
        """
        parts = {
            "columns": [entry_of(column, "kind") for column in self.columns],
            "target": None if self.target is None else entry_of(self.target, "task"),
            "ignored": list(self.ignored),
            "dtype": self.dtype,
            "announcements": [{"kind": one.kind, "values": dict(one.values)} for one in self.announcements],
        }
        return json.dumps({FORMAT: VERSION, **parts}, ensure_ascii=False, allow_nan=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> TablePreparation:
        """Return the preparation that `to_json` wrote.

        Raises:
            DataError: the text is something else; what is wrong is named.
        """
        entry = loaded(text, FORMAT, VERSION)
        target = entry["target"]
        return cls(
            tuple(record_of(one, "kind", KINDS) for one in listed(entry, "columns", dict)),
            None if target is None else record_of(target, "task", TASKS),
            tuple(listed(entry, "ignored", str)),
            str(entry["dtype"]),
            tuple(
                record_of({"record": "announcement", **one}, "record", {"announcement": Announcement})
                for one in listed(entry, "announcements", dict)
            ),
        )
