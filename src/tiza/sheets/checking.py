"""A student's work checked: from a file or a dictionary to what is said of every line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tiza.blackboard.notations import notation
from tiza.errors import ModelError
from tiza.lessons.lesson import Lesson
from tiza.models.model import Model
from tiza.sheets.aliases import with_aliases
from tiza.sheets.chains import with_chain
from tiza.sheets.counting import counted_names
from tiza.sheets.formulas import Formulas
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import decided
from tiza.sheets.naming import Naming
from tiza.sheets.new_weights import judged_with_new_weights
from tiza.sheets.quantities import Quantities
from tiza.sheets.reading import Sheet, SheetError, read_mapping, read_sheet_file, read_text
from tiza.sheets.source import FunctionSource, LessonSource, NetworkSource, Source
from tiza.sheets.understanding import understand

Work: TypeAlias = str | Path | Sequence[str] | Mapping[str, object] | Sheet


def check(
    model: Model | Lesson | Source | Callable[..., Any],
    work: Work,
    x: object = None,
    y: object = None,
    *,
    naming: Mapping[str, str] | None = None,
    learning_rate: float | None = None,
) -> Judgement:
    """Return what is said of a student's work: each line judged from his own earlier lines.

    Args:
        model: a compiled model, a function of numbers, a lesson or an exercise.
        work: a file, lines `name = value` as one text or a list, or a dictionary of names and numbers (as
            text, so that the last place counts: `"0.50"`).
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
    if isinstance(model, Lesson):
        return LessonSource(model)
    if isinstance(model, Source):
        return model
    if callable(model):
        if x is None:
            raise ModelError("x: not given; a function is checked at a point, such as x=(2.0, 5.0).")
        point = tuple(float(one) for one in np.ravel(np.asarray(x, dtype=float)))
        return FunctionSource(model, point, naming or {})
    raise ModelError(
        f"model: got {type(model).__name__}, expected a model, a function, a lesson or an exercise."
    )


def sheet_of(work: Work) -> Sheet:
    """Return a student's work as a sheet; text with a line break or `=` is the work, other a path.

    A list is one of lines.

    Raises:
        SheetError: it cannot be read at all.
    """
    if isinstance(work, Sheet):
        return work
    if isinstance(work, Mapping):
        return read_mapping(work)
    if isinstance(work, list | tuple) and all(isinstance(one, str) for one in work):
        work = "".join(f"{one}\n" for one in work)
    if not isinstance(work, str | Path):
        raise SheetError(
            f"work: got {type(work).__name__}, expected a file, lines “name = value” or a dictionary."
        )
    if isinstance(work, str) and not work.strip():
        raise SheetError("work: there is no line in it; expected lines “name = value”, or a file.")
    if isinstance(work, str) and ("\n" in work or "=" in work):
        return read_text(work)
    if Path(work).is_dir():
        raise SheetError(f"work: {work} is a folder, expected a file; `tiza check FOLDER` checks a class.")
    return read_sheet_file(work)


def check_sheet(source: Source, sheet: Sheet) -> Judgement:
    """Return what is said of a sheet."""
    sheet = _with_results(sheet, source.naming)
    subject = source.subject(sheet.data, sheet.learning_rate)
    if sheet.profile:
        subject = replace(subject, notation=notation(sheet.profile))
    formulas = Formulas(subject)
    naming = _with_counted_names(
        Naming(
            subject.names,
            source.naming,
            subject.loss,
            frozenset(formulas.values),
            subject.elements,
            subject.notation,
        ),
        sheet,
    )
    naming, unknown_aliases = with_aliases(naming, sheet.aliases)
    quantities = Quantities(formulas, naming)
    understood = understand(sheet, quantities, formulas)
    judged = judged_with_new_weights(formulas, naming, understood.work)
    units = {element: line.value.unit for line, element in reversed(understood.work)}
    lines = [with_chain(one, quantities, units) for one in decided(judged)]
    return Judgement(
        network=source.name or sheet.network,
        student=sheet.student,
        learning_rate=subject.learning_rate,
        lines=tuple(lines),
        unknown=tuple(understood.unknown),
        unreadable=tuple(
            sorted((*sheet.unreadable, *unknown_aliases, *understood.unreadable), key=lambda one: one.number)
        ),
        blank=sheet.blank,
        naming=quantities.naming,
    )


def _with_counted_names(naming: Naming, sheet: Sheet) -> Naming:
    """Return the naming with units and weights counted through, where the exercise has no names but those."""
    written = [one.name for one in sheet.lines] + [one.name for one in sheet.formulas]
    if naming.aliases or naming.elements or all(naming.find(one) is not None for one in written):
        return naming
    return replace(naming, aliases=counted_names(naming.names))


def _with_results(sheet: Sheet, naming: Mapping[str, str]) -> Sheet:
    """Return the sheet with `y = 0.999` as a line, where the exercise calls a quantity y, or `Y(0,1)` one."""
    indexed = {re.split(r"[(\[]", one)[0] for one in naming}
    results = [
        one for one in sheet.scalars if one.name in naming or (one.name.isupper() and one.name in indexed)
    ]
    if not results:
        return sheet
    names = {one.name.lower() for one in results}
    data = {name: one for name, one in sheet.data.items() if name not in names}
    lines = sorted((*sheet.lines, *results), key=lambda one: one.number)
    return replace(sheet, data=data, lines=tuple(lines))
