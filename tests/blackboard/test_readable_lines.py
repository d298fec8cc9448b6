"""Lines that say what they mean: nothing that cancels, nothing drawn worked out, sums of sums taken apart."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pytest

import tiza as tz
from blackboard.examples import tanh_example
from blackboard.page_reader import Reader, numbered_lines
from tiza.blackboard.expressions import Number, call, divide, multiply
from tiza.errors import ModelError
from tiza.models.model import Model

BATCH = np.array([[1.0, 2.0, 3.0], [0.1, 0.2, -1.0], [2.0, 1.0, 0.0]])
TARGETS = np.array([[1.0], [0.0], [0.5]])


def model_of(*layers: object, loss: object = "mse") -> Model:
    model = tz.Sequential([tz.Input((3,)), *layers], seed=1)
    model.compile("sgd", loss)
    return model


def page_of(model: Model, target: str, x: object = BATCH, y: object = TARGETS, update: bool = False) -> str:
    page = str(model.explain(x, y, target, update=update, language="en"))
    Reader().read(page)
    return page


def test_what_batch_normalization_takes_away_is_said_to_be_0() -> None:
    model = model_of(tz.layers.Dense(3), tz.layers.BatchNormalization(), tz.layers.Dense(1))
    page = page_of(model, "dense.bias[0]", update=True)
    assert "Worked with 6 digits" in page
    assert "(it stays, because ∂L/∂dense.bias[0] = 0)" in page
    assert re.search(r"∂L/∂dense\.bias\[0\] = .*\n.* ≈ 0    \(in float64 [^)]*\)", page)


def test_a_root_that_stands_in_many_places_has_one_line() -> None:
    model = model_of(tz.layers.Dense(3, "tanh"), tz.layers.BatchNormalization(), tz.layers.Dense(1))
    rows = np.concatenate([BATCH, BATCH[:2] + 0.3])
    lines = numbered_lines(page_of(model, "dense.bias[0]", rows, rows[:, :1]))
    roots = [one for one in lines if re.match(r"S\d+ = √\(batch_normalization\.variance\[0\]", one)]
    assert len(roots) == 1


def test_the_shift_of_a_softmax_is_not_written_where_it_is_0() -> None:
    model = model_of(tz.layers.Dense(3, "softmax"), loss="categorical_crossentropy")
    page = page_of(model, "loss", y=np.eye(3))
    for line in numbered_lines(page):
        for whole, name in re.findall(r"((?<![\w.])(\w+\.z\[[\d,]+\]) − \2)", line):
            raise AssertionError((whole, name))
    assert "exp(" in page


def test_sums_of_sums_are_taken_apart() -> None:
    model = model_of(tz.layers.Dense(4, "tanh"), tz.layers.LayerNormalization(), tz.layers.Dense(3, "tanh"))
    page = page_of(model, "dense.bias[0]", y=np.eye(3))
    assert max(map(len, numbered_lines(page))) < 700
    assert re.search(r"∂L/∂layer_normalization\.mean\[0,0\] = S\d+ \+ S\d+ = ", page)


def test_a_mask_says_what_becomes_of_a_unit() -> None:
    model = model_of(tz.layers.Dense(8, "tanh"), tz.layers.Dropout(0.5), tz.layers.Dense(1))
    page = page_of(model, "dense_1.z[0]", BATCH[0], [1.0])
    kept, left_out = (page.count(f"because dropout.mask[{at}] = ") for at in (0, 1))
    assert kept + left_out == 2
    assert "dropout.mask[0] = 1 holds" in page or "dropout.mask[0] = 0 holds" in page


def test_noise_is_drawn_and_not_worked_out() -> None:
    model = model_of(tz.layers.Dense(2, "tanh"), tz.layers.GaussianNoise(0.1), tz.layers.Dense(1))
    page = page_of(model, "dense_1.z[0]", BATCH[0], [1.0])
    assert "Taken as computed, without lines of their own: gaussian_noise.noise[0] ≈ " in page
    assert "cos(" not in page


def test_each_call_of_a_shared_layer_can_be_asked_for() -> None:
    shared, x = tz.layers.Dense(1), tz.Input((1,))
    model = tz.Model(x, shared(shared(x)))
    model.compile("sgd", "mse")
    for name in ("dense.delta_2", "dense.δ_2"):
        assert "What is dense.δ_2[0]?" in page_of(model, f"{name}[0]", [2.0], [1.0])


def test_terms_of_several_layers_are_ways_and_not_units() -> None:
    model = model_of(tz.layers.Dense(3, "tanh"), tz.layers.BatchNormalization(), tz.layers.Dense(2))
    page = page_of(model, "dense.kernel[0,0]", y=BATCH[:, :2])
    for line in re.findall(r"∂L/∂dense\.a\[.*?\] = .*?\n(?= *\[)", page, re.DOTALL):
        assert "3 terms, one for each way to L" in line
    assert "for each unit" not in page


# names that students give


@pytest.mark.parametrize("name", ["loss", "L", "step", "S1", "η"])
def test_a_name_is_not_that_of_something_else(name: str) -> None:
    with pytest.raises(ModelError, match="which is the name of something else on the page"):
        tanh_example().explain([2.0, 3.0], [1.0], names={name: "dense.kernel[0,0]"})


def test_of_two_names_the_last_is_written() -> None:
    names = {"w1": "dense.kernel[0,0]", "v": "dense.kernel[0, 0]"}
    for asked in names:
        page = str(tanh_example().explain([2.0, 3.0], [1.0], asked, names=names, language="en"))
        assert page.startswith("How does L depend on v?")


@pytest.mark.parametrize("name", ["", " w", "w ", "w[0]", "a\nb", "w=1", 3])
def test_a_name_is_one_word_or_two(name: object) -> None:
    with pytest.raises(ModelError, match="for a number's name"):
        tanh_example().explain([2.0, 3.0], [1.0], names={name: "x[0]"})  # type: ignore[dict-item]


@pytest.mark.parametrize("names", ["w1", [("w1", "x[0]")]])
def test_names_are_a_dictionary(names: object) -> None:
    with pytest.raises(ModelError, match=r"names: got .* expected a dictionary"):
        tanh_example().explain([2.0, 3.0], [1.0], names=names)  # type: ignore[arg-type]


@pytest.mark.parametrize("update", ["no", 1, None])
def test_update_is_true_or_false(update: object) -> None:
    with pytest.raises(ModelError, match=r"update: got .* expected True or False"):
        tanh_example().explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", update=update)  # type: ignore[arg-type]


def test_threads_explain_in_languages_of_their_own() -> None:
    model = tanh_example()

    def explained(language: str) -> str:
        return str(model.explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", update=True, language=language))

    alone = {one: explained(one) for one in ("en", "es")}
    with ThreadPoolExecutor(4) as pool:
        for language, page in zip(("en", "es") * 10, pool.map(explained, ("en", "es") * 10), strict=True):
            assert page == alone[language]


def test_a_root_times_itself_is_what_stands_under_it() -> None:
    model = tz.Sequential(
        [tz.Input((2,)), tz.layers.LayerNormalization(), tz.layers.Dense(1)], seed=1, dtype="float64"
    )
    model.compile("sgd", "mse")
    page = page_of(model, "step", [[0.5, 0.7]], [[1.0]])
    root = call("sqrt", Number(Decimal(3)))
    assert divide(Number(Decimal(6)), multiply(root, root)) == Number(Decimal(2))
    assert "√(" in page
    assert not re.search(r"√\((?:[^()]|\([^()]*\))*\)²", page)
