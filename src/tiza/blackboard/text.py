"""A worked solution as plain text, in the current language."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from tiza.blackboard.decimals import CONTEXT, MINUS, number_text, significant
from tiza.blackboard.expressions import Expression, Reference, Rest, Truth, walk
from tiza.blackboard.names import LOSS, Names
from tiza.blackboard.steps import Check, Given, Note, Page, Section, Step
from tiza.blackboard.working import Numbers
from tiza.blackboard.writing import write
from tiza.graph.node import INPUT
from tiza.graph.provenance import Role
from tiza.language import translatable, translate, translate_plural

WIDTH = 110
"""Lines that are longer are broken before the numbers."""
LISTED = 12
"""Units that are taken as they are and listed; of more, only so many are."""
NAMED_ON_PATH = 3
"""Quantities of one kind that the path names; of more, their number."""

REST = "\N{REPLACEMENT CHARACTER}"
"""Stands for the word `rest` until a page is shown in a language."""

_HEADINGS = {
    Section.FORWARD: translatable("Forward"),
    Section.LOSS: translatable("Loss"),
    Section.BACKWARD: translatable("Backward, from L to the answer"),
    Section.UPDATE: translatable("Update"),
}
_NOTES = {
    "note": translatable("{what}: written so that nothing overflows"),
    "holds": translatable("[{what}] = 1, because it holds"),
    "fails": translatable("[{what}] = 0, because it does not hold"),
    "branch taken": translatable("this branch because {what} holds"),
    "branch not taken": translatable("this branch because {what} does not hold"),
    "largest": translatable("the largest is {what}"),
    "zeros": translatable("the other {what} terms are 0"),
    "all_zero": translatable("every term is 0"),
    "float64": translatable("in float64 {what}"),
}


def expression_in_names(expression: Expression, names: Names) -> str:
    """Return a formula in names."""

    def leaf(one: Reference | Rest | Truth) -> str:
        match one:
            case Reference(element):
                return names.element(element)
            case Truth(condition, _):
                return f"[{write(condition, leaf)}]"
        return REST

    return write(expression, leaf)


def expression_in_numbers(expression: Expression, numbers: Numbers) -> str:
    """Return a formula in printed numbers."""

    def leaf(one: Reference | Rest | Truth) -> str:
        match one:
            case Reference(element):
                return number_text(numbers[element].value)
            case Truth(_, holds):
                return str(int(holds))
        return REST

    return write(expression, leaf)


def page_text(page: Page) -> str:
    """Return the page as text: the answer, the data, the path, the lines, the checks."""
    return "\n".join(one.rstrip() for one in _lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield _headline(page)
    yield from _data_lines(page)
    if page.path:
        yield translate("Path    {path}", path=" → ".join((*map(_group, page.path), LOSS)))
    if page.steps:
        yield translate(
            "Worked with {digits} digits, data and weights rounded first; each line uses the printed "
            "numbers. “=” exact, “≈” rounded.",
            digits=page.working,
        )
    yield from _taken_lines(page)
    yield ""
    width = len(str(len(page.steps))) + 3
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield f"{at}. {translate(_HEADINGS[section])}"
        for step in steps:
            yield from _step_lines(step, width)
        if section is Section.BACKWARD and page.check:
            yield " " * width + f" {_check_text(page.check)}"
    yield from _closing_lines(page)


# the answer


def _short(value: Decimal, page: Page) -> str:
    return number_text(significant(value, page.digits))


def _sign(value: Decimal, shown: str) -> str:
    return "=" if number_text(value) == shown else "≈"


def _headline(page: Page) -> str:
    name = page.quantity
    if page.old is not None:
        question = translate("How much is {name} after one step?", name=name)
        old, new = _told_apart(page.old, page.answer, page.digits)
        return f"{question}    {name}: {old} → {new}    ({_reason(page)})"
    answer = _short(page.answer, page)
    sign = _sign(page.answer, answer) if page.answer_exact else "≈"
    if page.gradient is not None:
        slope, value = page.gradient
        question = translate("How does L depend on {name}?", name=slope.partition("/∂")[2] or name)
        return f"{question}    {slope} {sign} {answer}    ({_slope_meaning(value)})"
    question = translate("What is {name}?", name=name)
    return f"{question}    {name} {sign} {answer}"


def _told_apart(old: Decimal, new: Decimal, digits: int) -> tuple[str, str]:
    """Return both numbers with as many digits as it takes to tell them apart, if they differ at all."""
    for more in range(digits, 16):
        texts = number_text(significant(old, digits)), number_text(significant(new, more))
        if number_text(significant(old, more)) != texts[1]:
            return number_text(significant(old, more)), texts[1]
    return number_text(significant(old, digits)), number_text(significant(new, digits))


def _slope_meaning(slope: Decimal) -> str:
    if not slope:
        return translate("L does not change with it here")
    return translate("a larger value lowers L") if slope < 0 else translate("a larger value raises L")


_REASONS = {
    # (sign of the change, sign of the gradient)
    (1, -1): translatable("it rises, because {gradient} ≈ {value} < 0"),
    (-1, 1): translatable("it falls, because {gradient} ≈ {value} > 0"),
    (0, 0): translatable("it stays, because {gradient} = 0"),
    (1, 0): translatable("it rises although {gradient} = 0: earlier steps still push it"),
    (-1, 0): translatable("it falls although {gradient} = 0: earlier steps still push it"),
    (1, 1): translatable("it rises although {gradient} ≈ {value} > 0: earlier steps weigh more"),
    (-1, -1): translatable("it falls although {gradient} ≈ {value} < 0: earlier steps weigh more"),
    (0, 1): translatable("it stays although {gradient} ≈ {value} > 0: the change is too small to show"),
    (0, -1): translatable("it stays although {gradient} ≈ {value} < 0: the change is too small to show"),
}


def _reason(page: Page) -> str:
    assert page.old is not None
    if page.gradient is None:
        return translate("L does not depend on it")
    name, slope = page.gradient
    change = (_direction(CONTEXT.subtract(page.answer, page.old)), _direction(slope))
    return translate(_REASONS[change], gradient=name, value=_short(slope, page))


def _direction(value: Decimal) -> int:
    return (value > 0) - (value < 0)


# data


def _data_lines(page: Page) -> Iterator[str]:
    told = [_data_text(list(group)) for _, group in groupby(page.data, lambda one: one.element.node)]
    if not any(one.element.node.provenance.role is Role.INPUT for one in page.data):
        told.insert(
            0, translate_plural("x: {count} number a sample", "x: {count} numbers a sample", page.features)
        )
    if page.samples > 1:
        told.insert(0, translate("{count} samples, [0,…] is the first", count=page.samples))
    if page.loss:
        told.append(translate("L: the loss, {loss}", loss=page.loss))
    yield translate("Data    {data}", data="     ".join(told))


def _data_text(group: list[Given]) -> str:
    texts = [number_text(one.value) for one in group]
    sign = "=" if all(one.exact for one in group) else "≈"
    shape = group[0].element.node.tensor_type.shape
    rows = shape[0] if len(shape) > 1 else 1
    wide = len(texts) // rows
    tuples = [", ".join(texts[at : at + wide]) for at in range(0, len(texts), wide)]
    written = "; ".join(tuples)
    return f"{group[0].quantity} {sign} {f'({written})' if len(texts) > 1 else written}"


def _group(names: tuple[str, ...]) -> str:
    if len(names) <= NAMED_ON_PATH:
        return ", ".join(names)
    return translate("{name} and {count} more", name=names[0], count=len(names) - 1)


def _taken_lines(page: Page) -> Iterator[str]:
    """Yield which units have no line of their own."""
    units = [one for one in page.given if one.element.node.primitive is not INPUT]
    if not units:
        return
    listed = ", ".join(f"{one.quantity} ≈ {number_text(one.value)}" for one in units[:LISTED])
    more = f", … ({len(units)})" if len(units) > LISTED else ""
    yield translate("Taken as computed, without lines of their own: {units}", units=listed + more)


# lines


def _step_lines(step: Step, width: int) -> Iterator[str]:
    head = f"[{step.number}]".rjust(width) + f" {step.quantity} = "
    tail = _numbers_text(step)
    formula = step.formula.replace(REST, translate("rest"))
    notes = "    ".join(_note_text(one) for one in step.notes)
    if step.definition.shortened:
        left_out = sum(one.count for one in walk(step.definition.expression) if isinstance(one, Rest))
        told = translate_plural("rest: {count} more term", "rest: {count} more terms", left_out)
        notes = f"{told}    {notes}" if notes else told
    if notes:
        notes = f"    ({notes})"
    if formula == tail.removeprefix("= "):
        yield f"{head}{formula}{notes}"
    elif len(head) + len(formula) + len(tail) < WIDTH:
        yield f"{head}{formula} {tail}{notes}"
    else:
        yield f"{head}{formula}"
        yield f"{' ' * (width + 2)} {tail}{notes}"


def _numbers_text(step: Step) -> str:
    """Return what follows the formula: `= 0.1·2 + 0.2·3 = 0.8`."""
    result = number_text(step.result)
    sign = "=" if step.exact else "≈"
    if step.definition.shortened:
        numbers = step.substitution.replace(REST, translate("rest"))
        return f"= {numbers} ≈ {_terms_text(step.terms)} = {result}"
    if step.substitution == result:
        return f"= {result}"
    return f"= {step.substitution} {sign} {result}"


def _terms_text(terms: tuple[Decimal, ...]) -> str:
    """Return printed terms, added, all with the same decimals."""
    text = _with_zeros(terms[0])
    for one in terms[1:]:
        text += f" {MINUS if one < 0 else '+'} {_with_zeros(abs(one))}"
    return text


def _with_zeros(value: Decimal) -> str:
    """Return a number with the zeros at its end, unless it takes a power of ten."""
    short = number_text(value)
    return short if "·" in short or not value.is_finite() else f"{value:f}".replace("-", MINUS)


def _note_text(note: Note) -> str:
    return translate(_NOTES[note.kind], what=note.what)


# checks


def _check_text(check: Check) -> str:
    name = check.quantity
    twice = number_text(2 * check.step)
    step = number_text(check.step)
    written = (
        f"[{LOSS}({name} + {step}) − {LOSS}({name} − {step})]/{twice} = "
        f"({number_text(check.above)} − {number_text(check.below)})/{twice} ≈ {number_text(check.quotient)}"
    )
    if check.agrees:
        return translate("✓ apart: {quotient}", quotient=written)
    return translate(
        "✗ apart: {quotient}, which is not the derivative: there is a kink nearby", quotient=written
    )


def _closing_lines(page: Page) -> Iterator[str]:
    exact = significant(page.exact_answer, page.working + 2)
    if page.steps and exact != page.answer:
        yield "   " + translate("With unrounded numbers (float64): {value}", value=number_text(exact))
    if page.loss_after is None or page.loss_before is None:
        return
    before, after = _told_apart(page.loss_before, page.loss_after, page.digits)
    direction = _direction(CONTEXT.subtract(page.loss_after, page.loss_before))
    yield "   " + translate(_SENSE[direction], before=before, after=after)


_SENSE = {
    -1: translatable("Does it make sense? With only this change L falls from {before} to {after}."),
    0: translatable("Does it make sense? With only this change L stays at {before}."),
    1: translatable("Does it make sense? With only this change L rises from {before} to {after}."),
}
