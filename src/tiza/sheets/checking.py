"""A student's work checked: from a file or a dictionary to what is said of every line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tiza.errors import ModelError
from tiza.models.model import Model
from tiza.sheets.chains import with_chain
from tiza.sheets.formulas import Formulas
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import decided, judge
from tiza.sheets.naming import Naming
from tiza.sheets.quantities import Quantities
from tiza.sheets.reading import Sheet, read_mapping, read_sheet_file, read_text
from tiza.sheets.source import FunctionSource, NetworkSource, Source
from tiza.sheets.understanding import understand

Work: TypeAlias = str | Path | Mapping[str, object] | Sheet


def check(
    model: Model | Source | Callable[..., Any],
    work: Work,
    x: object = None,
    y: object = None,
    *,
    naming: Mapping[str, str] | None = None,
    learning_rate: float | None = None,
) -> Judgement:
    """Return what is said of a student's work: each line judged from his own earlier lines.

    Args:
        model: a compiled model, a function of numbers, or a `LessonSource`.
        work: a file, lines `name = value`, or a dictionary of names and numbers (as text, so that the last
            place counts: `"0.50"`).
        x: the sample, or a small batch, of a function the point; the sheet's own header counts before it.
        y: its target, or theirs.
        naming: names of the exercise -> targets, such as `{"w1": "dense.kernel[0,0]"}`.
        learning_rate: rate of the step; None is the optimizer's.

    Raises:
        SheetError: the work cannot be read at all.
        ModelError: data are missing.
        DataError: they do not fit.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential(
        ...     [tz.Input((1,)), tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
        ... )
        >>> model.compile(tz.optimizers.SGD(0.1), "quadratic")
        >>> found = check(model, {"dense.z[0]": "2", "loss": "1.0"}, [2.0], [1.0])
        >>> found.first_wrong.line.name, found.causes[0].mistake.value
        ('loss', 'factor forgotten')
    """
    return check_sheet(_source(model, x, y, naming, learning_rate), sheet_of(work))


def _source(
    model: object, x: object, y: object, naming: Mapping[str, str] | None, learning_rate: float | None
) -> Source:
    if isinstance(model, Model):
        return NetworkSource(model, x, y, naming or {}, learning_rate, model.name)
    if isinstance(model, Source):
        return model
    if callable(model):
        if x is None:
            raise ModelError("x: not given; a function is checked at a point, such as x=(2.0, 5.0).")
        point = tuple(float(one) for one in np.ravel(np.asarray(x, dtype=float)))
        return FunctionSource(model, point, naming or {})
    raise ModelError(f"model: got {type(model).__name__}, expected a model, a function or a lesson.")


def sheet_of(work: Work) -> Sheet:
    """Return a student's work as a sheet; text with a line break or `=` is the work, other a path.

    Raises:
        SheetError: it cannot be read at all.
    """
    if isinstance(work, Sheet):
        return work
    if isinstance(work, Mapping):
        return read_mapping(work)
    if isinstance(work, str) and ("\n" in work or "=" in work):
        return read_text(work)
    return read_sheet_file(work)


def check_sheet(source: Source, sheet: Sheet) -> Judgement:
    """Return what is said of a sheet."""
    sheet = _with_results(sheet, source.naming)
    subject = source.subject(sheet.data, sheet.learning_rate)
    formulas = Formulas(subject)
    naming = Naming(
        subject.names,
        {**source.naming, **sheet.naming},
        subject.loss,
        frozenset(formulas.values),
        subject.elements,
        subject.notation,
    )
    quantities = Quantities(formulas, naming)
    understood = understand(sheet, quantities, formulas)
    units = {element: line.value.unit for line, element in understood.work}
    lines = [with_chain(one, quantities, units) for one in decided(judge(formulas, understood.work))]
    return Judgement(
        network=source.name or sheet.network,
        student=sheet.student,
        learning_rate=subject.learning_rate,
        lines=tuple(lines),
        unknown=tuple(understood.unknown),
        unreadable=tuple(sorted((*sheet.unreadable, *understood.unreadable), key=lambda one: one.number)),
        naming=quantities.naming,
    )


def _with_results(sheet: Sheet, naming: Mapping[str, str]) -> Sheet:
    """Return the sheet with `y = 0.999` as a line, where the exercise calls a quantity y."""
    results = [one for one in sheet.scalars if one.name in naming]
    if not results:
        return sheet
    names = {one.name for one in results}
    data = {name: one for name, one in sheet.data.items() if name not in names}
    lines = sorted((*sheet.lines, *results), key=lambda one: one.number)
    return replace(sheet, data=data, lines=tuple(lines))
