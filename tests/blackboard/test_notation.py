"""The same page in other letters: what a notation changes is the writing, and no number."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

import tiza as tz
from blackboard.examples import tanh_example
from tiza.blackboard.notation import Notation
from tiza.blackboard.notations import NOTATIONS
from tiza.errors import ModelError, NameNotFoundError, ShapeError
from tiza.optimizers.rules import OPTIMIZERS

NAMES = {
    "w1": "dense.kernel[0,0]",
    "w2": "dense.kernel[1,0]",
    "w5": "dense_1.kernel[0,0]",
    "a1": "dense.z[0]",
    "h1": "dense.a[0]",
    "ŷ": "dense_1.z[0]",
    "x1": "x[0]",
    "y": "y[0]",
}


def board(target: str, **options: object) -> str:
    return str(tanh_example().explain([2.0, 3.0], [1.0], target, language="en", **options))  # type: ignore[arg-type]


def results(page: str) -> list[str]:
    """Return the result of every numbered line."""
    whole = re.sub(r"\n +([=≈])", r" \1", page)
    return sorted(line.split()[-1] for line in whole.splitlines() if re.match(r" *\[\d+\]", line))


@pytest.mark.parametrize("name", NOTATIONS)
def test_a_notation_changes_no_number(name: str) -> None:
    plain = board("dense.kernel[0,0]", update=True)
    assert results(board("dense.kernel[0,0]", update=True, profile=name)) == results(plain)
    assert len(results(plain)) == 11


@pytest.mark.parametrize(
    ("profile", "line"),
    [
        ("metodos-avanzados", "∂E/∂w1[1,1] = δ1[1]·x[1] = −0.0265392·2 = −0.0530784"),
        ("clase-4", "w1′[1,1] = w1[1,1] − η·∂C/∂w1[1,1] = 0.1 − 0.5·(−0.0530784) = 0.1265392"),
        ("diseno-de-redes", "w1′[1,1] = w1[1,1] − α·∂E/∂w1[1,1] = "),
        ("retropropagacion", "z1[1] = x[1]·w1[1,1] + x[2]·w1[2,1] = 2·0.1 + 3·0.2 = 0.8"),
        ("calculo-numerico", "h1[1] = tanh(z1[1]) = tanh(0.8) ≈ 0.664037"),
    ],
)
def test_each_course_has_its_letters(profile: str, line: str) -> None:
    assert line in board("dense.kernel[0,0]", update=True, profile=profile)


def test_two_indices_can_stand_in_the_other_order() -> None:
    page = board("dense.kernel[1,0]", profile="clase-4")
    assert page.startswith("How does C depend on w1[1,2]?")
    assert board("w1[1,2]", profile="clase-4") == page


def test_single_numbers_have_names_and_can_be_asked_for_by_them() -> None:
    page = board("w1", update=True, names=NAMES, profile="metodos-avanzados")
    assert page.startswith("How much is w1 after one step?    w1: 0.1 → 0.1265")
    assert "a1 = w1·x1 + w2·x[2] = 0.1·2 + 0.2·3 = 0.8" in page
    assert "w1′ = w1 − η·∂E/∂w1 = 0.1 − 0.5·(−0.0530784) = 0.1265392" in page
    assert board("dE/dw1", names=NAMES, profile="metodos-avanzados").startswith("How does E depend on w1?")
    assert board("w1'", names=NAMES, profile="metodos-avanzados") == page
    assert board("ŷ", names=NAMES).startswith("What is ŷ?    ŷ ≈ 0.9051")


def test_the_networks_own_words_are_understood_in_any_notation() -> None:
    assert board("dense.a[0]", profile="clase-4").startswith("What is a1[1]?")


def test_an_index_that_the_notation_does_not_count_is_the_networks_own() -> None:
    """Where indices start at 1, x[0] can only be the network's word for the first feature."""
    for profile in ("clase-4", "metodos-avanzados"):
        assert board("x[0]", profile=profile).startswith("What is x[1]?    x[1] = 2")
        assert board("x[1]", profile=profile).startswith("What is x[1]?    x[1] = 2")
        assert board("grad x[0]", profile=profile) == board("grad x[1]", profile=profile)
        assert board("dense.kernel[0,1]", profile=profile) == board("dense.kernel[0, 1]", profile=profile)
    assert board("x[0]").startswith("What is x[0]?    x[0] = 2")


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_counted_notations_have_letters_for_what_optimizers_keep(rule: type) -> None:
    model = tanh_example()
    model.compile(rule(), "quadratic")
    page = model.explain(
        [2.0, 3.0], [1.0], "dense.kernel[0,0]", update=True, profile="clase-4", language="en"
    )
    names = {page.page.names.symbol(one.element) for one in page.page.steps}
    kept = [one for one in names if one.about]
    assert all(len(one.base) == 1 or one.base in ("μ⁺", "vmax") for one in kept)
    assert len({str(one) for one in names}) == len(page.page.steps)
    assert not re.search(
        r"velocity|accumulator|next_mu|iterations|ahead|blend", f"{page}{page.to_markdown()}"
    )
    if kept:
        assert {one.about for one in kept} == {"w"}
        assert all(str(one).startswith(f"{one.base}_w1") for one in kept)


@pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_no_letter_is_that_of_a_weight_and_of_what_an_optimizer_computes(rule: type) -> None:
    known = inspect.signature(rule).parameters
    options = {name: one for name, one in (("momentum", 0.9), ("weight_decay", 0.1)) if name in known}
    one_row, picture = tz.Input((2, 1)), tz.Input((3, 3, 1))
    states = [layer(1)(one_row) for layer in (tz.layers.SimpleRNN, tz.layers.LSTM, tz.layers.GRU)]
    pixels = tz.layers.Flatten()(tz.layers.SeparableConv2D(1, 2)(picture))
    outputs = tz.layers.Dense(1)(tz.layers.Concatenate()([*states, pixels]))
    model = tz.Model([one_row, picture], outputs)
    model.compile(rule(**options), "quadratic")
    x = [np.ones((1, 2, 1)), np.ones((1, 3, 3, 1))]
    page = model.explain(
        x, [[1.0]], "simple_rnn.recurrent_kernel[0,0]", update=True, profile="metodos-avanzados"
    ).page
    symbols = [page.names.of[one] for one in page.names.of]
    kept = {one.base for one in symbols if one.about}
    assert kept
    assert not kept & {one.base for one in symbols if not one.about and one.layer}


def test_a_decimal_comma() -> None:
    page = board("dense.kernel[0,0]", update=True, profile=Notation(decimal_sign=","))
    assert "dense.a[0] = tanh(dense.z[0]) = tanh(0,8) ≈ 0,664037" in page
    assert not re.search(r"\d\.\d", page)


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(NameNotFoundError, match=r"profile: unknown name 'clase-5'; did you mean 'clase-4'"):
        board("loss", profile="clase-5")
    with pytest.raises(NameNotFoundError, match="did you mean"):
        board("w11", names=NAMES)
    with pytest.raises(NameNotFoundError, match=r"dense\.kernl"):
        board("loss", names={"w1": "dense.kernl[0,0]"})
    with pytest.raises(ShapeError, match=r"w1 has shape \(2, 2\): write w1\[1,1\] to w1\[2,2\]"):
        board("w1[0,1]", profile="clase-4")
    with pytest.raises(ModelError, match="decimal_sign: got ';'"):
        Notation(decimal_sign=";")
    with pytest.raises(ModelError, match="names: got 'w\\[1\\]'"):
        board("loss", names={"w[1]": "dense.kernel[0,0]"})
