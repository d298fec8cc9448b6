"""Preparing a table: what each column is, what becomes of it, and what is announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from tiza.data.arguments import whole
from tiza.data.scaling import Standardizer
from tiza.data.tables.announcements import Announcement, announce, listed
from tiza.data.tables.columns import CategoryColumn, FeatureColumn, NumberColumn, YesNoColumn
from tiza.data.tables.kinds import ASKED, Kind, Refusal, checked_kind, kind_of, yes_no_words
from tiza.data.tables.preparation import TablePreparation
from tiza.data.tables.reading import read_table
from tiza.data.tables.table import Column, Table, naming
from tiza.data.tables.targets import TASKS, ClassTarget, RegressionTarget, Target
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

MOST_CATEGORIES = 20
"""Categories that a column may have, unless told otherwise."""

MOST_CLASSES = 1000
"""Classes that a target may have."""

MOST_NUMBERS_FOR_CLASSES = 10
"""Distinct whole numbers up to which a target of numbers is taken for classes."""


class Rare(StrEnum):
    """What happens when there are too many categories."""

    REFUSE = "refuse"
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTable:
    """A table as numbers, and how it was prepared; `x, y = prepared` takes the numbers out.

    Attributes:
        features: `(rows, features)`.
        targets: `(rows,)`: labels (int64) or numbers; None without a target.
        preparation: what was done, for new rows.
    """

    features: Array
    targets: Array | None
    preparation: TablePreparation

    def __iter__(self) -> Any:
        """Yield the features, then the targets."""
        return iter((self.features, self.targets))


@dataclass(frozen=True, slots=True)
class _Rules:
    """What `prepare_table` was asked for."""

    kinds: Mapping[str, Kind]
    most_categories: int
    rare: Rare
    indicators: bool

    def kind_of(self, column: Column) -> Kind | Refusal:
        """Return what a column is taken for, or why it cannot be used."""
        joins = self.rare == Rare.OTHER
        asked = self.kinds.get(column.name)
        if asked is None:
            return kind_of(column, self.most_categories, joins)
        return checked_kind(column, asked, self.most_categories, joins)


def prepare_table(
    source: object,
    target: str | None = None,
    *,
    task: str | None = None,
    columns: Mapping[str, str] | None = None,
    most_categories: int = MOST_CATEGORIES,
    rare: str = "refuse",
    indicators: bool = False,
    standardize_target: bool = True,
    dtype: str = "float32",
) -> PreparedTable:
    """Return a table as numbers: `features (rows, features)`, `targets (rows,)` and the preparation.

    Numbers are standardized (gaps filled with the median first), categories one-hot encoded (gaps are a
    category), yes and no become 1 and 0, constant columns are left out. Dates, texts, identifiers and
    numbers with units are refused, all in one error that names each column, the reason and the remedy. What
    was done stands in `preparation.announcements`.

    Args:
        source: whatever `tiza.data.read_table` takes: a path, a DataFrame, columns, rows.
        target: the column to predict; rows whose target is a gap are left out.
        task: `regression` or `classification`; found from the target if None: texts, yes or no, and at most
            ten distinct whole numbers are classes.
        columns: what a column is to be taken for, by name: `number`, `category`, `yes_no` or `drop`.
        most_categories: how many categories a column may have.
        rare: with more categories: `refuse`, or keep the most frequent and join the rest as `other`.
        indicators: whether a further feature tells where the gaps of a number were.
        standardize_target: whether the target of a regression is standardized; `preparation.predictions`
            turns outputs back.
        dtype: of the features and of targets that are numbers.

    Raises:
        DataError: an argument is not one of these, the target is missing or cannot be used, a column is
            refused, or none is left.

    Example:
        >>> prepared = prepare_table(
        ...     {"kg": [60, 73, 69, 54], "sport": ["no", "yes", "yes", "no"], "sex": list("FMMF")},
        ...     target="sex",
        ... )
        >>> x, y = prepared
        >>> x.round(2).tolist(), y.tolist()
        ([[-0.54, 0.0], [1.21, 1.0], [0.67, 1.0], [-1.35, 0.0]], [0, 1, 1, 0])
        >>> for line in prepared.preparation.announcements:
        ...     print(line)
        sex: target, 2 classes (F, M).
        kg: number, standardized: less 64, divided by 7.44983.
        sport: yes or no; no is 0, yes is 1.
    """
    raw = read_table(source)
    rules = _rules(raw, columns, most_categories, rare, indicators)
    announcements: list[Announcement] = []
    goal: Target | None = None
    if target is None:
        if task is not None:
            raise DataError(f"task: got {task!r} without a target; give target=, the column to predict.")
    else:
        raw = _with_targets(raw, target, announcements)
        column = raw.column(target)
        with naming(raw):
            goal = _target(column, rules, task, standardize_target, announcements)
    made, ignored = _feature_columns(raw, target, rules, announcements)
    preparation = TablePreparation(made, goal, ignored, dtype, tuple(announcements))
    return PreparedTable(
        preparation.prepare(raw), None if goal is None else preparation.targets(raw), preparation
    )


def _rules(
    raw: Table, columns: Mapping[str, str] | None, most_categories: int, rare: str, indicators: bool
) -> _Rules:
    kinds = {}
    for name, kind in (columns or {}).items():
        raw.column(name)
        kinds[name] = Kind(_one_of(f"columns[{name!r}]", kind, ASKED))
    return _Rules(
        kinds, whole("most_categories", most_categories), Rare(_one_of("rare", rare, Rare)), indicators
    )


def _one_of(name: str, value: str, names: Iterable[str]) -> str:
    if value not in list(names):
        raise DataError(f"{name}: got {value!r}, expected {' or '.join(repr(str(one)) for one in names)}.")
    return value


def _with_targets(raw: Table, target: str, announcements: list[Announcement]) -> Table:
    """Return the rows whose target is known."""
    gaps = raw.column(target).gaps
    if not gaps.any():
        return raw
    if gaps.all():
        raise DataError(f"{raw.source}: target {target!r}: got only gaps, expected what is to be predicted.")
    announcements.append(announce("target_gaps", target, count=int(gaps.sum())))
    return raw[~gaps]


def _target(
    column: Column, rules: _Rules, task: str | None, standardize: bool, announcements: list[Announcement]
) -> Target:
    if task is not None:
        _one_of("task", task, TASKS)
    kind = _target_kind(column, rules, task)
    if kind == Kind.NUMBER and (task == "regression" or not _few_whole_numbers(column)):
        return _regression(column, standardize, announcements)
    if kind == Kind.NUMBER:
        announcements.append(announce("target_numbers_as_classes", column.name))
    names = tuple(sorted(set(column.present), key=_sorting_key(column)))
    announcements.append(announce("target_classes", column.name, count=len(names), classes=listed(names)))
    return ClassTarget(column.name, names)


def _target_kind(column: Column, rules: _Rules, task: str | None) -> Kind:
    asked = rules.kinds.get(column.name) or {"regression": Kind.NUMBER, "classification": Kind.CATEGORY}.get(
        task or ""
    )
    found = (
        kind_of(column, MOST_CLASSES, False)
        if asked is None
        else checked_kind(column, asked, MOST_CLASSES, False)
    )
    if isinstance(found, Refusal):
        raise DataError(f"target {found}")
    if found == Kind.DROP:
        raise DataError(
            f"columns[{column.name!r}]: got 'drop' for the target, expected another kind or target."
        )
    if len(set(column.present)) < 2 or found == Kind.CONSTANT:
        raise DataError(
            f"target {column.name!r}: got {column.present[0]!r} in every row, expected at least two "
            "different values; there is nothing to learn."
        )
    return found


def _few_whole_numbers(column: Column) -> bool:
    numbers = column.numbers
    assert numbers is not None
    return bool(np.equal(numbers, np.floor(numbers)).all()) and len(set(numbers)) <= MOST_NUMBERS_FOR_CLASSES


def _sorting_key(column: Column) -> Any:
    """Numbers are sorted by size, texts by their letters; no comes before yes in both languages."""
    if column.numbers is None:
        return str
    sign = column.decimal
    return lambda text: (float(text.replace(sign, ".")), text)


def _regression(column: Column, standardize: bool, announcements: list[Announcement]) -> RegressionTarget:
    numbers = column.numbers
    assert numbers is not None
    if not standardize:
        announcements.append(announce("target_number", column.name))
        return RegressionTarget(column.name)
    mean, deviation = _mean_and_deviation(numbers)
    announcements.append(announce("target_standardized", column.name, mean=mean, deviation=deviation))
    return RegressionTarget(column.name, mean, deviation)


def _mean_and_deviation(numbers: Array) -> tuple[float, float]:
    scaling = Standardizer().fit(numbers)
    return float(scaling.shift), float(scaling.scale)


def _feature_columns(
    raw: Table, target: str | None, rules: _Rules, announcements: list[Announcement]
) -> tuple[tuple[FeatureColumn, ...], tuple[str, ...]]:
    """Return what becomes of the columns, and the names of those that are left out."""
    found = [(column, rules.kind_of(column)) for column in raw.columns if column.name != target]
    refusals = [str(kind) for _, kind in found if isinstance(kind, Refusal)]
    if refusals:
        raise DataError(f"{raw.source}: " + "\n".join(refusals))
    made: list[FeatureColumn] = []
    ignored: list[str] = []
    for column, kind in found:
        assert isinstance(kind, Kind)
        if kind in _LEFT_OUT:
            values = {"value": column.present[0]} if kind == Kind.CONSTANT else {}
            announcements.append(announce(_LEFT_OUT[kind], column.name, **values))
            ignored.append(column.name)
        else:
            made.append(_MAKERS[kind](column, rules, announcements))
    if not made:
        left_out = f" ({', '.join(ignored)} left out)" if ignored else ""
        raise DataError(
            f"{raw.source}: got no column that can be a feature{left_out}, expected at least one."
        )
    return tuple(made), tuple(ignored)


def _number_column(column: Column, rules: _Rules, announcements: list[Announcement]) -> NumberColumn:
    numbers, gaps = column.numbers, column.gaps
    assert numbers is not None
    fill = float(np.median(numbers[~gaps])) if gaps.any() else None
    mean, deviation = _mean_and_deviation(numbers if fill is None else np.where(gaps, fill, numbers))
    announcements.append(announce("number", column.name, mean=mean, deviation=deviation))
    if fill is not None:
        announcements.append(announce("gaps_filled", column.name, count=int(gaps.sum()), value=fill))
    if _counts_rows(numbers):
        announcements.append(announce("row_numbers", column.name))
    indicator = rules.indicators and fill is not None
    if indicator:
        announcements.append(announce("gaps_indicated", column.name))
    return NumberColumn(column.name, mean, deviation, fill, indicator)


def _counts_rows(numbers: Array) -> bool:
    return len(numbers) > 2 and numbers[0] in (0.0, 1.0) and bool((np.diff(numbers) == 1.0).all())


def _category_column(column: Column, rules: _Rules, announcements: list[Announcement]) -> CategoryColumn:
    counts = Counter(column.present)
    # the most frequent first, those of the same count by name
    frequent = sorted(counts, key=lambda text: (-counts[text], text))[: rules.most_categories]
    kept = tuple(sorted(frequent, key=_sorting_key(column)))
    gaps = int(column.gaps.sum())
    announcements.append(announce("category", column.name, count=len(kept), categories=listed(kept)))
    joined = len(counts) - len(kept)
    if joined:
        announcements.append(announce("rare_joined", column.name, kept=len(kept), joined=joined))
    if gaps:
        announcements.append(announce("gaps_as_category", column.name, count=gaps))
    return CategoryColumn(column.name, kept, joined > 0, gaps > 0)


def _yes_no_column(column: Column, rules: _Rules, announcements: list[Announcement]) -> YesNoColumn:
    words = yes_no_words(column)
    assert words is not None
    no, yes = words
    announcements.append(announce("yes_no", column.name, no=no, yes=yes))
    return YesNoColumn(column.name, no, yes)


_LEFT_OUT = {
    Kind.CONSTANT: "dropped_constant",
    Kind.EMPTY: "dropped_empty",
    Kind.DROP: "dropped_as_asked",
}
_MAKERS = {
    Kind.NUMBER: _number_column,
    Kind.CATEGORY: _category_column,
    Kind.YES_NO: _yes_no_column,
}
