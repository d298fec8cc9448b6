"""Whether an answer makes sense: sign and size of a derivative, and the factors on the path's arrows."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest

import tiza as tz
from blackboard.examples import tanh_example
from blackboard.random_networks import random_network, targets
from blackboard.signal_networks import signal_network, signal_targets
from tiza.blackboard.chain import Chain, chain_of, factors_of
from tiza.blackboard.expressions import Number, multiply
from tiza.blackboard.sense import SMALL
from tiza.blackboard.steps import Page
from tiza.models.model import Model

NAMES = {
    "x1": "x[0]",
    "w1": "dense.kernel[0,0]",
    "w2": "dense.kernel[1,0]",
    "w5": "dense_1.kernel[0,0]",
    "a1": "dense.z[0]",
    "h1": "dense.a[0]",
    "ŷ": "dense_1.z[0]",
    "y": "y[0]",
}


def page_of(
    model: Model,
    target: str,
    x: object,
    y: object,
    language: str = "en",
    update: bool = True,
    names: dict[str, str] | None = None,
) -> str:
    return str(model.explain(x, y, target, update=update, names=names, language=language))


def course(target: str = "w1", language: str = "en", update: bool = True) -> str:
    return page_of(tanh_example(), target, [2.0, 3.0], [1.0], language, update, NAMES)


def chain(page: Page) -> Chain:
    found = chain_of(page)
    assert found is not None
    return found


def network(*layers: object, loss: str = "mse", features: int = 1) -> Model:
    model = tz.Sequential([tz.Input((features,)), *layers], seed=1, dtype="float64")
    model.compile(tz.optimizers.SGD(0.1), loss)
    return model


class TestTheCoursesExample:
    def test_each_arrow_has_its_factor(self) -> None:
        assert "Path    w1 ─(x1)→ a1 ─(1 − h1²)→ h1 ─(w5)→ ŷ ─(ŷ − y)→ L\n" in course()
        assert "Camino  w1 ─(x1)→ a1 ─(1 − h1²)→ h1 ─(w5)→ ŷ ─(ŷ − y)→ L\n" in course(language="es")

    def test_sign_and_size_in_english(self) -> None:
        assert course().partition("Does it make sense? ")[2].splitlines()[:3] == [
            "Sign: if w1 rises, a1 rises (x1 > 0), h1 rises (1 − h1² > 0), ŷ rises (w5 > 0), "
            "L falls (ŷ − y < 0).",
            "   Size: what makes it small is ŷ − y ≈ −0.09494.",
            "   With only this change L falls from 0.004507 to 0.00325.",
        ]

    def test_sign_and_size_in_spanish(self) -> None:
        assert course(language="es").partition("¿Tiene sentido? ")[2].splitlines()[:3] == [
            "Signo: si w1 sube, a1 sube (x1 > 0), h1 sube (1 − h1² > 0), ŷ sube (w5 > 0), "
            "L baja (ŷ − y < 0).",
            "   Tamaño: lo que la hace pequeña es ŷ − y ≈ −0.09494.",
            "   Con solo este cambio L baja de 0.004507 a 0.00325.",
        ]

    def test_a_derivative_alone_has_its_reasons(self) -> None:
        assert course(update=False).splitlines()[-1] == "   Size: what makes it small is ŷ − y ≈ −0.09494."

    @pytest.mark.parametrize("form", ["to_markdown", "to_html"])
    def test_every_format_has_them(self, form: str) -> None:
        board = tanh_example().explain([2.0, 3.0], [1.0], "w1", update=True, names=NAMES, language="en")
        text = getattr(board, form)().replace("</span>", "")
        for told in ("Sign: if", "Size: what makes it small is", ")→"):
            assert told in text

    def test_nothing_is_told_while_numbers_are_to_be_filled_in(self) -> None:
        hidden = str(
            tanh_example().explain([2.0, 3.0], [1.0], "w1", names=NAMES, language="en").with_blanks()
        )
        assert "Sign:" not in hidden


class TestWhatIsTold:
    def test_a_direction_that_turns(self) -> None:
        model = network(tz.layers.Dense(1, "tanh"), tz.layers.Dense(1))
        model.set_weights([[[0.5]], [0.0], [[-2.0]], [0.0]])
        told = page_of(model, "dense.kernel[0,0]", [-1.0], [3.0])
        assert (
            "Sign: if dense.kernel[0,0] rises, dense.z[0] falls (x[0] < 0), "
            "dense.a[0] falls (1 − dense.a[0]² > 0), dense_1.z[0] rises (dense_1.kernel[0,0] < 0), "
            "L falls (2·dense_1.z[0] − 2·y[0] < 0)."
        ) in " ".join(told.split())

    def test_what_a_unit_that_is_off_lets_pass(self) -> None:
        model = network(tz.layers.Dense(1, "relu"), tz.layers.Dense(1))
        model.set_weights([[[0.5]], [0.0], [[-2.0]], [0.0]])
        told = page_of(model, "dense.kernel[0,0]", [-1.0], [3.0])
        assert "dense.z[0] falls (x[0] < 0), dense.a[0] stays ([0 < dense.z[0]] = 0), L stays, too." in told
        assert "Size:" not in told

    def test_a_bias_moves_its_unit_by_as_much(self) -> None:
        told = page_of(network(tz.layers.Dense(1)), "dense.bias[0]", [1.0], [5.0])
        assert "Sign: if dense.bias[0] rises, dense.z[0] rises (by as much), L falls (" in told

    def test_terms_on_both_sides_of_0(self) -> None:
        model = network(tz.layers.Dense(1, use_bias=False))
        model.set_weights([[[1.0]]])
        told = page_of(model, "dense.kernel[0,0]", [[1.0], [1.0]], [[0.0], [3.0]])
        assert (
            "∂L/∂dense.kernel[0,0] is a sum: its terms above 0 make 1, those below 0 make −2; "
            "the larger side gives the sign."
        ) in told
        told = page_of(model, "dense.kernel[0,0]", [[1.0], [1.0]], [[0.0], [2.01]])
        assert "Size: these terms nearly cancel." in told

    @pytest.mark.parametrize(("target", "side"), [(-3.0, "above"), (3.0, "below")])
    def test_terms_on_one_side_of_0(self, target: float, side: str) -> None:
        model = network(tz.layers.Dense(1, use_bias=False))
        model.set_weights([[[1.0]]])
        told = page_of(model, "dense.kernel[0,0]", [[1.0], [1.0]], [[target], [target]])
        assert f"∂L/∂dense.kernel[0,0] is a sum: all its terms are {side} 0." in told

    def test_many_links_are_counted(self) -> None:
        model = network(*(tz.layers.Dense(1, "sigmoid", use_bias=False) for _ in range(6)))
        model.set_weights([[[one]] for one in (1.0, -1.0, -1.0, -1.0, -1.0, 1.0)])
        told = page_of(model, "dense.kernel[0,0]", [1.0], [5.0])
        assert re.search(
            r"L (rises|falls)\s+\(turned round at 5 of 13 links: dense_1\.kernel\[0,0\] < 0", told
        )
        assert re.search(r"Size: what makes it small are \d factors together; the smallest: ", told)

    def test_a_large_derivative(self) -> None:
        told = page_of(network(tz.layers.Dense(1, use_bias=False)), "dense.kernel[0,0]", [100.0], [0.5])
        assert "Size: what makes it large is x[0] = 100" in told

    def test_neither_large_nor_small(self) -> None:
        model = network(tz.layers.Dense(1, use_bias=False))
        model.set_weights([[[1.0]]])
        told = page_of(model, "dense.kernel[0,0]", [0.5], [0.2])
        assert "Size: its smallest factor is x[0] = 0.5, its largest 2·dense.z[0] − 2·y[0] = 0.6." in told

    def test_a_wide_path_has_plain_arrows(self) -> None:
        told = page_of(tanh_example(), "dense.kernel[0,0]", [2.0, 3.0], [1.0])
        assert "Path    dense.kernel[0,0] → dense.z[0] → dense.a[0] → dense_1.z[0] → L\n" in told


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(30))
def test_the_factors_make_the_derivative(seed: int) -> None:
    """Of any network: the product is the printed derivative, and the sentence names its direction."""
    of_dense = seed % 3 > 0
    case = random_network(seed) if of_dense else signal_network(seed)
    for target, update in targets(case) if of_dense else signal_targets(case):
        page = case.model.explain(case.x, case.y, target, update=update).page
        found = chain_of(page)
        if found is None:
            assert page.gradient is None
            continue
        assert page.gradient is not None
        slope = page.numbers[page.gradient].value
        assert float(found.value) == pytest.approx(float(slope), rel=10.0 ** (2 - page.working), abs=1e-12)
        direction = np.prod([link.direction for link in found.links])
        assert direction == (found.value > 0) - (found.value < 0)
        if found.parting is not None and found.is_sum:
            total = float(found.parting.above + found.parting.below)
            assert total == pytest.approx(
                float(slope), rel=1e-2, abs=float(found.parting.above) * 1e-4 + 1e-12
            )


def test_a_product_is_taken_apart_and_put_together() -> None:
    product = multiply(Number(Decimal(2)), Number(Decimal(-3)))
    assert list(factors_of(product)) == [product]
    page = tanh_example().explain([2.0, 3.0], [1.0], "dense.kernel[0,0]").page
    found = chain(page)
    assert len(found.links) == 4
    assert [len(link.factors) for link in found.links] == [1, 1, 1, 1]
    assert abs(found.value) < SMALL


def test_a_sentence_of_sentences_closes_each_formula_once() -> None:
    page = tanh_example().explain([2.0, 3.0], [1.0], "w1", update=True, names=NAMES, language="en").to_html()
    told = page[page.index("Sign: ") : page.index("Size: ")]
    assert told.count('<span class="closed">') == 4
    assert '<span class="closed"><span' not in told
