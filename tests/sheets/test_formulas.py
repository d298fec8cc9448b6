"""Formulas that students write: before the first sign of equality, between signs, in place of a number."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tiza as tz
from sheets.networks import TANH_NAMES, tanh_source
from tiza.lessons.catalogue import find_lesson
from tiza.sheets.checking import check
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import JudgedLine, Verdict
from tiza.sheets.mistakes import Mistake
from tiza.sheets.source import LessonSource, NetworkSource

LINES = "h1 = 0.66\nh2 = 0.72\nŷ = 0.91\n"
NAMES: Mapping[str, str] = {
    "z1": "dense.z[0]",
    "z2": "dense.z[1]",
    "a1": "dense.a[0]",
    "a2": "dense.a[1]",
    "o1": "dense_1.a[0]",
    "o2": "dense_1.a[1]",
}


def line_of(judgement: Judgement, name: str) -> JudgedLine:
    (found,) = (one for one in judgement.lines if one.line.name == name)
    return found


def network(activation: str, output: str, loss: str) -> NetworkSource:
    model = tz.Sequential(
        [tz.Input((2,)), tz.layers.Dense(2, activation), tz.layers.Dense(2, output)], dtype="float64"
    )
    model.compile(tz.optimizers.SGD(0.1), loss)
    model.set_weights([[[0.3, -0.4], [0.2, 0.7]], [0.1, -0.2], [[0.5, -0.6], [0.8, 0.4]], [0.2, 0.3]])
    return NetworkSource(model, [0.5, 1.5], [1.0, 0.0], NAMES)


class TestBeforeTheEquals:
    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("1-h1^2", "0.5644"),
            ("1 − h1²", "0.5644"),
            ("1 - h1·h1", "0.5644"),
            ("tanh'(a1)", "0.5644"),
            ("f′(a1)", "0.5644"),
            ("dh1/da1", "0.5644"),
            ("∂h1/∂a1", "0.5644"),
            ("ŷ - y", "-0.09"),
            ("y - ŷ", "0.09"),
            ("e", "-0.09"),
            ("e", "0.09"),
            ("h1*w5", "0.33"),
            ("w5h1 + w6h2", "0.906"),
            ("dŷ/dh1", "0.5"),
            ("da1/dw1", "2"),
            ("½(ŷ-y)^2", "0.00405"),
            ("dE/dŷ·w5", "-0.045"),
        ],
    )
    def test_what_is_no_quantity_of_the_graph_is_judged(self, name: str, number: str) -> None:
        assert check(tanh_source(), f"{LINES}{name} = {number}\n").is_right
        wrong = check(tanh_source(), f"{LINES}{name} = {float(number) * 1.7 + 0.21:.4f}\n")
        assert wrong.count(Verdict.WRONG) == 1

    def test_a_step_of_ones_own_is_gone_on_with(self) -> None:
        """With f' = 0.34, from a square forgotten, the delta follows; without the line it would be wrong."""
        sheet = f"{LINES}1-h1^2 = 0.34\ndE/da1 = -0.0153\nw1' = 0.1153\n"
        judgement = check(tanh_source(), sheet)
        assert [one.mistake for one in judgement.causes] == [Mistake.SQUARE_FORGOTTEN]
        assert line_of(judgement, "dE/da1").verdict is Verdict.CARRIED
        assert line_of(judgement, "w1'").verdict is Verdict.CARRIED
        alone = check(tanh_source(), sheet.replace("1-h1^2 = 0.34\n", ""))
        assert line_of(alone, "dE/da1").verdict is Verdict.WRONG

    def test_a_rounded_step_of_ones_own_is_no_mistake(self) -> None:
        sheet = "h1 = 0.664037\nŷ = 0.905057\ntanh'(a1) = 0.6\ndE/da1 = -0.028483\n"
        assert check(tanh_source(), sheet).is_right
        assert not check(tanh_source(), sheet.replace("tanh'(a1) = 0.6\n", "")).is_right

    def test_the_derivative_is_still_known_to_be_forgotten(self) -> None:
        judgement = check(tanh_source(), f"{LINES}tanh'(a1) = 0.5644\ndE/da1 = -0.045\n")
        assert Mistake.DERIVATIVE_FORGOTTEN in [one.mistake for one in judgement.causes]

    @pytest.mark.parametrize(
        ("activation", "slope"),
        [
            ("sigmoid", lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2),
            ("tanh", lambda z: 1 - math.tanh(z) ** 2),
            ("relu", lambda z: float(z > 0)),
            ("softplus", lambda z: 1 / (1 + math.exp(-z))),
            ("linear", lambda z: 1.0),
        ],
    )
    def test_the_derivative_of_each_activation(self, activation: str, slope: object) -> None:
        assert callable(slope)
        z = 0.3 * 0.5 + 0.2 * 1.5 + 0.1
        source = network(activation, "linear", "mse")
        for name in ("f'(z1)", f"{activation}'(z1)"):
            assert check(source, {name: f"{slope(z):.6f}"}).is_right
            assert not check(source, {name: f"{slope(z) + 0.01:.6f}"}).is_right

    @pytest.mark.parametrize(
        ("output", "loss", "share"),
        [("softmax", "categorical_crossentropy", 1), ("sigmoid", "binary_crossentropy", 2)],
    )
    def test_the_derivative_by_an_output_that_the_graph_leaves_out(
        self, output: str, loss: str, share: int
    ) -> None:
        source = network("tanh", output, loss)
        h = [math.tanh(0.3 * 0.5 + 0.2 * 1.5 + 0.1), math.tanh(-0.4 * 0.5 + 0.7 * 1.5 - 0.2)]
        z = [0.5 * h[0] + 0.8 * h[1] + 0.2, -0.6 * h[0] + 0.4 * h[1] + 0.3]
        o1 = 1 / (1 + math.exp(z[1] - z[0] if output == "softmax" else -z[0]))
        assert check(source, {"o1": f"{o1:.6f}", "dL/do1": f"{-1 / o1 / share:.6f}"}).is_right
        wrong = check(source, {"o1": f"{o1:.6f}", "dL/do1": f"{1 / o1 / share:.6f}"})
        assert [one.mistake for one in wrong.causes] == [Mistake.SIGN]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("δ", "-0.0949"),
            ("delta", "-0.0949"),
            ("delta_ŷ", "-0.0949"),
            ("δ1", "-0.0265"),
            ("δ_h1", "-0.0265"),
            ("delta(h1)", "-0.0265"),
            ("net1", "0.8"),
            ("net_h1", "0.8"),
            ("Σ1", "0.8"),
            ("suma 1", "0.8"),
            ("out_h1", "0.664"),
            ("w1_new", "0.1265"),
            ("w1_nuevo", "0.1265"),
            ("new_w1", "0.1265"),
            ("w1 actualizado", "0.1265"),
            ("w1+", "0.1265"),
            ("w1(t+1)", "0.1265"),
        ],
    )
    def test_other_names_of_the_same(self, name: str, number: str) -> None:
        judgement = check(tanh_source(), f"{name} = {number}\n")
        assert judgement.is_right
        assert judgement.lines

    @pytest.mark.parametrize(
        ("lesson", "name", "number"),
        [
            ("tanh-2-2-1", "a1[1]", "0.8"),
            ("tanh-2-2-1", "h1[2]", "0.716"),
            ("tanh-2-2-1", "w1[2,1]", "0.2"),
            ("tanh-2-2-1", "δ1[1]", "-0.0265"),
            ("alicia", "h1[1]", "0.0474"),
            ("alicia", "y_pred", "0.524"),
            ("retropropagacion-2-3-1", "a1[3]", "0.7503"),
        ],
    )
    def test_the_words_of_the_courses_notation(self, lesson: str, name: str, number: str) -> None:
        judgement = check(LessonSource(find_lesson(lesson)), f"{name} = {number}\n")
        assert judgement.is_right
        assert len(judgement.lines) == 1

    def test_several_in_one_row(self) -> None:
        judgement = check(tanh_source(), "a1 = 0,8; h1 = 0,66, a2 = 0,9\nx = (2, 3)\n")
        assert [one.line.name for one in judgement.lines] == ["a1", "h1", "a2"]
        assert judgement.is_right


class TestInPlaceOfANumber:
    @pytest.mark.parametrize(
        "line",
        [
            "ŷ = 0.5*0.66 + 0.8*0.72",
            "ŷ = 0,5·0,66 + 0,8·0,72",
            "ŷ = w5h1 + w6h2",
            "h1 = tanh(a1)",
            "h1 = (e^0.8 - e^-0.8)/(e^0.8 + e^-0.8)",
            "E = ½(ŷ-y)²",
            "E = (1/2)(ŷ - y)**2",
            "w1' = w1 - 0.5*dE/dw1",
        ],
    )
    def test_its_value_counts(self, line: str) -> None:
        judgement = check(tanh_source(), f"{line}\n")
        assert judgement.is_right
        assert len(judgement.lines) == 1

    def test_a_wrong_one_is_wrong(self) -> None:
        judgement = check(tanh_source(), "h1 = 0.66\nh2 = 0.72\nŷ = 0.5*0.66 + 0.4*0.72\n")
        assert line_of(judgement, "ŷ").verdict is Verdict.WRONG

    @pytest.mark.parametrize(
        "text", ["cero", "2*", "0.5 kg", "h9 + 1", "sqrt(0-1)", "1/(2-2)", "12 000", "f'(h1)"]
    )
    def test_what_is_no_formula_is_not_judged(self, text: str) -> None:
        judgement = check(tanh_source(), f"h1 = {text}\n")
        assert not judgement.lines
        assert len(judgement.unreadable) == 1


class TestBetweenTheEquals:
    def test_the_formula_is_checked_too(self) -> None:
        right = "h1 = 0.66\nh2 = 0.72\nŷ = 0.5*0.66 + 0.8*0.72 = 0.91\nE = ½e² = 1/2*(-0.09)^2 = 0.00405\n"
        judgement = check(tanh_source(), right)
        assert judgement.is_right
        assert all(one.otherwise is None for one in judgement.lines)
        other = line_of(check(tanh_source(), right.replace("0.8*", "0.4*")), "ŷ")
        assert other.verdict is Verdict.RIGHT
        assert other.otherwise is not None
        assert other.otherwise.value == pytest.approx(0.618)

    def test_a_right_formula_that_is_worked_out_wrong(self) -> None:
        lines = f"{LINES}dE/dw1 = 2*(-0.09)*0.5*(1-0.66^2)"
        judgement = check(tanh_source(), f"{lines} = -0.0731\n")
        assert [one.mistake for one in judgement.causes] == [Mistake.MISCALCULATED]
        assert Mistake.MISCALCULATED not in [
            one.mistake for one in check(tanh_source(), f"{LINES}dE/dw1 = -0.09*0.5*2 = -0.09\n").causes
        ]

    def test_it_tells_what_an_unknown_name_means(self) -> None:
        judgement = check(tanh_source(), f"{LINES}q = 1 - h1^2 = 0.5644\ndE/da1 = q*w5*(ŷ - y) = -0.0254\n")
        assert judgement.is_right
        assert check(tanh_source(), "q = 0.5644\n").unknown

    def test_numbers_that_were_rounded_in_the_formula_alone(self) -> None:
        assert line_of(check(tanh_source(), "ŷ = 0.5*0.66 + 0.8*0.72 = 0.9051\n"), "ŷ").otherwise is None


PIECES = st.sampled_from(
    [
        *TANH_NAMES,
        "ŷ",
        "e",
        "tanh(",
        "f'(",
        "d",
        "∂E/∂",
        "/",
        "*",
        "+",
        "-",
        "^",
        "²",
        "½",
        "(",
        ")",
        "=",
        "0.5",
        "2",
        " ",
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("e = ŷ = y = 2")
@example("a1 = a1")
@example("a1*2 = a1*2")
@example("dE/dE = 1")
@example("e = 2^2^2^2^9^9^9")
@example("f'(f'(a1)) = 1")
def test_no_formula_breaks_it(line: str) -> None:
    judgement = check(tanh_source(), f"{line}\nnew w4 = 0.155\n")
    assert str(judgement)
    assert "new w4" in {one.line.name for one in (*judgement.lines, *judgement.unknown)}
