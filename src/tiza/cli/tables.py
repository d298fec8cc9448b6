"""Tables for the command line: CSV files, and the data sets that come with Tiza."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from tiza.cli.data_names import DATA_NAMES, DATASETS, MADE
from tiza.data.datasets import Dataset
from tiza.data.tables import Table, read_csv
from tiza.data.tables.cells import MISSING
from tiza.data.tables.table import Column
from tiza.language import translate

CLASS, QUANTITY = "class", "y"
"""What the target of a data set is called in a table, by what it is."""


def read_rows(
    source: str,
    samples: int | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] | None = (),
) -> Table:
    """Return the table that a CSV file holds, or that a data set makes.

    Args:
        source: the path, or the name.
        samples: how many rows, the first; all if None.
        encoding: how characters are written in the file; as `tiza.data.tables.read_csv`.
        decimal: what stands before decimals in it; as there.
        missing: texts in it that mean a gap, besides the usual ones.

    Raises:
        click.UsageError: it is neither; the nearest name is suggested.
        DataError: the file is no table.
    """
    if source in DATASETS:
        return table_of_dataset(dataset(source, samples), source)
    check_is_file(source)
    table = read_csv(source, None, decimal, encoding, (*MISSING, *(missing or ())))
    return table if samples is None else table[:samples]


def check_is_file(source: str) -> None:
    """Check that what is no name of a data set can be a file.

    Raises:
        click.UsageError: it cannot; the nearest name is suggested.
    """
    if not Path(source).suffix and not Path(source).exists():
        near = difflib.get_close_matches(source, list(DATA_NAMES), cutoff=0.5)
        names = ", ".join(near or DATA_NAMES)
        raise click.UsageError(
            translate("There are no data {source!r}. Did you mean {names}?", source=source, names=names)
            if near
            else translate(
                "There are no data {source!r}: no such file, and the data sets are {names}.",
                source=source,
                names=names,
            )
        )


def dataset(name: str, samples: int | None) -> Dataset:
    """Return a data set, its first rows."""
    if name in MADE:
        return DATASETS[name]() if samples is None else DATASETS[name](samples=samples)
    whole = DATASETS[name]()
    return Dataset(
        whole.features[:samples],
        whole.targets[:samples],
        whole.feature_names,
        whole.class_names,
        whole.description,
    )


def table_of_dataset(known: Dataset, source: str = "table") -> Table:
    """Return a data set as a table whose last column is the target, classes by their names.

    Example:
        >>> from tiza.data.datasets import xor
        >>> table_of_dataset(xor()).names
        ('x1', 'x2', 'class')
    """
    features = [
        Column(name, np.asarray(known.features[:, place], "float64"))
        for place, name in enumerate(known.feature_names)
    ]
    if known.class_names:
        names = np.array(known.class_names, dtype=object)[known.targets]
        return Table((*features, Column(CLASS, names)), source)
    return Table((*features, Column(QUANTITY, np.asarray(known.targets, "float64"))), source)
