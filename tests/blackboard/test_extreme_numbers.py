"""Numbers that are no longer finite, steps of 0, another model's step, names that clash, masks."""

from __future__ import annotations

import pytest

import tiza as tz
from tiza.errors import EvaluationError, ModelError
from tiza.language import use_language


def model_with(rate: float) -> tz.Sequential:
    layers = [tz.Input((2,)), tz.layers.Dense(2, "tanh"), tz.layers.Dense(1)]
    model = tz.Sequential(layers, dtype="float64")
    model.compile(tz.optimizers.SGD(rate), "mse")
    return model


@pytest.mark.parametrize(
    ("target", "update"), [("step", False), ("dense.kernel[0,0]", True), ("loss", False)]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_loss_that_overflows(target: str, update: bool, language: str) -> None:
    with use_language(language):
        page = str(model_with(0.5).explain([2.0, 3.0], [1e308], target, update))
    assert "∞" in page
    if target != "loss":
        assert {"en": "tells no direction", "es": "eso no dice hacia dónde"}[language] in page


@pytest.mark.parametrize("target", ["loss", "dense.kernel[0,0]", "step"])
def test_what_is_no_number_is_named(target: str) -> None:
    layers = [tz.Input((2,)), tz.layers.Dense(1), lambda x: (x - x) / (x - x)]
    model = tz.Sequential(layers, dtype="float64")
    model.compile("sgd", "mse")
    with pytest.raises(EvaluationError, match=r" is no number \(nan\)"):
        model.explain([2.0, 3.0], [1.0], target)
    assert "dense.z[0]" in str(model.explain([2.0, 3.0], [1.0], "dense.z[0]"))


def test_a_step_of_0_is_told() -> None:
    page = str(model_with(0.0).explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", True))
    assert "the step is 0, or too small to show" in page


def test_a_replay_of_another_model() -> None:
    model = model_with(0.1)
    model.fit([[1.0, 2.0]], [1.0], epochs=3, verbose=0)
    other = tz.Sequential([tz.Input((5,)), tz.layers.Dense(1)])
    other.compile("sgd", "mse")
    with pytest.raises(
        ModelError, match=r"replay of another model: there 'dense.kernel' is of shape \(2, 2\)"
    ):
        other.explain(step=model.replay(2))
    assert "L" in str(model.explain(step=model.replay(2)))


@pytest.mark.parametrize("name", ["w1′", "w1'", "2", "-", "", " w"])
def test_names_that_would_clash(name: str) -> None:
    with pytest.raises(ModelError, match="for a number's name"):
        model_with(0.1).explain([2.0, 3.0], [1.0], names={name: "dense.kernel[0,0]"})


@pytest.mark.parametrize("name", ["a\nb", "a\x00", "\t"])
def test_layers_are_named_by_letters(name: str) -> None:
    with pytest.raises(ModelError, match="characters that can be seen"):
        tz.Sequential([tz.Input((2,)), tz.layers.Dense(1, name=name)]).build()


def test_a_mask_is_drawn() -> None:
    layers = [tz.Input((2,)), tz.layers.Dense(8), tz.layers.Dropout(0.25), tz.layers.Dense(1)]
    model = tz.Sequential(layers)
    model.compile("sgd", "mse")
    pages = [str(model.explain([1.0, 2.0], [1.0], f"dropout.mask[0,{unit}]")) for unit in range(8)]
    for page in pages:
        assert "It is drawn: 1 with probability 0.75, else 0; this one is" in page
        assert "divided by 0.75" in " ".join(page.split())
        assert ("= 1" in page.splitlines()[0]) == ("this one is kept" in page)
    assert len({"this one is kept" in page for page in pages}) == 2


def test_a_step_says_which_number_is_unrounded() -> None:
    page = str(model_with(0.1).explain([2.0, 3.0], [1.0], "step"))
    assert "L before the step, with unrounded numbers (float64): " in page
