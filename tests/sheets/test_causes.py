"""The cause of a wrong line is found, in sheets that share no code with what finds it and in others."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass

import pytest

from figures import record_figure
from sheets.document import DOCUMENT, document
from sheets.hand_calculator import Habits, printed, random_problem
from sheets.networks import source_of, tanh_source
from sheets.planted import KINDS, planted
from tiza.blackboard.expressions import Element
from tiza.lessons.catalogue import find_lesson
from tiza.sheets.causes import is_miscopied
from tiza.sheets.checking import check
from tiza.sheets.deciding import deciding_line
from tiza.sheets.formulas import Formulas
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import JudgedLine, in_order
from tiza.sheets.mistakes import Mistake, Slip, slips
from tiza.sheets.numbers import read_number
from tiza.sheets.reading import WorkLine
from tiza.sheets.wording import WORDING

CHECKERS_KINDS = (
    Mistake.DERIVATIVE_FORGOTTEN,
    Mistake.DERIVATIVE_ELSEWHERE,
    Mistake.ACTIVATION_FORGOTTEN,
    Mistake.BIAS_FORGOTTEN,
    Mistake.UPDATED_WEIGHT,
    Mistake.TRANSPOSED,
    Mistake.SWAPPED,
    Mistake.ASCENDING,
    Mistake.RATE_FORGOTTEN,
    Mistake.MOMENTUM_FORGOTTEN,
    Mistake.SIGN,
    Mistake.LOG10,
    Mistake.PLUS_FOR_TIMES,
    Mistake.PATH_FORGOTTEN,
    Mistake.SQUARE_FORGOTTEN,
    Mistake.FACTOR_FORGOTTEN,
    Mistake.SUM_FOR_MEAN,
    Mistake.POWER_OF_TEN,
)


@dataclass(frozen=True)
class Outcome:
    """How well one mistaken sheet was judged."""

    counts: bool
    first: bool = False
    named: bool = False
    alone: bool = False


def outcome(judgement: Judgement, wrong: list[str], wanted: tuple[Mistake, ...]) -> Outcome:
    """Return whether first wrong line and cause were found; a slip within the tolerance does not count."""
    by_name = {one.line.name: one for one in judgement.lines}
    seen = [name for name in wrong if _exceeds(by_name[name])]
    if not seen:
        return Outcome(False)
    place = [one.line.name for one in judgement.lines]
    first = judgement.first_wrong
    if first is None or first.line.name != min(seen, key=place.index):
        return Outcome(True)
    likely = {one.mistake for one in first.causes.likely}
    named = any(one.mistake in wanted for one in first.causes.all)
    return Outcome(True, True, named, named and likely <= set(wanted))


def _exceeds(line: JudgedLine) -> bool:
    return abs(line.line.value.value - line.expected) > line.tolerance


def made_by_hand(kind: str, seed: int) -> Outcome:
    one = planted(kind, seed)
    judgement = check(source_of(one.problem), one.work.lines)
    assert not judgement.unknown
    return outcome(judgement, one.work.slipped, KINDS[kind])


def made_by_the_checker(kind: Mistake, seed: int) -> Outcome:
    """Return how a sheet is judged whose mistake is one of the checker's own, made in a random line."""
    source = random.Random(f"{kind} {seed}")
    for _ in range(60):
        problem = random_problem(source, rows=1)
        habits = Habits(source.choice((4, 5, 6)))
        network = source_of(problem)
        formulas = Formulas(network.subject({}, None))
        elements = _elements(formulas)
        exact = formulas.with_numbers({})
        for at in source.sample(range(len(elements)), len(elements)):
            others = {one: formulas.exact(one) for one in elements if one != elements[at]}
            calculation = formulas.with_numbers(others, formulas.ways[0]).calculation(elements[at])
            made = [one for one in slips(calculation) if one.mistake is kind]
            if made:
                slip = source.choice(made)
                value = calculation.value(slip.replaced)
                if abs(value - exact.value(elements[at])) > 0.01 and abs(value) < 1e6:
                    try:
                        lines = _sheet(formulas, elements, at, slip, habits)
                    except ValueError:  # the logarithm of an output that the mistake made negative
                        continue
                    return outcome(check(network, lines), [list(lines)[at]], (kind,))
    raise AssertionError(f"{kind}: no network in which it shows")


def _elements(formulas: Formulas) -> list[Element]:
    """Return what a full sheet has, in order of dependence."""
    roles = ("z", "a", "loss", "gradient", "update")
    wanted = [
        Element(node, index)
        for node in formulas.names.of
        if node.provenance.role.value in roles and node in formulas.values and node is not formulas.seed
        for index in _indices(node.tensor_type.shape)
    ]
    number = read_number("0")
    return [one for _, one in in_order(formulas, [(WorkLine(0, "", number), one) for one in wanted])]


def _indices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    indices: list[tuple[int, ...]] = [()]
    for size in shape:
        indices = [(*one, at) for one in indices for at in range(size)]
    return indices


def _sheet(
    formulas: Formulas, elements: list[Element], wrong: int, slip: Slip, habits: Habits
) -> dict[str, str]:
    written: dict[Element, float] = {}
    lines = {}
    for at, element in enumerate(elements):
        calculation = formulas.with_numbers(written, formulas.ways[0]).calculation(element)
        value = calculation.value(slip.replaced if at == wrong else None)
        lines[_spoken(formulas, element)] = text = printed(value, habits)
        written[element] = float(text)
    return lines


def _spoken(formulas: Formulas, element: Element) -> str:
    spoken = next(name for name, node in formulas.names.nodes.items() if node is element.node)
    index = formulas.names.shown_index(element.node, element.index)
    return spoken + (f"[{','.join(map(str, index))}]" if index else "")


class TestPlantedMistakes:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_kind_is_found(self, kind: str) -> None:
        found = made_by_hand(kind, 3)
        assert found.counts
        assert found.first
        assert found.named

    @pytest.mark.slow
    def test_sheets_made_by_a_program_that_shares_no_code(self) -> None:
        found = [made_by_hand(kind, seed) for kind in KINDS for seed in range(100, 120)]
        _record("Mistaken sheets made by hand (a program that shares no code)", len(KINDS), found)

    @pytest.mark.slow
    def test_sheets_made_by_the_checker(self) -> None:
        found = [made_by_the_checker(kind, seed) for kind in CHECKERS_KINDS for seed in range(20)]
        _record("Mistaken sheets made with the checker's own mistakes", len(CHECKERS_KINDS), found)


def _record(name: str, kinds: int, found: list[Outcome]) -> None:
    counted = [one for one in found if one.counts]
    first, named, alone = (
        sum(getattr(one, which) for one in counted) for which in ("first", "named", "alone")
    )
    left = len(found) - len(counted)
    note = f"{kinds} kinds x 20 networks; {left} slips cannot be told from rounding and do not count"
    total = len(counted)
    for what, promised, count in (
        ("first wrong line found", "100 %", first),
        ("cause among those named", "at least 95 %", named),
        ("cause alone", "at least 85 %", alone),
    ):
        measured = f"{100 * count / total:.1f} % ({count} of {total})"
        record_figure(f"{name}: {what}", promised=promised, measured=measured, note=note)
    assert first == total
    assert named >= 0.95 * total
    assert alone >= 0.85 * total


class TestSeveralCauses:
    def test_a_line_that_would_decide_is_pointed_out(self) -> None:
        judgement = check(tanh_source(), {"dE/dw1": "0.05308"})
        first = judgement.first_wrong
        assert first is not None
        assert Mistake.SIGN in [one.mistake for one in first.causes.likely]
        other = check(tanh_source(), {"w1'": "0.07346"}).first_wrong
        assert other is not None
        kinds = [one.mistake for one in other.causes.likely]
        assert {Mistake.ASCENDING, Mistake.SIGN} <= set(kinds)
        deciding = deciding_line(
            other, [one for one in other.causes.likely if one.mistake in (Mistake.ASCENDING, Mistake.SIGN)]
        )
        assert deciding is not None
        values = [value for _, value in deciding.values]
        assert values[0] != pytest.approx(values[1])

    def test_a_line_of_the_sheet_decides(self) -> None:
        """With the gradient written down and right, only the step can have gone up."""
        first = check(tanh_source(), {"dE/dw1": "-0.05308", "w1'": "0.07346"}).first_wrong
        assert first is not None
        assert [one.mistake for one in first.causes.likely] == [Mistake.ASCENDING]

    def test_no_cause_is_made_up(self) -> None:
        first = check(tanh_source(), {"h1": "0.664037", "h2": "0.716298", "ŷ": "0.4715926"}).first_wrong
        assert first is not None
        assert not first.causes.all

    def test_a_given_number_copied_wrong(self) -> None:
        """A slide of the course writes w6 = 0.4 in one line; then 0.618538 results."""
        first = check(tanh_source(), {"h1": "0.664037", "h2": "0.716298", "ŷ": "0.618538"}).first_wrong
        assert first is not None
        (cause,) = first.causes.likely
        assert cause.mistake is Mistake.COPIED
        assert float(cause.calculation.value(changed={cause.slip.site: 0.4})) == pytest.approx(
            0.618538, abs=1e-6
        )

    @pytest.mark.parametrize(
        ("right", "written", "expected"),
        [
            ("508", "588", True),
            ("508", "580", True),
            ("508", "805", False),
            ("508", "508", False),
            ("5", "6", False),
        ],
    )
    def test_slips_of_the_pen(self, right: str, written: str, expected: bool) -> None:
        assert is_miscopied(right, written) is expected


def test_every_kind_of_mistake_has_words() -> None:
    assert set(WORDING) == set(Mistake)
    assert Counter(one.name for one in WORDING.values()).most_common(1)[0][1] == 1


def test_the_table_of_the_page() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == document(), "docs/checking.md is old; run `python tests/sheets/document.py`"


def test_the_derivative_of_another_activation() -> None:
    """h·(1 − h) for a unit of tanh."""
    judgement = check(tanh_source(), {"ŷ": "0.905", "h1": "0.664", "dE/da1": "-0.010598"})
    assert [one.mistake for one in judgement.causes] == [Mistake.OTHER_DERIVATIVE]


THROUGH_TIME = "h1 = 0.7616\nh2 = 0.3634\nh3 = 0.5926\nh4 = -0.6067\n"


def causes_through_time(lines: str) -> set[Mistake]:
    judgement = check(find_lesson("rnn-cuatro-pasos"), THROUGH_TIME + lines)
    assert judgement.first_wrong is not None
    return {one.mistake for one in judgement.first_wrong.causes.likely}


@pytest.mark.parametrize("before", ["", "dE/da4 = -0.6993\n"])
def test_only_the_last_step_of_a_recurrence_is_counted(before: str) -> None:
    assert causes_through_time(before + "dE/du = -0.4144\n") == {Mistake.ONE_PLACE_ONLY}


def test_a_derivative_at_another_point_is_at_one_of_its_own_step() -> None:
    """1 − h4² with a4 for h4: no number of another step stands for it."""
    h4 = -0.6067
    wrong = (h4 - 0.5) * (1.0 - math.atanh(h4) ** 2)
    assert Mistake.DERIVATIVE_ELSEWHERE in causes_through_time(f"dE/da4 = {wrong:.4f}\n")
