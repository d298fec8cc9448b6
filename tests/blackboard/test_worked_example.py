"""The courses' tanh regression, whose numbers stand in the design's mock-up."""

from __future__ import annotations

import re

import pytest

from blackboard.examples import tanh_example
from blackboard.page_reader import Reader, numbered_lines
from tiza.language import use_language

LINES = """\
dense.z[0] = x[0]·dense.kernel[0,0] + x[1]·dense.kernel[1,0] = 2·0.1 + 3·0.2 = 0.8
dense.a[0] = tanh(dense.z[0]) = tanh(0.8) ≈ 0.664037
dense.z[1] = x[0]·dense.kernel[0,1] + x[1]·dense.kernel[1,1] = 2·0.3 + 3·0.1 = 0.9
dense.a[1] = tanh(dense.z[1]) = tanh(0.9) ≈ 0.716298
dense_1.z[0] = dense.a[0]·dense_1.kernel[0,0] + dense.a[1]·dense_1.kernel[1,0] = 0.664037·0.5 + 0.716298·0.8 ≈ 0.905057
L = 0.5·(dense_1.z[0] − y[0])² = 0.5·(0.905057 − 1)² ≈ 0.00450709
dense_1.δ[0] = dense_1.z[0] − y[0] = 0.905057 − 1 = −0.094943
∂L/∂dense.a[0] = dense_1.δ[0]·dense_1.kernel[0,0] = −0.094943·0.5 = −0.0474715
dense.δ[0] = ∂L/∂dense.a[0]·(1 − dense.a[0]²) = −0.0474715·(1 − 0.664037²) ≈ −0.0265392
∂L/∂dense.kernel[0,0] = x[0]·dense.δ[0] = 2·(−0.0265392) = −0.0530784
dense.kernel′[0,0] = dense.kernel[0,0] − η·∂L/∂dense.kernel[0,0] = 0.1 − 0.5·(−0.0530784) = 0.1265392
"""  # noqa: E501


def page(language: str, target: str = "dense.kernel[0,0]", update: bool = True) -> str:
    with use_language(language):
        return str(tanh_example().explain([2.0, 3.0], [1.0], target, update=update))


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_line_is_the_mock_ups(language: str) -> None:
    assert numbered_lines(page(language)) == LINES.splitlines()


def test_the_answer_comes_first_with_its_reason() -> None:
    assert page("es").splitlines()[0] == (
        "¿Cuánto vale dense.kernel[0,0] después de un paso?    dense.kernel[0,0]: 0.1 → 0.1265    "
        "(sube, porque ∂L/∂dense.kernel[0,0] ≈ −0.05308 < 0)"
    )


def test_data_path_and_sections_are_told() -> None:
    told = page("es")
    assert "Datos   x = (2, 3)     y = 1     η = 0.5     L: la pérdida, coste cuadrático" in told
    assert "Camino  dense.kernel[0,0] → dense.z[0] → dense.a[0] → dense_1.z[0] → L" in told
    headings = ["1. Hacia delante", "2. Pérdida", "3. Hacia atrás, de L a la respuesta", "4. Actualización"]
    places = [told.index(f"\n{heading}\n") for heading in headings]
    assert places == sorted(places)


def test_a_page_that_does_not_reach_the_loss_names_none() -> None:
    assert page("en", "dense.a[0]", update=False).splitlines()[1] == "Data    x = (2, 3)"
    assert page("en", "dense_1.delta[0]", update=False).splitlines()[1] == (
        "Data    x = (2, 3)     y = 1     L: the loss, quadratic"
    )


def test_a_difference_quotient_agrees() -> None:
    assert (
        "✓ apart: [L(dense.kernel[0,0] + 0.001) − L(dense.kernel[0,0] − 0.001)]/0.002 = "
        "(0.004454262496 − 0.0045604204505)/0.002 ≈ −0.053079\n"
    ) in page("en")


def test_the_loss_after_only_this_change_is_told() -> None:
    assert "With only this change L falls from 0.004507 to 0.00325." in page("en")


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("dense.kernel[1,0]", "0.2 → 0.2398"),
        ("dense.kernel[0,1]", "0.3 → 0.337"),
        ("dense.kernel[1,1]", "0.1 → 0.1555"),
        ("dense_1.kernel[0,0]", "0.5 → 0.5315"),
        ("dense_1.kernel[1,0]", "0.8 → 0.834"),
    ],
)
def test_the_other_weights_are_the_courses_exact_ones(target: str, answer: str) -> None:
    assert answer in page("en", target).splitlines()[0]


def test_every_state_of_the_network_is_left_as_it_was() -> None:
    model = tanh_example()
    before = model.state
    model.explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", update=True)
    assert all((value == before[path]).all() for path, value in model.state.items())


@pytest.mark.parametrize("digits", range(1, 11))
def test_lines_close_for_any_number_of_digits(digits: int) -> None:
    with use_language("en"):
        told = str(tanh_example().explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", update=True, digits=digits))
    reader = Reader()
    reader.read(told)
    assert reader.lines == 11
    assert reader.working >= min(digits + 2, 12)


@pytest.mark.parametrize("line", range(11))
def test_the_reader_finds_a_wrong_number(line: int) -> None:
    """The closing test means something: a page with one wrong digit does not pass."""
    told = [re.sub(r" {4}\(.*\)$", "", one) for one in page("en").splitlines()]
    at = [number for number, text in enumerate(told) if text.lstrip().startswith(("[", "= "))]
    results = [number for number in at if not told[number].endswith("dense_1.kernel[1,0]")]
    wrong = results[line]
    last = told[wrong][-1]
    told[wrong] = told[wrong][:-1] + str((int(last) + 1) % 10)
    with pytest.raises(AssertionError):
        Reader().read("\n".join(told))
