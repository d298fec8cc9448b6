"""What a page says, sentence by sentence, for every format: answer, data, path, remarks, checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from tiza.blackboard.chain import Chain, chain_of
from tiza.blackboard.decimals import CONTEXT, MINUS, number_text, significant
from tiza.blackboard.expressions import (
    Element,
    Expression,
    Number,
    Product,
    Reference,
    Rest,
    Sum,
    Truth,
    walk,
    with_parts,
)
from tiza.blackboard.loss_words import loss_words
from tiza.blackboard.markup import BLANK, Markup, PlainText
from tiza.blackboard.sense import Sense
from tiza.blackboard.steps import Check, Column, Page, Remark, Section, Step, ThroughTime
from tiza.blackboard.symbols import Symbol
from tiza.blackboard.writing import Leaf, number_leaf, write
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.provenance import Role
from tiza.language import translatable, translate, translate_plural

LISTED = 12
"""Units that are taken as they are and listed; of more, only so many are."""
STATIONS = 12
"""Stations of a path that are told; of a longer one, those at its ends are."""
WIDEST_PATH = 100
"""Characters of a path whose arrows carry their factors."""
_ARROW = " ─({slope})→ "
NAMED_ON_PATH = 3
"""Quantities of one kind that the path names; of more, their number."""

_HEADINGS = {
    Section.CALCULATION: translatable("Calculation"),
    Section.FORWARD: translatable("Forward"),
    Section.LOSS: translatable("Loss"),
    Section.BACKWARD: translatable("Backward, from {loss} to the answer"),
    Section.UPDATE: translatable("Update"),
}
_WORKED = translatable(
    "Worked with {digits} digits, data and weights rounded first; each line uses the printed numbers. “=” "
    "exact, “≈” rounded."
)
_WORKED_WITHOUT_WEIGHTS = translatable(
    "Worked with {digits} digits; each line uses the printed numbers. “=” exact, “≈” rounded."
)
_IN_TRAINING = translatable(
    "As a step of training computes it: what is left out, moved or added by chance is drawn; means "
    "and variances are the batch's own. predict draws nothing, takes those of training and may give "
    "other numbers."
)
_REMARKS = {
    "note": translatable("{what}: written so that nothing overflows"),
    "holds": translatable("[{what}] = 1, because it holds"),
    "fails": translatable("[{what}] = 0, because it does not hold"),
    "branch taken": translatable("this branch because {what} holds"),
    "branch not taken": translatable("this branch because {what} does not hold"),
    "largest": translatable("the largest is {what}"),
    "first of the largest": translatable("of equal ones the first counts: {what}"),
    "chosen": translatable("it is the largest: all of the gradient is its own"),
    "not chosen": translatable("it is not the largest: it gets no gradient"),
    "masked": translatable("a masked step: what was before stays"),
    "positions": translatable("the same weight works at every position: one term for each"),
    "steps": translatable("the same weight works at every step: one term for each"),
    "zero": translatable("the other term is 0"),
    "zeros": translatable("the other {what} terms are 0"),
    "float64": translatable("in float64 {what}"),
    "cancels": translatable("output minus target: the slopes of the loss and of the output cancel"),
    "followed": translatable("of these only {what}, which adds most, is worked out above"),
    "one_path": translatable("it reaches {loss} by one path only: one term"),
    "paths": translatable("{what} terms, one for each unit that it leads to"),
    "ways": translatable("{what} terms, one for each way to {loss}"),
    "only_input": translatable("for another weight of this unit only {what} changes"),
}


@dataclass(frozen=True)
class Sentences:
    """The sentences of a page in a format, in the current language.

    Attributes:
        page: what is said.
        markup: the format.
        hidden: numbers of the lines whose results are to be filled in.
    """

    page: Page
    markup: Markup
    hidden: frozenset[int] = frozenset()

    # names, numbers and formulas

    def name(self, element: Element) -> str:
        """Return the name of a quantity, as part of a formula."""
        return self.markup.symbol(self.page.names.symbol(element))

    def told(self, value: Decimal) -> str:
        """Return a number within a sentence."""
        return self.markup.inline(self.markup.number(value))

    def in_names(self, expression: Expression) -> str:
        """Return a formula in names."""

        def leaf(one: Reference | Rest | Truth) -> Leaf:
            match one:
                case Reference(element):
                    symbol = self.page.names.symbol(element)
                    return Leaf(self.markup.symbol(symbol), derivative=bool(symbol.over))
                case Truth(condition, _):
                    return Leaf(self.markup.condition(write(self._arranged(condition), leaf, self.markup)))
            return Leaf(self.markup.word(translate("rest")))

        return write(self._arranged(expression), leaf, self.markup)

    def in_numbers(self, expression: Expression) -> str:
        """Return a formula in printed numbers, each leading to its line."""

        def leaf(one: Reference | Rest | Truth) -> Leaf:
            match one:
                case Reference(element):
                    return self._number_of(element)
                case Truth(_, holds):
                    return Leaf(self.markup.number(Decimal(int(holds))))
            return Leaf(self.markup.word(translate("rest")))

        return write(self._arranged(expression), leaf, self.markup)

    def _number_of(self, element: Element) -> Leaf:
        at = self._lines.get(element)
        if at in self.hidden:
            return Leaf(self.markup.word(BLANK))
        made = number_leaf(self.page.numbers[element].value, self.markup)
        return made if at is None else Leaf(self.markup.linked(made.text, at), made.negative, made.wide)

    @cached_property
    def _lines(self) -> dict[Element, int]:
        return {one.element: one.number for one in self.page.steps}

    def _arranged(self, expression: Expression) -> Expression:
        """Return products in the order that the notation's vectors give."""
        return _in_columns(expression) if self.page.names.notation.columns else expression

    # the answer

    def headline(self) -> tuple[str, str]:
        """Return the question, and the answer with its meaning."""
        page = self.page
        name = self.markup.inline(self.name(page.asked))
        answer = page.numbers[page.root]
        if page.is_step:
            return self._step_headline()
        if page.is_update:
            question = self.markup.sentence(translatable("How much is {name} after one step?"), name=name)
            old, new = told_apart(page.numbers[page.asked].value, answer.value, page.digits)
            change = f"{name}: {self.told(old)} → {self.told(new)}"
            if self._is_hidden(page.root):
                change = f"{name}: {self.told(old)} → {BLANK}"
            return question, f"{change}    ({self._reason()})"
        value = self._short(answer.value)
        sign = "=" if answer.exact and value == answer.value else "≈"
        equation = f"{self.markup.operator(sign)}{self.markup.number(value)}"
        if self._is_hidden(page.root):
            equation = f"{self.markup.operator('=')}{self.markup.word(BLANK)}"
        if page.gradient is not None:
            slope = page.names.symbol(page.gradient)
            about = self.markup.inline(self.markup.symbol(_derived_by(slope, page)))
            question = self.markup.sentence(
                translatable("How does {loss} depend on {name}?"), **self._loss, name=about
            )
            meaning = self._slope_meaning(page.numbers[page.gradient].value)
            return question, f"{self.markup.inline(self.markup.symbol(slope) + equation)}    ({meaning})"
        question = self.markup.sentence(translatable("What is {name}?"), name=name)
        told = self.markup.inline(self.name(page.asked) + equation)
        return (
            question,
            f"{told}    ({self._no_slope()})" if page.is_weight_without_gradient else told,
        )

    def _no_slope(self) -> str:
        """Return why a weight is answered by its value alone."""
        if self.page.is_trained:
            return self.markup.sentence(
                translatable("no path leads from it to {loss}: {loss} does not depend on it"), **self._loss
            )
        return self.markup.sentence(translatable("it is not trained: a step leaves it as it is"))

    def _step_headline(self) -> tuple[str, str]:
        page = self.page
        question = self.markup.sentence(translatable("What does one step do to the weights?"))
        assert page.loss_before is not None
        assert page.loss_after is not None
        old, new = told_apart(page.loss_before, page.loss_after, page.digits)
        loss = self._loss["loss"]
        return question, f"{loss}: {self.told(old)} → {BLANK if self.hidden else self.told(new)}"

    def _is_hidden(self, element: Element) -> bool:
        return self._lines.get(element) in self.hidden

    @property
    def _loss(self) -> dict[str, str]:
        return {"loss": self.markup.inline(self.markup.symbol(Symbol(self.page.names.notation.loss)))}

    def _short(self, value: Decimal) -> Decimal:
        return significant(value, self.page.digits)

    def _slope_meaning(self, slope: Decimal) -> str:
        if not slope:
            return self.markup.sentence(translatable("{loss} does not change with it here"), **self._loss)
        lowers = translatable("a larger value lowers {loss}")
        raises = translatable("a larger value raises {loss}")
        return self.markup.sentence(lowers if slope < 0 else raises, **self._loss)

    def _reason(self) -> str:
        page = self.page
        if page.gradient is None:
            return self.markup.sentence(translatable("{loss} does not depend on it"), **self._loss)
        slope = page.numbers[page.gradient].value
        moved = CONTEXT.subtract(page.numbers[page.root].value, page.numbers[page.asked].value)
        return self.markup.sentence(
            _REASONS[_direction(moved), _direction(slope)],
            gradient=self.markup.inline(self.name(page.gradient)),
            value=BLANK if self._is_hidden(page.gradient) else self.told(self._short(slope)),
        )

    # what is given

    def data(self) -> list[str]:
        """Return what the data are, one text a quantity."""
        page = self.page
        told = [self._values(list(group)) for _, group in groupby(page.data, lambda one: one.node)]
        if page.features and not any(one.node.provenance.role is Role.INPUT for one in page.data):
            told.insert(
                0,
                translate_plural("x: {count} number a sample", "x: {count} numbers a sample", page.features),
            )
        if page.samples > 1:
            first = page.names.notation.first_index
            told.insert(
                0, translate("{count} samples, [{first},…] is the first", count=page.samples, first=first)
            )
        if page.loss:
            told.append(
                self.markup.sentence(
                    translatable("{loss}: the loss, {kind}"), **self._loss, kind=loss_words(page.loss)
                )
            )
        return told

    def _values(self, group: list[Element]) -> str:
        printed = [self.page.numbers[one] for one in group]
        texts = [self.markup.number(one.value) for one in printed]
        sign = "=" if all(one.exact for one in printed) else "≈"
        node = group[0].node
        shape = node.tensor_type.shape
        rows = shape[0] if len(shape) > 1 else 1
        wide = len(texts) // rows
        between = (
            self.markup.operator(";").lstrip()
            if "," in "".join(texts)
            else self.markup.operator(",").lstrip()
        )
        tuples = [between.join(texts[at : at + wide]) for at in range(0, len(texts), wide)]
        written = self.markup.operator(";").lstrip().join(tuples)
        name = self.markup.symbol(self.page.names.of[node])
        value = self.markup.fenced(written) if len(texts) > 1 else written
        return self.markup.inline(f"{name}{self.markup.operator(sign)}{value}")

    def path(self) -> str:
        """Return the way from the weight to the loss; empty if there is none."""
        if not self.page.path:
            return ""
        groups = self.page.path
        stations = [self._station(group) for group in groups]
        if len(groups) > STATIONS:
            stations = [*stations[: STATIONS // 2], "…", *stations[-STATIONS // 2 :]]
        arrows = self._arrows(stations)
        return "".join((*map("".join, zip(stations, arrows, strict=True)), self._loss["loss"]))

    def _arrows(self, stations: list[str]) -> list[str]:
        """Return what leads from each station on: its factor, where each has one and there is room."""
        chain = self._chain
        if chain is None or [(link.station,) for link in chain.links] != list(self.page.path):
            return [" → "] * len(stations)
        plain = replace(self, markup=PlainText())
        width = sum(
            len(plain.name(link.station)) + len(plain.in_names(link.slope)) + len(_ARROW.format(slope=""))
            for link in chain.links
        )
        if chain.parting is not None or width > WIDEST_PATH:
            return [" → "] * len(stations)
        slopes = [self.markup.inline(self.in_names(link.slope)) for link in chain.links]
        return [self.markup.sentence(_ARROW, slope=one) for one in slopes]

    def _station(self, group: tuple[Element, ...]) -> str:
        names = [self.markup.inline(self.name(one)) for one in group]
        if len(names) <= NAMED_ON_PATH:
            return ", ".join(names)
        return self.markup.sentence(
            translatable("{name} and {count} more"), name=names[0], count=str(len(names) - 1)
        )

    def before_the_lines(self) -> list[str]:
        """Return how the lines are worked, and what is taken as it is."""
        return [one for one in (self.working(), self.mode(), self.taken()) if one]

    def working(self) -> str:
        """Return how the lines are worked; empty if there are none."""
        if not self.page.steps:
            return ""
        is_calculation = self.page.steps[0].definition.section is Section.CALCULATION
        return self.markup.sentence(
            _WORKED_WITHOUT_WEIGHTS if is_calculation else _WORKED, digits=str(self.page.working)
        )

    def mode(self) -> str:
        """Return that the numbers are those of a step of training; empty where `predict` has the same."""
        return self.markup.sentence(_IN_TRAINING) if self.page.differs_in_use else ""

    def taken(self) -> str:
        """Return which units have no line of their own; empty if all have."""
        units = [one for one in self.page.given if one.node.primitive is not INPUT]
        if not units:
            return ""
        listed = ", ".join(
            self.markup.inline(
                f"{self.name(one)}{self.markup.operator('≈')}"
                f"{self.markup.number(self.page.numbers[one].value)}"
            )
            for one in units[:LISTED]
        )
        more = f", … ({len(units)})" if len(units) > LISTED else ""
        return self.markup.sentence(
            translatable("Taken as computed, without lines of their own: {units}"), units=listed + more
        )

    # lines

    def heading(self, section: Section) -> str:
        """Return the heading of a part."""
        return self.markup.sentence(_HEADINGS[section], **self._loss)

    def equation(self, step: Step) -> str:
        """Return a line as one formula: its name, formula, numbers and result."""
        return "".join(self.sides(step))

    def sides(self, step: Step) -> list[str]:
        """Return the sides of a line, each but the first with its sign before it."""
        printed, definition = step.printed, step.definition
        operator, hides = self.markup.operator, step.number in self.hidden
        result = self.markup.word(BLANK) if hides else self.markup.number(printed.value)
        formula, substitution = self.in_names(definition.expression), self.in_numbers(definition.expression)
        sides = [self.name(step.element), operator("=") + formula]
        sign = "=" if printed.exact else "≈"
        if definition.shortened:
            sides.append(operator("=") + substitution)
            if not hides:
                sides.append(operator("≈") + self._terms(printed.terms))
            sign = "="
        elif substitution not in (result, formula):
            sides.append(operator("=") + substitution)
        if formula != result:
            sides.append(operator(sign if substitution != result else "=") + result)
        return sides

    def _terms(self, terms: tuple[Decimal, ...]) -> str:
        """Return printed terms, added, all with the same decimals."""
        text = self.markup.padded(terms[0])
        for one in terms[1:]:
            text += self.markup.operator(MINUS if one < 0 else "+") + self.markup.padded(abs(one))
        return text

    def remarks(self, step: Step) -> list[str]:
        """Return what is said beside a line."""
        told = [self._remark(one) for one in step.remarks]
        if step.definition.shortened:
            left_out = sum(one.count for one in walk(step.definition.expression) if isinstance(one, Rest))
            told.insert(0, translate_plural("rest: {count} more term", "rest: {count} more terms", left_out))
        return told

    def _remark(self, remark: Remark) -> str:
        what = (
            remark.text if remark.expression is None else self.markup.inline(self.in_names(remark.expression))
        )
        return self.markup.sentence(_REMARKS[remark.kind], **self._loss, what=what)

    # checks

    def quotient(self, check: Check) -> str:
        """Return the difference quotient of the loss."""
        number, operator = self.markup.number, self.markup.operator
        name, step, twice = self.name(check.weight), number(check.step), number(2 * check.step)
        loss = self.page.names.notation.loss
        sides = [self.markup.call(loss, [f"{name}{operator(sign)}{step}"]) for sign in ("+", "−")]
        minus = operator("−")
        losses = f"{number(check.above)}{minus}{number(check.below)}"
        written = self.markup.equation(
            (
                self._over(minus.join(sides), twice, "[]"),
                operator("=") + self._over(losses, twice, "()"),
                operator("≈") + number(check.quotient),
            )
        )
        if check.agrees:
            return self.markup.sentence(translatable("✓ apart: {quotient}"), quotient=written)
        return self.markup.sentence(
            translatable("✗ apart: {quotient}, which is not the derivative: there is a kink nearby"),
            quotient=written,
        )

    def through_time(self, table: ThroughTime) -> tuple[list[str], list[list[str]]]:
        """Return the titles of a table of what comes back to each step, and its rows."""
        markup = self.markup
        head = [markup.inline(markup.symbol(Symbol("t")))]
        rows = [[self._steps(one)] for one in table.steps]
        for column in table.columns:
            head += [self._length(column), self._factor]
            for row, size, factor in zip(rows, column.sizes, column.factors, strict=True):
                row += [self.told(size), "" if factor is None else self.told(factor)]
        if table.added:
            head.append(self._added(table))
            for row, part in zip(rows, table.added, strict=True):
                row.append(markup.inline(markup.padded(part)))
            if table.besides:
                rows.append(self._last_row(translate("besides"), table.besides, len(head)))
            rows.append(self._last_row(translate("total"), table.total, len(head)))
        return head, rows

    def _last_row(self, title: str, value: Decimal, cells: int) -> list[str]:
        return [title, *[""] * (cells - 2), self.markup.inline(self.markup.padded(value))]

    def _steps(self, steps: tuple[int, int]) -> str:
        start = self.page.names.notation.first_index
        first, last = (self.markup.number(Decimal(one + start)) for one in steps)
        return (
            self.markup.inline(first)
            if first == last
            else f"{self.markup.inline(first)} … {self.markup.inline(last)}"
        )

    def _length(self, column: Column) -> str:
        """Return how the length of a derivative is written."""
        return self.markup.inline(self.markup.call("norm", [self._state(column)]))

    def _state(self, column: Column) -> str:
        """Return the name of a derivative by a state at any step."""
        return self.markup.symbol(self.page.names.at_any_step(column.states))

    @property
    def _factor(self) -> str:
        return translate("factor")

    def _added(self, table: ThroughTime) -> str:
        assert self.page.gradient is not None
        return self.markup.sentence(
            translatable("adds to {gradient}"), gradient=self.markup.inline(self.name(self.page.gradient))
        )

    def through_time_told(self, table: ThroughTime) -> Iterator[str]:
        """Yield what a table of what comes back through time shows, one sentence a state."""
        for column in table.columns:
            product = column.product
            if product is None:
                continue
            factors = [Number(one) for one in column.factors if one is not None]
            written = write(Product(tuple(factors)), _no_leaf, self.markup) + self.markup.operator("≈")
            told = written if len(factors) > 1 else ""
            yield self.markup.sentence(
                _SHRINKS if product < 1 else _GROWS,
                length=self._length(column),
                product=self.markup.inline(told + self.markup.number(product)),
            )

    def _over(self, difference: str, twice: str, fences: str) -> str:
        if self.markup.stacks:
            return self.markup.quotient(difference, twice)
        return self.markup.quotient(f"{fences[0]}{difference}{fences[1]}", twice)

    def closing(self) -> Iterator[str]:
        """Yield what is said at the end: the answer in float64, and whether the change makes sense."""
        page = self.page
        kept = _kept_share(page.root.node)
        if kept is not None and not self._is_hidden(page.root):
            yield self._drawn(kept)
        exact = significant(page.exact_answer, page.working + 2)
        if page.steps and exact != page.numbers[page.root].value and not self._is_hidden(page.root):
            yield self.markup.sentence(
                _UNROUNDED_LOSS if page.is_step else _UNROUNDED, **self._loss, value=self.told(exact)
            )
        if self._is_hidden(page.root):
            return
        for at, told in enumerate((*self._reasons(), *self._consequences())):
            asked = translatable("Does it make sense? {told}")
            yield told if at else self.markup.sentence(asked, told=told)

    def _reasons(self) -> Iterator[str]:
        """Yield why the derivative has its sign and its size; nothing while numbers are to be filled in."""
        if self._chain is not None and not self.hidden:
            told = Sense(self._chain, self.page.digits, self._loss["loss"], self.markup, self.in_names)
            yield from told.sentences()

    @cached_property
    def _chain(self) -> Chain | None:
        return chain_of(self.page)

    def _consequences(self) -> Iterator[str]:
        """Yield what becomes of the loss if only this changes."""
        page = self.page
        if page.loss_after is None or page.loss_before is None:
            return
        if not (page.loss_before.is_finite() and page.loss_after.is_finite()):
            yield from self._overflowing(page.loss_before, page.loss_after)
            return
        before, after = told_apart(page.loss_before, page.loss_after, page.digits)
        direction = _direction(CONTEXT.subtract(page.loss_after, page.loss_before))
        yield self.markup.sentence(
            (_SENSE_OF_STEP if page.is_step else _SENSE)[direction],
            **self._loss,
            before=self.told(before),
            after=self.told(after),
        )
        if page.is_update and page.gradient is not None:
            change = CONTEXT.subtract(page.loss_after, page.loss_before)
            yield self._predicted(page.numbers[page.gradient].value, self._short(change))

    def _drawn(self, kept: Decimal) -> str:
        """Return where a mask's element comes from."""
        told = translatable("It is drawn: 1 with probability {kept}, else 0; this one is left out.")
        if self.page.numbers[self.page.root].value:
            told = translatable("It is drawn: 1 with probability {kept}, else 0; this one is kept.")
        drawn = self.markup.sentence(told, kept=self.told(kept))
        why = self.markup.sentence(
            translatable(
                "The bits follow from the seed, the step, the layer and the place; what is kept is divided "
                "by {kept}, so that the mean stays."
            ),
            kept=self.told(kept),
        )
        return f"{drawn} {why}"

    def _overflowing(self, before: Decimal, after: Decimal) -> Iterator[str]:
        """Yield what there is to say where the loss is no finite number."""
        yield self.markup.sentence(
            translatable("{loss} goes from {before} to {after}: that tells no direction."),
            **self._loss,
            before=self.told(before),
            after=self.told(after),
        )

    def _predicted(self, slope: Decimal, change: Decimal) -> str:
        """Return what the slope alone says of the change of the loss, and what it really is."""
        page, markup = self.page, self.markup
        old, new = (page.numbers[one].value for one in (page.asked, page.root))
        predicted = significant(CONTEXT.multiply(slope, CONTEXT.subtract(new, old)), page.digits)
        numbers = Product((Number(slope), Sum((Number(new), Number(-old)))))
        written = write(numbers, _no_leaf, markup) + markup.operator("≈") + markup.number(predicted)
        return markup.sentence(
            translatable("By the slope alone {loss} would change by {formula}; it changes by {change}."),
            **self._loss,
            formula=markup.inline(written),
            change=self.told(change),
        )


THROUGH_TIME = translatable("Through time, from the last step back")
"""The heading of the table of what comes back to each step."""
_SHRINKS = translatable("{length} shrinks on its way back through time: {product} of what it was")
_GROWS = translatable("{length} does not shrink on its way back through time: {product} times what it was")
_REASONS = {
    # (sign of the change, sign of the gradient)
    (1, -1): translatable("it rises, because {gradient} ≈ {value} < 0"),
    (-1, 1): translatable("it falls, because {gradient} ≈ {value} > 0"),
    (0, 0): translatable("it stays, because {gradient} = 0"),
    (1, 0): translatable("it rises although {gradient} = 0: earlier steps still push it"),
    (-1, 0): translatable("it falls although {gradient} = 0: earlier steps still push it"),
    (1, 1): translatable("it rises although {gradient} ≈ {value} > 0: earlier steps weigh more"),
    (-1, -1): translatable("it falls although {gradient} ≈ {value} < 0: earlier steps weigh more"),
    (0, 1): translatable("it stays although {gradient} ≈ {value} > 0: the step is 0, or too small to show"),
    (0, -1): translatable("it stays although {gradient} ≈ {value} < 0: the step is 0, or too small to show"),
}
_UNROUNDED = translatable("With unrounded numbers (float64): {value}")
_UNROUNDED_LOSS = translatable("{loss} before the step, with unrounded numbers (float64): {value}")
_SENSE = {
    -1: translatable("With only this change {loss} falls from {before} to {after}."),
    0: translatable("With only this change {loss} stays at {before}."),
    1: translatable("With only this change {loss} rises from {before} to {after}."),
}


_SENSE_OF_STEP = {
    -1: translatable("With all new weights {loss} falls from {before} to {after}."),
    0: translatable("With all new weights {loss} stays at {before}."),
    1: translatable("With all new weights {loss} rises from {before} to {after}: too long a step."),
}


def _no_leaf(one: Reference | Rest | Truth) -> Leaf:
    raise AssertionError(one)  # a formula of numbers alone


def told_apart(old: Decimal, new: Decimal, digits: int) -> tuple[Decimal, Decimal]:
    """Return both numbers with as many digits as it takes to tell them apart, if they differ at all."""
    for more in range(digits, 16):
        pair = significant(old, more), significant(new, more)
        if number_text(pair[0]) != number_text(pair[1]):
            return pair
    return significant(old, digits), significant(new, digits)


def _kept_share(node: Node) -> Decimal | None:
    """Return the probability with which an element of a mask is 1; None if the node is no mask."""
    if node.provenance.role is not Role.RANDOM or node.primitive.name != "less":
        return None
    threshold = node.inputs[1]
    while threshold.primitive is not CONSTANT and threshold.inputs:
        threshold = threshold.inputs[0]
    share = Decimal(int(threshold.attributes["value"].item()) + 1) / 2**32
    return significant(share, 6)


def _direction(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def _derived_by(slope: Symbol, page: Page) -> Symbol:
    """Return what the loss is derived by."""
    if slope.over:
        return Symbol(slope.base, slope.layer, slope.mark, slope.index)
    return page.names.symbol(page.asked)


def _in_columns(expression: Expression) -> Expression:
    """Return products as columns have them: numbers, what comes back from the loss, weights, the rest."""
    changed = with_parts(expression, _in_columns)
    return Product(tuple(sorted(changed.factors, key=_place))) if isinstance(changed, Product) else changed


_ORDER = {Role.SCALAR: 1, Role.GRADIENT: 2, Role.PARAMETER: 3}


def _place(factor: Expression) -> int:
    match factor:
        case Number():
            return 0
        case Reference(element):
            return _ORDER.get(element.node.provenance.role, len(_ORDER) + 1)
    return len(_ORDER) + 1
