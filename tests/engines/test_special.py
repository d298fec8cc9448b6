"""The special functions against mpmath: errors in ulp, exact values, tails, types, warnings."""

from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest

from tiza.engines.reference import special

# JAX is an extra: what concerns it is skipped where it is absent.
NAMESPACES = ["numpy", "jax.numpy"]
DTYPES = [np.float32, np.float64]
FUNCTIONS = [special.erf, special.softplus, special.sigmoid]
# Where an approximation changes formula, where results saturate or underflow, and far out.
LANDMARKS = [
    0.0,
    1e-300,
    1e-30,
    1e-8,
    0.25,
    0.4769,
    0.5,
    0.85,
    1.0,
    1.5,
    2.0,
    3.0,
    4.0,
    5.9,
    6.0,
    6.1,
    16.6,
    36.7,
]
LANDMARKS += [37.4, 40.0, 87.3, 88.7, 100.0, 103.9, 700.0, 709.7, 710.0, 745.1, 746.0, 1e4, 1e30]


@pytest.fixture(autouse=True)
def digits() -> Iterator[None]:
    with mpmath.workdps(40):
        yield


@pytest.fixture(params=NAMESPACES)
def xp(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def exact_softplus(x: mpmath.mpf) -> mpmath.mpf:
    return max(x, mpmath.mpf(0)) + mpmath.log1p(mpmath.exp(-abs(x)))


def exact_sigmoid(x: mpmath.mpf) -> mpmath.mpf:
    return mpmath.exp(x) / (1 + mpmath.exp(x)) if x < 0 else 1 / (1 + mpmath.exp(-x))


def arguments(dtype: Any, reach: float) -> np.ndarray:
    """Points of both signs: a grid, random ones, powers of ten, landmarks with their neighbours, extremes."""
    generator = np.random.default_rng(20110912)
    smallest = np.log10(float(np.finfo(dtype).smallest_subnormal))
    spread = [np.linspace(0, reach, 2001), generator.uniform(0, reach, 2000), generator.uniform(0, 2, 2000)]
    spread += [10.0 ** generator.uniform(smallest, 2, 1000)]
    landmarks = np.array(LANDMARKS, dtype)
    beside = [np.nextafter(landmarks, dtype(0)), landmarks, np.nextafter(landmarks, dtype(np.inf))]
    limits = np.finfo(dtype)
    extremes = [limits.smallest_subnormal, 3 * limits.smallest_subnormal, limits.tiny, limits.eps, limits.max]
    points = np.concatenate([*(part.astype(dtype) for part in spread), *beside, np.array(extremes, dtype)])
    return np.concatenate([points, -points])


def ulps(got: np.ndarray, x: np.ndarray, exact: Callable[[mpmath.mpf], mpmath.mpf]) -> np.ndarray:
    """Distance from the exact values, in units of the last place of the exact values."""
    exacts = [exact(mpmath.mpf(point)) for point in x.tolist()]
    magnitudes = np.abs(np.array([float(value) for value in exacts])).astype(x.dtype)
    units = np.spacing(np.minimum(magnitudes, np.finfo(x.dtype).max / 2)).tolist()
    triples = zip(got.tolist(), exacts, units, strict=True)
    return np.array([float(abs(value - true) / unit) for value, true, unit in triples])


# float32 softplus and sigmoid inherit NumPy's float32 exp, whose own error reaches 2.5 ulp.
@pytest.mark.parametrize(
    ("function", "exact", "dtype", "reach", "bound"),
    [
        (special.erf, mpmath.erf, np.float64, 6.5, 1.5),
        (special.erf, mpmath.erf, np.float32, 6.5, 1.5),
        (special.softplus, exact_softplus, np.float64, 800.0, 2.0),
        (special.softplus, exact_softplus, np.float32, 110.0, 4.0),
        (special.sigmoid, exact_sigmoid, np.float64, 800.0, 3.0),
        (special.sigmoid, exact_sigmoid, np.float32, 110.0, 4.0),
    ],
)
def test_error_in_ulp(function: Any, exact: Any, dtype: Any, reach: float, bound: float) -> None:
    x = arguments(dtype, reach)
    errors = ulps(function(np, x), x, exact)
    worst = int(np.argmax(errors))
    assert errors[worst] <= bound, f"{errors[worst]} ulp at {x[worst]!r}"


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits(xp: Any, dtype: Any) -> None:
    x = xp.asarray(np.array([-np.inf, -0.0, 0.0, np.inf, np.nan], dtype))
    log2 = float(np.log(2.0))
    tolerance = float(np.finfo(special.erf(xp, x).dtype).eps)  # float32's for JAX without 64-bit types
    expected = {
        special.erf: [-1, -0.0, 0, 1, np.nan],
        special.softplus: [0, log2, log2, np.inf, np.nan],
        special.sigmoid: [0, 0.5, 0.5, 1, np.nan],
    }
    for function, values in expected.items():
        np.testing.assert_allclose(np.asarray(function(xp, x)), np.array(values, dtype), rtol=tolerance)
    assert np.signbit(np.asarray(special.erf(xp, x))).tolist()[:3] == [True, True, False]


@pytest.mark.parametrize("dtype", DTYPES)
def test_erf_is_odd(dtype: Any) -> None:
    x = arguments(dtype, 6.5)
    np.testing.assert_array_equal(special.erf(np, -x), -special.erf(np, x))


def test_erf_of_subnormals_is_correctly_rounded() -> None:
    x = np.arange(1, 2000) * np.finfo(np.float64).smallest_subnormal
    np.testing.assert_array_equal(special.erf(np, x), [float(mpmath.erf(mpmath.mpf(v))) for v in x.tolist()])


def test_sigmoid_keeps_its_left_tail() -> None:
    x = np.array([-700.0, -740.0, -1e4])
    assert special.sigmoid(np, x).tolist() == np.exp(x).tolist()
    assert special.sigmoid(np, x)[1] > 0


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (0,), (10, 30)])
def test_shape_and_dtype_are_kept(function: Any, dtype: Any, shape: tuple[int, ...]) -> None:
    result = function(np, np.full(shape, 0.5, dtype))
    assert (result.shape, result.dtype) == (shape, dtype)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings("error")
def test_no_floating_point_warning(function: Any, dtype: Any) -> None:
    x = np.concatenate([arguments(dtype, 100.0), np.array([np.inf, -np.inf, np.nan], dtype)])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        function(np, x)
        for value in x[-3:]:
            function(np, value)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_jax_agrees_with_numpy(function: Any) -> None:
    jax = pytest.importorskip("jax")
    x = np.linspace(-20, 20, 2001, dtype=np.float32)
    result = jax.jit(lambda values: function(jax.numpy, values))(x)
    assert result.dtype == np.float32
    np.testing.assert_allclose(np.asarray(result), function(np, x), rtol=2e-6)
