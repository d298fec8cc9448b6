"""Which quantity each line of a sheet is about, and the number of a line that ends in a formula."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tiza.blackboard.expressions import Element
from tiza.language import translatable
from tiza.sheets.chains import result_of
from tiza.sheets.formula_reading import FormulaError
from tiza.sheets.formulas import Formulas
from tiza.sheets.judgement import UnknownLine
from tiza.sheets.naming import UnknownNameError
from tiza.sheets.numbers import NO_FORMULA, WrittenNumber, as_exact
from tiza.sheets.quantities import Quantities
from tiza.sheets.reading import FormulaLine, Sheet, Unreadable, WorkLine, printable
from tiza.sheets.tolerance import own_tolerance

ITSELF = translatable("this is the quantity itself; expected its value")


@dataclass
class Understood:
    """A sheet whose names are understood.

    Attributes:
        work: the lines that can be judged, each with its quantity.
        unknown: those whose names fit nothing.
        unreadable: those that end in what is neither a number nor a formula.
    """

    work: list[tuple[WorkLine, Element]] = field(default_factory=list)
    unknown: list[UnknownLine] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def understand(sheet: Sheet, quantities: Quantities, formulas: Formulas) -> Understood:
    """Return the lines of a sheet with their quantities, in its order."""
    found = Understood()
    by_element: dict[Element, WorkLine] = {}
    for line in sheet.lines:
        _place(line, quantities, found, by_element)
    for one in sheet.formulas:
        worked = _worked_out(one, quantities, formulas, by_element)
        if _names_itself(one, quantities):
            problem = Unreadable(one.number, one.column, printable(one.formula), ITSELF)
            found.unreadable.append(problem)
        elif worked is None:
            problem = Unreadable(one.number, one.column, printable(one.formula), NO_FORMULA)
            found.unreadable.append(problem)
        else:
            _place(worked, quantities, found, by_element)
    found.work = sorted(
        (
            (replace(line, value=_whole(line.value, formulas.exact(element), sheet.decimals)), element)
            for line, element in found.work
        ),
        key=lambda one: one[0].number,
    )
    return found


def _names_itself(line: FormulaLine, quantities: Quantities) -> bool:
    """Return whether a line says no more than that a quantity is what it is."""
    element = quantities.known(line.name)
    return element is not None and quantities.known(line.formula) == element


def _whole(written: WrittenNumber, exact: float, decimals: int) -> WrittenNumber:
    """Return a whole number as exact as the others of its sheet, unless it is one that was rounded."""
    precise = as_exact(written, decimals)
    is_rounded = abs(written.value - exact) <= own_tolerance(written, exact)
    is_exact = abs(written.value - exact) <= own_tolerance(precise, exact)
    return written if is_rounded and not is_exact and abs(exact) >= 1 else precise


def _place(
    line: WorkLine, quantities: Quantities, found: Understood, by_element: dict[Element, WorkLine]
) -> None:
    try:
        element = quantities.element(line.name, line.chain, line.value.value)
    except UnknownNameError as error:
        found.unknown.append(UnknownLine(line, tuple(map(str, error.args))))
        return
    found.work.append((line, element))
    first = by_element.setdefault(element, line)
    quantities.written[element] = first.value.value


def _worked_out(
    line: FormulaLine, quantities: Quantities, formulas: Formulas, written: dict[Element, WorkLine]
) -> WorkLine | None:
    """Return a line with the value of its formula; None if that is none."""
    given = {element: one.value.value for element, one in written.items()}
    units = {element: one.value.unit for element, one in written.items()}
    try:
        formula = quantities.formula(line.formula)
        result = result_of(formula, formulas.with_numbers(given, formulas.ways[0]), units)
    except FormulaError:
        return None
    value = WrittenNumber(line.formula, result.value, result.spread)
    return WorkLine(line.number, line.name, value, line.chain)
