"""Questions that have a short answer or none: what no path leads from, what is given, what is misspelt."""

from __future__ import annotations

import numpy as np
import pytest

import tiza as tz
from blackboard.examples import tanh_example
from blackboard.page_reader import numbered_lines
from tiza.errors import ModelError, NameNotFoundError, ShapeError
from tiza.models.model import Model


def headline(model: Model, target: str, language: str = "en", **options: object) -> str:
    board = model.explain([2.0, 3.0], [1.0], target, language=language, **options)  # type: ignore[arg-type]
    return str(board).splitlines()[0]


def network(**options: object) -> Model:
    hidden = tz.layers.Dense(2, "tanh", **options)  # type: ignore[arg-type]
    model = tz.Sequential([tz.Input((2,)), hidden, tz.layers.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    return model


# weights without a derivative


class Stopped(tz.layers.Layer):
    """Passes its input on, and no derivative back."""

    def call(self, inputs: tz.Tensor, context: object) -> tz.Tensor:
        return tz.stop_gradient(inputs)


def test_a_weight_that_is_not_trained_says_so() -> None:
    model = network(trainable=False)
    told = headline(model, "dense.kernel[0,0]")
    assert told.startswith("What is dense.kernel[0,0]?")
    assert told.endswith("(it is not trained: a step leaves it as it is)")
    assert "no se entrena" in headline(model, "dense.kernel[0,0]", "es")
    assert "no path" not in told


def test_a_weight_that_the_loss_does_not_depend_on_says_so() -> None:
    x = tz.Input((2,))
    hidden, stopped = tz.layers.Dense(2, name="used"), tz.layers.Dense(2, name="stopped")
    joined = tz.layers.Add()([hidden(x), Stopped()(stopped(x))])
    model = tz.Model(x, tz.layers.Dense(1)(joined), seed=1)
    model.compile("sgd", "mse")
    told = headline(model, "stopped.kernel[0,0]")
    assert told.endswith("(no path leads from it to L: L does not depend on it)")
    assert "ningún camino lleva de él a L" in headline(model, "stopped.kernel[0,0]", "es")
    assert "L does not depend on it" in headline(model, "stopped.kernel[0,0]", update=True)
    assert "depend" in headline(model, "used.kernel[0,0]")
    assert "no path" not in headline(model, "used.kernel[0,0]")


# what is given


def test_the_rate_is_answered_alone() -> None:
    page = str(tanh_example().explain([2.0, 3.0], [1.0], "learning_rate", language="en"))
    assert page.splitlines()[0] == "What is η?    η = 0.5"
    assert not numbered_lines(page)
    assert len(page.splitlines()) < 4


def test_a_scheduled_rate_has_its_lines_and_no_others() -> None:
    model = network()
    model.compile(tz.optimizers.SGD(tz.optimizers.schedules.CosineDecay(0.05, 20)), "mse")
    page = str(model.explain([2.0, 3.0], [1.0], "learning_rate", language="en"))
    assert numbered_lines(page)
    assert all("dense" not in one for one in numbered_lines(page))
    assert "iterations = 0" in page.splitlines()[1]
    assert "η0 = 0.05" in page.splitlines()[1]
    assert headline(model, "η0") == headline(model, "initial_learning_rate") == "What is η0?    η0 = 0.05"


def test_what_an_optimizer_keeps_now_is_answered_alone() -> None:
    model = network()
    model.compile("adam", "mse")
    page = str(model.explain([2.0, 3.0], [1.0], "dense.kernel.m[0,0]", language="en"))
    assert not numbered_lines(page)
    assert numbered_lines(str(model.explain([2.0, 3.0], [1.0], "new dense.kernel.m[0,0]", language="en")))


# what is misspelt


def test_a_long_wrong_target_is_not_repeated_whole() -> None:
    for target, error in (
        ("q" * 5000, NameNotFoundError),
        ("[" * 5000, NameNotFoundError),
        (f"dense.kernel[{'9' * 5000}]", ShapeError),
        (f"dense.kernel[{'a' * 5000}]", ShapeError),
    ):
        with pytest.raises(error) as caught:
            headline(tanh_example(), target)
        assert len(str(caught.value)) < 600
        assert "…" in str(caught.value)


@pytest.mark.parametrize("target", ["stp", "steps", "Step"])
def test_the_whole_step_is_suggested(target: str) -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'step'"):
        headline(tanh_example(), target)


def test_a_function_has_no_step() -> None:
    with pytest.raises(NameNotFoundError, match="unknown name 'step'; known: ") as caught:
        tz.explain(lambda x: x * x, 3.0, target="step")
    assert "step" not in str(caught.value).partition("known:")[2]


# whole numbers of NumPy


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpys_whole_numbers_will_do(kind: type) -> None:
    plain = tanh_example().explain([2.0, 3.0], [1.0], "loss", digits=3, slide=2)
    told = tanh_example().explain([2.0, 3.0], [1.0], "loss", digits=kind(3), slide=kind(2))
    assert str(told) == str(plain)
    assert str(told.hint(kind(2))) == str(plain.hint(2))


def test_blanks_leave_out_the_tables_that_tell_results() -> None:
    board = tanh_example().explain([2.0, 3.0], [1.0], "loss", slide=2, language="en")
    assert "0.66" in str(board)
    assert "0.66" not in str(board.with_blanks())
    assert "0.66" in str(board.with_blanks([]))


@pytest.mark.parametrize("digits", [np.float64(4.0), np.True_, "4"])
def test_other_digits_are_refused(digits: object) -> None:
    with pytest.raises(ModelError, match=r"digits: got .* expected a whole number from 1 to 10"):
        headline(tanh_example(), "loss", digits=digits)


# several inputs


def test_inputs_are_called_by_their_names() -> None:
    age, other, odd = tz.Input((2,), name="age"), tz.Input((1,)), tz.Input((1,), name="x[0]")
    joined = tz.layers.Concatenate()([age, other, odd])
    model = tz.Model([age, other, odd], tz.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    x = [[[1.0, 2.0]], [[3.0]], [[4.0]]]
    page = str(model.explain(x, [[1.0]], "grad age[1]", language="en"))
    assert page.startswith("How does L depend on age[1]?")
    assert "Data    age = (1, 2)     x_1 = 3     x_2 = 4" in page


# a layer that is applied twice


@pytest.mark.parametrize("profile", [None, "clase-4"])
def test_each_use_of_a_shared_layer_has_its_own_derivatives(profile: str | None) -> None:
    shared, x = tz.layers.Dense(1, "tanh"), tz.Input((1,))
    model = tz.Model(x, shared(shared(x)), seed=1)
    model.compile("sgd", "mse")
    model.set_weights([[[0.5]], [0.1]])
    page = str(model.explain([2.0], [1.0], "dense.kernel[0,0]", profile=profile, language="en"))
    first, last = {
        None: (
            "dense.δ[0] = ∂L/∂dense.a[0]·(1 − dense.a[0]²)",
            "dense.δ_2[0] = ∂L/∂dense.a_2[0]·(1 − dense.a_2[0]²)",
        ),
        "clase-4": ("δ1[1] = ∂C/∂a1[1]·(1 − a1[1]²)", "δ1_2[1] = ∂C/∂a[1]·(1 − a[1]²)"),
    }[profile]
    assert first in page
    assert last in page
    path = {
        None: "dense.kernel[0,0] → dense.z[0] → dense.a[0] → dense.z_2[0] → dense.a_2[0] → L",
        "clase-4": "w1[1,1] → z1[1] → a1[1] → z1_2[1] → a[1] → C",
    }[profile]
    assert f"Path    {path}\n" in page


def test_what_a_linear_layer_gives_is_its_z() -> None:
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(2, "tanh"), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    for given, own in (("dense_1.a[0]", "dense_1.z[0]"), ("grad dense_1.a[0]", "grad dense_1.z[0]")):
        assert str(model.explain([1.0, 2.0], [1.0], given)) == str(model.explain([1.0, 2.0], [1.0], own))
    assert "dense.a[0] = tanh" in str(model.explain([1.0, 2.0], [1.0], "dense.a[0]"))
