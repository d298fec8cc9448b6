"""Derivatives that are no quantities of the step: dŷ/dw1, and f'(0.8) of a function at a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from sheets.networks import tanh_source
from tiza.language import use_language
from tiza.sheets.checking import check
from tiza.sheets.judging import Verdict
from tiza.sheets.mistakes import Mistake
from tiza.sheets.source import NetworkSource

H1, H2 = math.tanh(0.8), math.tanh(0.9)
X = {"x1": 2.0, "x2": 3.0}
SLOPES = {
    "dŷ/dw1": 0.5 * (1 - H1**2) * 2,
    "dŷ/dw2": 0.5 * (1 - H1**2) * 3,
    "∂ŷ/∂w4": 0.8 * (1 - H2**2) * 3,
    "dŷ/dw5": H1,
    "dŷ/dh2": 0.8,
    "dŷ/da1": 0.5 * (1 - H1**2),
    "dh1/dw1": (1 - H1**2) * 2,
    "dŷ/dx1": 0.5 * (1 - H1**2) * 0.1 + 0.8 * (1 - H2**2) * 0.3,
}
FUNCTIONS = {
    "tanh": lambda z: 1 - math.tanh(z) ** 2,
    "σ": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "sigmoid": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "exp": math.exp,
    "relu": lambda z: float(z > 0),
}


def verdict(sheet: str, source: NetworkSource | None = None) -> Verdict:
    return check(source or tanh_source(), sheet).lines[-1].verdict


def deep_source() -> NetworkSource:
    """Return a network with two hidden layers, so that several ways lead from a weight to the output."""
    model = tz.Sequential(
        [
            tz.Input((2,)),
            tz.layers.Dense(2, "sigmoid"),
            tz.layers.Dense(3, "tanh"),
            tz.layers.Dense(1),
        ],
        dtype="float64",
        seed=3,
    )
    model.compile(tz.optimizers.SGD(0.5), tz.losses.Quadratic())
    return NetworkSource(model, [2.0, 3.0], [1.0], {"w1": "dense.kernel[0,0]"}, name="deep")


class TestOfTheOutput:
    @pytest.mark.parametrize("name", SLOPES)
    def test_the_number_is_judged(self, name: str) -> None:
        right = SLOPES[name]
        assert verdict(f"{name} = {right:.5f}") is Verdict.RIGHT
        assert verdict(f"{name} = {right * 1.07:.5f}") is Verdict.WRONG
        assert verdict(f"{name} = {-right:.5f}") is Verdict.WRONG

    def test_several_ways_are_added(self) -> None:
        source = deep_source()
        model = source.model
        weights = [one.copy() for one in model.get_weights()]
        outputs = []
        for move in (1e-6, -1e-6):
            moved = [one.copy() for one in weights]
            moved[0][0, 0] += move
            model.set_weights(moved)
            outputs.append(float(model.predict([[2.0, 3.0]])[0, 0]))
        model.set_weights(weights)
        slope = (outputs[0] - outputs[1]) / 2e-6
        assert verdict(f"dŷ/dw1 = {slope:.6f}", source) is Verdict.RIGHT
        assert verdict(f"dŷ/dw1 = {slope * 1.01:.6f}", source) is Verdict.WRONG

    def test_it_follows_from_the_students_own_lines(self) -> None:
        assert verdict("h1 = 0.5\ndŷ/dw1 = 0.75") is Verdict.CARRIED
        assert verdict("tanh'(a1) = 0.9\ndŷ/dw1 = 0.9") is Verdict.CARRIED

    def test_the_losss_derivative_goes_on_with_it(self) -> None:
        """A wrong dŷ/dw1 counts once, whatever it comes from."""
        sheet = "ŷ = 0.905057\ndŷ/dw1 = 0.7\ndE/dw1 = {}\nw1' = {}\n"
        found = check(tanh_source(), sheet.format("-0.06646", "0.13323")).lines
        assert [one.verdict for one in found] == [
            Verdict.RIGHT,
            Verdict.WRONG,
            Verdict.CARRIED,
            Verdict.CARRIED,
        ]
        found = check(tanh_source(), sheet.format("-0.08123", "0.140615")).lines
        assert [one.verdict for one in found][1:] == [Verdict.WRONG, Verdict.WRONG, Verdict.CARRIED]

    def test_a_chain_of_three(self) -> None:
        sheet = "dE/dŷ = -0.095\ndŷ/da1 = 0.4\ndŷ/dw1 = 0.8\ndE/dw1 = -0.076\n"
        found = check(tanh_source(), sheet).lines
        assert [one.verdict for one in found] == [
            Verdict.RIGHT,
            Verdict.WRONG,
            Verdict.CARRIED,
            Verdict.CARRIED,
        ]

    def test_a_forgotten_derivative_is_the_cause(self) -> None:
        for sheet in ("dŷ/dw1 = 1.0000", "tanh'(a1) = 0.559055\ndŷ/dw1 = 1.0000"):
            judgement = check(tanh_source(), sheet)
            assert [one.mistake for one in judgement.causes] == [Mistake.DERIVATIVE_FORGOTTEN]
            with use_language("en"):
                assert "If a1 rises a little, how much does h1 rise?" in str(judgement)

    def test_a_forgotten_derivative_counts_once(self) -> None:
        found = check(tanh_source(), "a1 = 0.8\nh1 = 0.66\ndŷ/dw1 = 1\ndE/dw1 = -0.0949\n").lines
        assert [one.verdict for one in found[2:]] == [Verdict.WRONG, Verdict.CARRIED]

    def test_what_no_way_leads_to_is_unknown(self) -> None:
        judgement = check(tanh_source(), "dh1/dw3 = 0.5")
        assert [one.line.name for one in judgement.unknown] == ["dh1/dw3"]


class TestOfAFunction:
    @pytest.mark.parametrize("name", ["tanh'(0.8)", "tanh′(0,8)", "tanh’( 0.8 )", "f'(0.8)", "σ'(0.8)"])
    def test_of_the_unit_whose_sum_it_is(self, name: str) -> None:
        """A letter for any function is the activation of the unit."""
        assert verdict(f"{name} = 0.559055") is Verdict.RIGHT
        assert verdict(f"{name} = 0.36") is Verdict.WRONG

    def test_of_the_sum_that_was_written(self) -> None:
        found = check(tanh_source(), "a1 = 0.7\ntanh'(0.7) = 0.635\n").lines
        assert [one.verdict for one in found] == [Verdict.WRONG, Verdict.CARRIED]

    def test_it_is_gone_on_with(self) -> None:
        found = check(tanh_source(), "a1 = 0.8\ntanh'(0.8) = 0.36\nδ1 = -0.0170898\n").lines
        assert [one.verdict for one in found[1:]] == [Verdict.WRONG, Verdict.CARRIED]

    @pytest.mark.parametrize("function", FUNCTIONS)
    @given(hundredths=st.integers(-300, 300).filter(lambda one: one not in (0, 80, 90)))
    def test_at_any_number(self, function: str, hundredths: int) -> None:
        """No unit has this sum: the function by its name, whatever the network's activation is."""
        z = hundredths / 100
        right = FUNCTIONS[function](z)
        assert verdict(f"{function}'({z}) = {right:.6f}") is Verdict.RIGHT
        assert verdict(f"{function}'({z}) = {right + 0.1:.6f}") is Verdict.WRONG

    def test_another_function_than_the_units_is_itself(self) -> None:
        assert verdict("sigmoid'(0.8) = 0.213910") is Verdict.RIGHT
        assert verdict("sigmoid'(0.8) = 0.559055") is Verdict.WRONG

    @pytest.mark.parametrize("name", ["f'(0.5)", "nope'(0.8)", "max'(0.8)"])
    def test_what_is_no_function_is_unknown(self, name: str) -> None:
        judgement = check(tanh_source(), f"{name} = 0.5")
        assert [one.line.name for one in judgement.unknown] == [name]

    def test_in_a_formula(self) -> None:
        (line,) = check(tanh_source(), "dE/dw1 = -0.094943*0.5*tanh'(0.8)*2 = -0.0531").lines
        assert line.verdict is Verdict.RIGHT
        assert line.otherwise is None
        (line,) = check(tanh_source(), "dE/dw1 = -0.094943*0.5*tanh'(0.3)*2 = -0.0531").lines
        assert line.otherwise is not None
