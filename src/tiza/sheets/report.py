"""What a student is told: the first wrong line and a question; with more detail the cause, or everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expressions import Element, Expression, Number, Reference, Sum, references
from tiza.graph.provenance import Provenance, Role
from tiza.language import translatable, translate, translate_plural
from tiza.sheets.causes import Cause
from tiza.sheets.deciding import deciding_line
from tiza.sheets.formula_text import (
    LONGEST_NUMBERS,
    apart,
    as_written,
    beside,
    short_number,
    sign_before,
    whole_formula,
    write_names,
    write_numbers,
)
from tiza.sheets.judging import JudgedLine, Remark, Verdict, agree
from tiza.sheets.mistakes import Mistake
from tiza.sheets.naming import Naming
from tiza.sheets.reading import printable
from tiza.sheets.tolerance import own_tolerance
from tiza.sheets.wording import ANY_QUESTION, QUESTIONS, WORDING

if TYPE_CHECKING:
    from tiza.sheets.judgement import Judgement

WIDTH = 100
_COLUMN = 24


class Detail(IntEnum):
    """How much is told."""

    QUESTION = 0
    HINT = 1
    SOLUTION = 2


def judgement_text(judgement: Judgement, detail: Detail = Detail.QUESTION) -> str:
    """Return what is said of a sheet, in the current language."""
    return "\n".join(one.rstrip() for one in _Report(judgement, detail).lines())


class _Report:
    def __init__(self, judgement: Judgement, detail: Detail) -> None:
        self._judgement = judgement
        self._naming = judgement.naming
        self._detail = detail

    def lines(self) -> Iterator[str]:
        judgement, wrong = self._judgement, self._judgement.first_wrong
        yield self._heading()
        yield from self._problems()
        if judgement.fits_another_network:
            yield translate("Most of this does not fit. Is it the right network, with the right data?")
        if self._detail is Detail.SOLUTION or wrong is None:
            yield from self._right_lines()
        if wrong is not None:
            yield from self._wrong_line(wrong)
        yield from self._result()

    # what was read

    def _heading(self) -> str:
        judgement = self._judgement
        parts = [translate("Network {name}", name=printable(judgement.network))] if judgement.network else []
        if judgement.learning_rate is not None:
            parts.append(f"η = {short_number(judgement.learning_rate)}")
        read = len(judgement.lines) + len(judgement.unknown)
        counted = translate_plural(
            "{count} value read, in order of dependence.",
            "{count} values read (decimal comma or point, it does not matter), in order of dependence.",
            read,
        )
        start = f"{', '.join(parts)}.  " if parts else ""
        return start + counted

    def _problems(self) -> Iterator[str]:
        for one in self._judgement.unreadable:
            yield translate(
                "  ? line {line}, column {column}: “{text}”: {reason}",
                line=one.number,
                column=one.column,
                text=one.text,
                reason=translate(one.reason),
            )
        for line in self._judgement.lines:
            if line.remark is Remark.NEW_WEIGHT:
                yield translate(
                    "  ? line {line}: “{name}” is given. Is this the new weight? Taken for {new}.",
                    line=line.line.number,
                    name=printable(line.line.name),
                    new=self._name(line.element),
                )
            if line.repeats is not None and not agree(line.repeats.value, line.line.value):
                yield translate(
                    "  ? line {line}: “{name}” is the same quantity as line {other}; the first one counts",
                    line=line.line.number,
                    name=printable(line.line.name),
                    other=line.repeats.number,
                )
        for unknown in self._judgement.unknown:
            yield translate(
                "  ? line {line}: “{name}” is no quantity of this network; near names: {near}",
                line=unknown.line.number,
                name=printable(unknown.line.name),
                near=", ".join(map(printable, unknown.near)),
            )

    # line by line

    def _right_lines(self) -> Iterator[str]:
        """Yield the lines that are right, several in a row."""
        cells = [
            f"✓ {self._name(one.element)} {as_written(one.line.value)}"
            for one in self._judgement.lines
            if one.verdict is Verdict.RIGHT
        ]
        yield from _in_rows(cells)
        yield from self._remarks()

    def _remarks(self) -> Iterator[str]:
        """Yield what is to be said of right lines that are right in an unusual way."""
        for remark, sentence in _REMARKS.items():
            names = [self._name(one.element) for one in self._judgement.lines if one.remark is remark]
            if remark is Remark.STEPS_ROUNDED:
                names = [self._with_exact(one) for one in self._judgement.lines if one.remark is remark]
            if names:
                yield translate(sentence, names=", ".join(names))
        for one in self._judgement.lines:
            if one.otherwise is not None and one.otherwise.is_number:
                yield translate(
                    "  Line {line} gives two numbers: {first} and {last}; the last one counts.",
                    line=one.line.number,
                    first=printable(one.otherwise.text),
                    last=as_written(one.line.value),
                )
            elif one.otherwise is not None:
                yield translate(
                    "  Right, but the formula in line {line} gives another number: {formula} ≈ {value}.",
                    line=one.line.number,
                    formula=printable(one.otherwise.text),
                    value=apart(one.otherwise.value, one.line.value),
                )

    def _with_exact(self, one: JudgedLine) -> str:
        """Return a line's name, with the exact number where the written one is another."""
        name, value = self._name(one.element), one.line.value
        if abs(value.value - one.exact) <= own_tolerance(value, one.exact):
            return name
        return translate("{name} (exact: {value})", name=name, value=apart(one.exact, value))

    def _name(self, element: Element) -> str:
        return printable(self._naming.shown(element))

    def _line(self, mark: str, one: JudgedLine, said: str) -> str:
        where = translate("line {line}", line=one.line.number)
        number = f"{printable(one.line.name)} = {as_written(one.line.value)}"
        return f"  {mark} {where.ljust(10)} {number.ljust(_COLUMN - 1)} {said}"

    def _wrong_line(self, wrong: JudgedLine) -> Iterator[str]:
        yield self._line("✗", wrong, translate("← the first one that does not come out"))
        if self._detail is Detail.SOLUTION:
            yield self._calculation(wrong)
        if self._detail >= Detail.HINT:
            yield from self._cause(wrong)
        if self._detail is Detail.SOLUTION:
            yield from self._what_follows(wrong)
        yield translate("To think about: {question}", question=self._question(wrong))

    def _calculation(self, wrong: JudgedLine) -> str:
        whole = whole_formula(wrong.calculation, self._naming)
        shown = apart(whole.value, wrong.line.value)
        middle = f" = {whole.numbers}" if whole.numbers not in ("", shown) else ""
        if len(whole.numbers) > LONGEST_NUMBERS:
            middle = ""
        is_given = whole.names == self._naming.shown(wrong.element)
        names = f" = {whole.names}" if len(whole.names) <= LONGEST_NUMBERS and not is_given else ""
        formula = f"{self._name(wrong.element)}{names}{middle} {sign_before(whole.value, shown)} {shown}"
        if middle and whole.zeros:
            formula += "    " + translate_plural(
                "(the other term is 0)", "(the other {count} terms are 0)", whole.zeros
            )
        return translate("With your numbers:  {formula}", formula=formula)

    def _cause(self, wrong: JudgedLine) -> Iterator[str]:
        likely = wrong.causes.likely
        if not likely:
            yield translate("No usual slip gives this number from your lines before it.")
            return
        for at, cause in enumerate(likely):
            sentence = self._sentence(cause)
            if at:
                yield translate("Or: {cause}", cause=sentence)
            else:
                yield translate("Cause: {cause}", cause=sentence)
            if self._detail is Detail.SOLUTION:
                yield from self._worked(cause, wrong)
        if self._detail is Detail.SOLUTION:
            for cause in wrong.causes.possible:
                yield translate("  Possible, too: {cause}", cause=self._sentence(cause, worked=False))
            yield from self._decision(wrong)

    def _sentence(self, cause: Cause, worked: bool = True) -> str:
        about = self._about(cause, worked)
        site = self._named(cause.slip.site, cause)
        return translate(WORDING[cause.mistake].cause, about=about, site=self._name(site))

    def _named(self, site: Element, cause: Cause) -> Element:
        """Return where a mistake was made; of a part without a name, what it was looked for in."""
        return site if self._naming.is_named(site) else cause.calculation.root

    def _about(self, cause: Cause, worked: bool) -> str:
        """Return what a mistake is about, in names and worked out; a pair as `a1, a2`."""
        about = cause.slip.about
        if about is None:
            return ""
        if isinstance(about, Sum) and cause.mistake in _PAIRS:
            return ", ".join(write_names(one, self._naming) for one in about.terms)
        names = write_names(about, self._naming)
        told = worked and self._detail is Detail.SOLUTION
        if isinstance(about, Number) or cause.mistake in _NAMES_ONLY or not told:
            return names
        numbers = write_numbers(about, cause.calculation.value_of)
        value = self._value(about, cause)
        result = f" = {value}" if value != numbers else ""
        return f"{names} = {numbers}{result}"

    @staticmethod
    def _value(expression: Expression, cause: Cause) -> str:
        return short_number(value_of_expression(expression, cause.calculation.value_of))

    def _worked(self, cause: Cause, wrong: JudgedLine) -> Iterator[str]:
        """Yield the calculation with the mistake in it."""
        if cause.mistake in _PEN:
            return
        whole = whole_formula(cause.calculation, self._naming, cause.slip.replaced)
        shown = beside(whole.value, wrong.line.value)
        if len(whole.numbers) > LONGEST_NUMBERS:
            return
        start = f"{whole.numbers} {sign_before(whole.value, shown)} " if whole.numbers != shown else ""
        if shown == as_written(wrong.line.value):
            yield translate("  So {formula}: just what you wrote.", formula=f"{start}{shown}")
        else:
            yield translate("  So {formula}, within rounding what you wrote.", formula=f"{start}{shown}")

    def _decision(self, wrong: JudgedLine) -> Iterator[str]:
        if wrong.decided_by is not None:
            value = as_written(wrong.decided_by.value)
            yield translate(
                "  Your line {line} decides: {value} is the same slip again.",
                line=wrong.decided_by.number,
                value=value,
            )
            return
        deciding = deciding_line(wrong, wrong.causes.likely)
        if deciding is not None:
            cases = "; ".join(
                f"{translate(WORDING[cause.mistake].name)}: {short_number(value, 4)}"
                for cause, value in deciding.values
            )
            yield translate(
                "  To decide, write down {quantity}: {cases}.",
                quantity=self._name(deciding.element),
                cases=cases,
            )

    def _what_follows(self, wrong: JudgedLine) -> Iterator[str]:
        after = [
            one for one in self._judgement.lines if one.verdict is not Verdict.RIGHT and one is not wrong
        ]
        if after:
            yield translate("What follows, taking what stands before it as it is:")
        for one in after:
            yield self._later_line(one)

    def _later_line(self, one: JudgedLine) -> str:
        exact = translate("(correct: {value})", value=apart(one.corrected, one.line.value))
        if one.verdict is Verdict.SAME_MISTAKE:
            return self._line("↳", one, translate("the same slip: not counted again") + f"   {exact}")
        if one.verdict is Verdict.CARRIED:
            return self._line("↳", one, translate("well computed from your numbers") + f"   {exact}")
        kinds = [translate(WORDING[cause.mistake].name) for cause in one.causes.likely]
        cause = ", ".join(kinds) or translate("of unknown cause")
        return self._line("✗", one, translate("another mistake: {cause}", cause=cause) + f"   {exact}")

    def _question(self, wrong: JudgedLine) -> str:
        own = wrong.element in wrong.calculation.world.formulas.own
        role = wrong.element.node.provenance.role
        question = ANY_QUESTION if own else QUESTIONS.get(role, ANY_QUESTION)
        site, about = wrong.element, None
        if wrong.causes.likely:
            cause = wrong.causes.likely[0]
            wording, site = WORDING[cause.mistake], self._named(cause.slip.site, cause)
            is_derivative = site.node.provenance.role in (Role.GRADIENT, Role.UPDATE)
            question = wording.question if is_derivative else wording.forward or wording.question
            about = cause.slip.about
        before, after = self._around(site, self._own_worked(about, wrong))
        return translate(
            question, site=self._name(site), unit=self._unit(wrong.element), before=before, after=after
        )

    def _around(self, site: Element, about: Expression | None) -> tuple[str, str]:
        """Return the names of the input and the output of the activation that a derivative passes."""
        of = site.node.provenance.of
        if of is not None:
            after = self._output_of(site, of)
            return self._unit(site), self._unit(site) if after is None else self._name(after)
        for output in references(about) if about is not None else ():
            layer = output.node.provenance.layer
            before = self._beside(output, layer, Role.PRE_ACTIVATION)
            after = self._beside(output, layer, Role.ACTIVATION)
            if before is not None and after is not None:
                return self._name(before), self._name(after)
        return self._unit(site), self._unit(site)

    @staticmethod
    def _own_worked(about: Expression | None, wrong: JudgedLine) -> Expression | None:
        """Return what a mistake is about; a step of the student's own by its formula."""
        own = wrong.calculation.world.formulas.own
        if isinstance(about, Reference) and about.element in own:
            return own[about.element].formula
        return about

    def _output_of(self, site: Element, of: Provenance) -> Element | None:
        """Return what an activation makes of the sum by which a delta is taken: of a gate its own output."""
        for node in self._naming.names.of:
            is_output = node.provenance.role is Role.ACTIVATION and node.type == site.node.type
            if is_output and any(one.provenance == of for one in node.inputs):
                return Element(node, site.index)
        return self._beside(site, of.layer, Role.ACTIVATION)

    def _beside(self, element: Element, layer: str, role: Role) -> Element | None:
        """Return the number at the same place of a layer that has a role, and at the same step."""
        wanted = (role, layer, element.node.provenance.time, element.node.type)
        for node in self._naming.names.of:
            known = node.provenance
            if (known.role, known.layer, known.time, node.type) == wanted:
                return Element(node, element.index)
        return None

    def _unit(self, element: Element) -> str:
        """Return what a derivative is taken by; of anything else its own name."""
        of = element.node.provenance.of
        if of is not None and element.node.provenance.role in (Role.GRADIENT, Role.UPDATE):
            for node in self._naming.names.of:
                if node.provenance == of and node.type == element.node.type:
                    return self._name(Element(node, element.index))
        return self._name(element)

    # the result

    def _result(self) -> Iterator[str]:
        judgement = self._judgement
        right = judgement.count(Verdict.RIGHT)
        wrong = judgement.count(Verdict.WRONG)
        carried = judgement.count(Verdict.CARRIED, Verdict.SAME_MISTAKE)
        if judgement.is_empty:
            result = translate("Result: there is no value to judge.")
        elif judgement.is_right:
            result = translate_plural(
                "Result: {count} value, right.", "Result: {count} values, all right.", right
            )
        else:
            counts = [translate_plural("{count} right", "{count} right", right)]
            if wrong:
                counts.append(translate_plural("{count} mistake", "{count} mistakes", wrong))
            if carried:
                counts.append(translate_plural("{count} carried on", "{count} carried on", carried))
            if judgement.missing:
                counts.append(translate_plural("{count} not judged", "{count} not judged", judgement.missing))
            result = translate("Result: {counts}.", counts=", ".join(counts))
        yield " ".join((result, *self._blank(), *self._rounding()))

    def _blank(self) -> Iterator[str]:
        if self._judgement.blank:
            yield translate_plural(
                "{count} line left blank.", "{count} lines left blank.", self._judgement.blank
            )

    def _rounding(self) -> Iterator[str]:
        """Yield what rounding cost, if it can be seen: it is no mistake."""
        right = [one for one in self._judgement.lines if one.verdict is Verdict.RIGHT]
        rounded = [one for one in right if one.cost >= _SEEN_COST and one.remark not in _NO_ROUNDING]
        if rounded:
            worst = max(rounded, key=lambda one: one.cost)
            yield translate(
                "Rounding or truncating is no mistake (here it costs up to {percent} %, in {name}).",
                percent=short_number(100 * worst.cost, 2),
                name=self._name(worst.element),
            )


_SEEN_COST = 0.005
_NO_ROUNDING = (Remark.CORRECTED, Remark.NATURAL_LOGARITHM)
_PEN = (Mistake.DIGIT, Mistake.COPIED, Mistake.POWER_OF_TEN, Mistake.MISCALCULATED)
_PAIRS = (Mistake.SWAPPED, Mistake.NEIGHBOUR, Mistake.OTHER_BIAS)
_NAMES_ONLY = (Mistake.STOPPED_EARLY, Mistake.OTHER_ACTIVATION)


_REMARKS = {
    Remark.TRUNCATED: translatable("  Truncated instead of rounded, which is no mistake: {names}."),
    Remark.STEPS_ROUNDED: translatable(
        "  Right but for the rounding of steps that are not written: {names}."
    ),
    Remark.NATURAL_LOGARITHM: translatable(
        "  Right with the natural logarithm; the course takes that of base 10 here: {names}."
    ),
    Remark.CORRECTED: translatable("  Right, though it does not follow from your lines before it: {names}."),
}


def _in_rows(cells: Sequence[str]) -> Iterator[str]:
    """Yield cells, as many in a row as there is room for."""
    row = " "
    for cell in cells:
        if len(row) + len(cell) + 3 > WIDTH:
            yield row
            row = " "
        row += f" {cell}  "
    if cells:
        yield row


def cause_names(causes: Sequence[Cause]) -> str:
    """Return causes in a few words, for a table."""
    return ", ".join(translate(WORDING[one.mistake].name) for one in causes)


def quantity_of(one: JudgedLine, naming: Naming) -> str:
    """Return what a line is about, for a table."""
    return printable(naming.shown(one.element))
