"""What may be asked for, and what is answered to a question that cannot be."""

from __future__ import annotations

import pytest

from blackboard.examples import tanh_example
from tiza.errors import DataError, ModelError, NameNotFoundError, ShapeError
from tiza.language import use_language
from tiza.models.model import Model

BATCH = [[2.0, 3.0], [1.0, -1.0]]


@pytest.fixture(scope="module")
def model() -> Model:
    return tanh_example()


def headline(model: Model, target: str, update: bool = False) -> str:
    with use_language("en"):
        return str(model.explain([2.0, 3.0], [1.0], target, update=update)).splitlines()[0]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("x[1]", "What is x[1]?    x[1] = 3"),
        ("y[0]", "What is y[0]?    y[0] = 1"),
        ("y", "What is y[0]?    y[0] = 1"),
        ("dense.z[1]", "What is dense.z[1]?    dense.z[1] ≈ 0.9"),
        ("dense.z[0, 1]", "What is dense.z[1]?    dense.z[1] ≈ 0.9"),
        (" dense.a[0] ", "What is dense.a[0]?    dense.a[0] ≈ 0.664"),
        ("loss", "What is L?    L ≈ 0.004507"),
        ("L", "What is L?    L ≈ 0.004507"),
        ("dense_1.delta", "What is dense_1.δ[0]?    dense_1.δ[0] ≈ −0.09494"),
        ("dense.δ[0]", "What is dense.δ[0]?    dense.δ[0] ≈ −0.02654"),
        ("grad dense.z[0]", "What is dense.δ[0]?    dense.δ[0] ≈ −0.02654"),
        ("learning_rate", "What is η?    η = 0.5"),
    ],
)
def test_quantities(model: Model, target: str, told: str) -> None:
    assert headline(model, target).replace("= 0.9", "≈ 0.9") == told


@pytest.mark.parametrize(
    "target",
    [
        "dense.kernel[0,0]",
        "grad dense.kernel[0,0]",
        "gradient dense.kernel[0,0]",
        "∂L/∂dense.kernel[0,0]",
        "dL/d dense.kernel[0,0]",
        "∂loss/∂dense.kernel[0,0]",
    ],
)
def test_a_weight_is_explained_by_its_gradient(model: Model, target: str) -> None:
    assert headline(model, target).startswith(
        "How does L depend on dense.kernel[0,0]?    ∂L/∂dense.kernel[0,0] "
    )


@pytest.mark.parametrize("target", ["new dense.kernel[0,0]", "dense.kernel′[0,0]", "dense.kernel[0,0]'"])
def test_a_new_weight_may_be_named(model: Model, target: str) -> None:
    assert "0.1 → 0.1265" in headline(model, target)


def test_with_several_samples_the_sample_comes_first(model: Model) -> None:
    with use_language("en"):
        assert "dense.z[1,0]?    dense.z[1,0] = −0.1" in str(
            model.explain(BATCH, [[1.0], [0.0]], "dense.z[1,0]")
        )
    with pytest.raises(
        ShapeError, match=r"shape \(2, 2\), the sample first: write dense.z\[0,0\] to dense.z\[1,1\]"
    ):
        model.explain(BATCH, [[1.0], [0.0]], "dense.z[1]")


@pytest.mark.parametrize(
    "target", ["dens.kernel[0,0]", "kernel[0,0]", "dense_2.z[0]", "dense_1.q[0]", "nonsense"]
)
def test_unknown_names_list_near_ones(model: Model, target: str) -> None:
    with pytest.raises(NameNotFoundError, match=r"did you mean|known: .*dense\.kernel"):
        headline(model, target)


@pytest.mark.parametrize("target", ["", "[0]", "dense.kernel[0,0", "dense.kernel[[0]]", None, 3])
def test_what_is_no_name_is_refused(model: Model, target: object) -> None:
    with pytest.raises(NameNotFoundError, match="expected a name and an index"):
        headline(model, target)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "target",
    ["dense.kernel", "dense.kernel[]", "dense.kernel[0]", "dense.kernel[0,0,0]", "dense.kernel[2,0]"],
)
def test_wrong_indices_tell_the_shape(model: Model, target: str) -> None:
    with pytest.raises(ShapeError, match=r"dense.kernel has shape \(2, 2\): write dense.kernel\[0,0\] to"):
        headline(model, target)


@pytest.mark.parametrize("target", ["dense.kernel[-1,0]", "dense.kernel[a,0]", "dense.kernel[0.5,0]"])
def test_indices_are_whole_numbers_from_0(model: Model, target: str) -> None:
    with pytest.raises(ShapeError, match=r"expected whole numbers from 0; dense.kernel has shape \(2, 2\)"):
        headline(model, target)


def test_one_number_takes_no_index(model: Model) -> None:
    with pytest.raises(ShapeError, match="loss is one number, without an index"):
        headline(model, "loss[0]")


@pytest.mark.parametrize("target", ["loss", "dense.z[0]", "grad dense.kernel[0,0]", "x[0]"])
def test_only_weights_are_updated(model: Model, target: str) -> None:
    with pytest.raises(ModelError, match="is no weight and has no new value"):
        headline(model, target, update=True)


@pytest.mark.parametrize("digits", [0, 11, 2.5, True])
def test_digits_are_checked(model: Model, digits: object) -> None:
    with pytest.raises(ModelError, match="digits: got"):
        model.explain([2.0, 3.0], [1.0], "loss", digits=digits)  # type: ignore[arg-type]


def test_data_are_checked(model: Model) -> None:
    with pytest.raises(DataError):
        model.explain([2.0, 3.0, 4.0], [1.0], "loss")


def test_a_learning_rate_that_was_set_counts() -> None:
    model = tanh_example()
    model.explain([2.0, 3.0], [1.0], "dense.kernel[0,0]", update=True)
    model.learning_rate = 1.0
    assert "0.1 → 0.1531" in headline(model, "dense.kernel[0,0]", update=True)
