"""The lines of a lesson's calculation that no network explains: formula, numbers, result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tiza.blackboard.decimals import number_text
from tiza.blackboard.derivation import derive
from tiza.blackboard.expressions import Element, Reference, Rest, Truth, references
from tiza.blackboard.markup import PlainText
from tiza.blackboard.slide_text import shown_name
from tiza.blackboard.steps import Definition
from tiza.blackboard.working import worked_numbers
from tiza.blackboard.writing import Leaf, number_leaf, write
from tiza.graph.provenance import Role
from tiza.lessons.lesson import Lesson

DIGITS = 4
PLAIN = PlainText()


def element_name(lesson: Lesson, element: Element) -> str:
    """Return what a number is called on the slide, or else what it is the derivative of."""
    own = next((name for name, one in lesson.sheet.elements.items() if one == element), None)
    if own is not None:
        return shown_name(own)
    known = element.node.provenance
    if known.role is Role.GRADIENT and known.of is not None:
        letter = getattr(lesson.subject, "letter", lesson.course.loss)
        return f"∂{letter}/∂{shown_name(known.of.name)}"
    index = f"[{','.join(map(str, element.index))}]" if element.index else ""
    return f"{known.label}{index}"


def calculation_text(lesson: Lesson, asked: Sequence[str]) -> str:
    """Return the lines that lead to some numbers of a lesson: formula, numbers, result."""
    sheet = lesson.sheet
    definitions: dict[Element, Definition] = {}
    for name in asked:
        for one in derive([sheet.elements[name]], sheet.values).definitions:
            definitions.setdefault(one.element, one)
    ordered = _in_order(definitions)
    numbers, _ = worked_numbers(ordered, sheet.values, DIGITS, (), "float64")
    unnamed = {
        one.element: f"S{at}"
        for at, one in enumerate((one for one in ordered if not element_name(lesson, one.element)), 1)
    }

    def called(element: Element) -> str:
        return unnamed.get(element) or element_name(lesson, element)

    def in_numbers(one: Reference | Rest | Truth) -> Leaf:
        if isinstance(one, Reference):
            return number_leaf(numbers[one.element].value, PLAIN)
        return _leaf(one, called)

    width = len(str(len(ordered))) + 3
    lines = []
    for at, one in enumerate(ordered, 1):
        result = number_text(numbers[one.element].value)
        sign = "=" if numbers[one.element].exact else "≈"
        formula = write(one.expression, lambda leaf: _leaf(leaf, called), PLAIN)
        worked = write(one.expression, in_numbers, PLAIN)
        middle = f" = {worked}" if worked not in (result, formula) else ""
        end = f" {sign} {result}" if formula != result else ""
        lines.append(f"{f'[{at}]'.rjust(width)} {called(one.element)} = {formula}{middle}{end}")
    return "\n".join(lines)


def _leaf(one: Reference | Rest | Truth, called: Callable[[Element], str]) -> Leaf:
    if isinstance(one, Reference):
        name = called(one.element)
        return Leaf(name, derivative=name.startswith("∂"))
    if isinstance(one, Truth):
        return Leaf(f"[{write(one.condition, lambda inner: _leaf(inner, called), PLAIN)}]")
    return Leaf("…")


def _in_order(definitions: dict[Element, Definition]) -> list[Definition]:
    """Return lines each after those it uses, else in the order given."""
    ordered: dict[Element, Definition] = {}

    def place(element: Element) -> None:
        if element in ordered or element not in definitions:
            return
        for one in references(definitions[element].expression):
            place(one)
        ordered[element] = definitions[element]

    for element in definitions:
        place(element)
    return list(ordered.values())
