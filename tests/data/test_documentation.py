"""docs/data.md: the table of sets is that of the registry.

The table is written anew after a change by

    python tests/data/test_documentation.py
"""

from __future__ import annotations

from pathlib import Path

import tiza as tz
from tiza.data.datasets import Dataset

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
HEAD = "| set | features | targets | classes | first row | sum of all numbers |\n|---|---|---|---|---|---|\n"


def row_of(name: str, dataset: Dataset) -> str:
    """Return a row of the table of sets: with the first row and the sum, the numbers cannot change unseen."""
    x, y = dataset
    first = ", ".join(f"{number:g}" if number == int(number) else repr(number) for number in x[0].tolist())
    shapes = " | ".join("×".join(map(str, part.shape)) for part in (x, y))
    classes = ", ".join(dataset.class_names) or "none"
    return f"| `{name}` | {shapes} | {classes} | {first} → {y[0].item()} | {x.sum() + y.sum():.3f} |\n"


def table_of_sets() -> str:
    sets = {**tz.datasets.OF_COURSES, **tz.datasets.MADE}
    return HEAD + "".join(row_of(name, make()) for name, make in sets.items())


def test_the_table_of_sets() -> None:
    assert table_of_sets() in PAGE.read_text(encoding="utf-8")


def test_every_name_is_told_of() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in (*tz.datasets.OF_SCIKIT_LEARN, *tz.datasets.OF_COURSES, *tz.datasets.MADE):
        assert f"`{name}`" in page


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(HEAD)
    behind = rest.partition("\n\n")[2]
    PAGE.write_text(f"{before}{table_of_sets()}\n{behind}", encoding="utf-8")
