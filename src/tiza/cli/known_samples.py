"""Samples whose target is known, brought to what a kept model reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tiza.cli.data_names import MNIST
from tiza.cli.digits import load_digits
from tiza.cli.jobs import Samples
from tiza.cli.kept_preparation import kept_preparation
from tiza.cli.tables import read_rows
from tiza.data.tables import TablePreparation
from tiza.models.model import Model


def known_samples(
    model: Model, path: str, data: str, written: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Samples, TablePreparation | None]:
    """Return the samples of a table, or of the test digits of MNIST, which are no rows.

    Args:
        model: what reads them.
        path: where the model is kept.
        data: the table, or `mnist`.
        written: how the table is written; see `csv_options`.
    """
    if data == MNIST:
        digits = load_digits()
        return Samples(digits.test_images, digits.test_labels), None
    preparation = kept_preparation(model, path)
    rows = read_rows(data, **written)
    return Samples(preparation.prepare(rows), preparation.targets(rows)), preparation
