"""Tables of documents that are made from what the code states; `python tests/part_tables.py` writes them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path

import tiza as tz
from tiza.nn.losses import LOSSES
from tiza.nn.losses.registry import ALIASES
from tiza.nn.metrics import METRICS, LossMetric, Metric

DOCUMENTS = Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |" for row in lines)


def _call(kind: type) -> str:
    arguments = []
    for one in inspect.signature(kind).parameters.values():
        if one.name != "reduction":
            empty = one.default is inspect.Parameter.empty
            arguments.append(one.name if empty else f"{one.name}={one.default!r}")
    return f"`{kind.__name__}({', '.join(arguments)})`"


def losses_table() -> str:
    """Return the table of losses."""
    rows = []
    for name, kind in LOSSES.items():
        stated = kind.statement
        short = [alias for alias, full in ALIASES.items() if full == name]
        names = ", ".join(f"`{one}`" for one in (name, *short))
        reduction = getattr(kind(), "reduction", "mean")
        over = "sum" if reduction == "sum" else "mean"
        said = (f"`{stated.equation}`", over, stated.targets.description, stated.outputs)
        called = (one or "-" for one in (stated.course, stated.keras, stated.sklearn))
        rows.append((f"{names}<br>{_call(kind)}", *said, *called))
    head = (
        "name and class",
        "loss of a sample",
        "over samples",
        "targets",
        "output",
        "in the courses",
        "in Keras",
        "in scikit-learn",
    )
    return _table(head, rows)


def metrics_table() -> str:
    """Return the table of metrics that are no losses."""
    kinds: dict[type[Metric], list[str]] = {}
    for name, make in METRICS.items():
        one = make()
        if not isinstance(one, LossMetric):
            kinds.setdefault(type(one), []).append(name)
    rows = []
    for kind, names in kinds.items():
        first = str(inspect.getdoc(kind)).splitlines()[0]
        public = _call(kind) if hasattr(tz.metrics, kind.__name__) else ""
        rows.append((", ".join(f"`{one}`" for one in names), public, first))
    return _table(("name", "class", "what it is"), rows)


def check_table(document: str, table: str) -> None:
    """Check that a document holds a table as it is made now."""
    text = (DOCUMENTS / document).read_text(encoding="utf-8")
    found = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert found == table, f"docs/{document} is old; run `python tests/part_tables.py`"


def write_table(document: str, table: str) -> None:
    path = DOCUMENTS / document
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    write_table("losses.md", losses_table())
    write_table("metrics.md", metrics_table())
