"""The native engine's mathematics against exact values, NumPy and the reference engine."""

from __future__ import annotations

import ctypes
import functools
import itertools

import mpmath
import numpy as np
import pytest
from llvmlite import binding, ir

from tiza.engines.native.mathematics import FUNCTIONS
from tiza.engines.reference import special

LARGEST_ULP = 2.0
BINARY = ("maximum", "minimum", "power")
CONFIGURATIONS = (("float32", 16), ("float32", 8), ("float32", 1), ("float64", 8), ("float64", 1))
ELEMENTS = {"float32": ir.FloatType(), "float64": ir.DoubleType()}

EXACT = {
    "arctan": mpmath.atan,
    "cos": mpmath.cos,
    "erf": mpmath.erf,
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "power": mpmath.power,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "sin": mpmath.sin,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh,
}
# Intervals where a function varies, and one of the widest range each.
INTERVALS = {
    "arctan": ((-3, 3), (-1e30, 1e30)),
    "cos": ((-7, 7), (-1e5, 1e5), (-1e30, 1e30)),
    "erf": ((-1.5, 1.5), (-6, 6)),
    "exp": ((-2, 2), (-87.3, 88.7)),
    "expm1": ((-1, 1), (-40, 88.7)),
    "log": ((0.4, 2.5), (1e-37, 1e38)),
    "log1p": ((-0.6, 1.5), (-0.9999, 1e38)),
    "sigmoid": ((-3, 10), (-87.3, 40)),
    "sin": ((-7, 7), (-1e5, 1e5), (-1e30, 1e30)),
    "softplus": ((-3, 3), (-87.3, 1e3)),
    "sqrt": ((0, 4), (1e-37, 1e38)),
    "tanh": ((-0.5, 0.5), (-20, 20)),
}


def reference(name):
    own = getattr(special, name, None)
    return functools.partial(own, np) if own else getattr(np, name)


def emit_loop(module, name, element, lanes, size):
    """`name(count, x, y, result)`, which applies the function to `count` numbers, a multiple of `lanes`."""
    type_ = element if lanes == 1 else ir.VectorType(element, lanes)
    index, pointer = ir.IntType(64), ir.PointerType()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [index, *[pointer] * 3]), name)
    count, *operands, result = function.args
    entry, body, after = (function.append_basic_block(label) for label in ("entry", "body", "after"))
    builder = ir.IRBuilder(entry)
    builder.branch(body)
    builder.position_at_end(body)
    counter = builder.phi(index)
    values = [
        builder.load(builder.gep(operand, [counter], source_etype=element), typ=type_, align=size)
        for operand in operands[: 2 if name in BINARY else 1]
    ]
    place = builder.gep(result, [counter], source_etype=element)
    builder.store(FUNCTIONS[name](builder, *values), place, align=size)
    following = builder.add(counter, index(lanes))
    counter.add_incoming(index(0), entry)
    counter.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), body, after)
    builder.position_at_end(after)
    builder.ret_void()


@functools.cache
def engine(dtype, lanes):
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    module = ir.Module("mathematics")
    for name in FUNCTIONS:
        emit_loop(module, name, ELEMENTS[dtype], lanes, np.dtype(dtype).itemsize)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    features = binding.get_host_cpu_features().flatten()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features, opt=3
    )
    compiled = binding.create_mcjit_compiler(parsed, machine)
    compiled.finalize_object()
    return compiled


def evaluate(name, dtype, lanes, *operands):
    arrays = [np.asarray(operand, dtype) for operand in operands]
    size = arrays[0].size
    padded = [np.concatenate([array, np.ones(-size % lanes, dtype)]) for array in arrays]
    result = np.empty_like(padded[0])
    function = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * 3)(
        engine(dtype, lanes).get_function_address(name)
    )
    function(result.size, padded[0].ctypes.data, padded[-1].ctypes.data, result.ctypes.data)
    return result[:size]


def spread(dtype, low, high, count, rng):
    """Numbers of [low, high]: evenly spread, evenly in magnitude, next to whole ones and the ends."""
    limit = min(abs(low), abs(high)) if low * high < 0 else max(low, high)
    even = rng.uniform(low, high, count)
    sizes = 10.0 ** rng.uniform(-9, np.log10(limit), count)
    near = np.concatenate([np.arange(-10, 11), np.array([0.5, 1.5, np.pi / 2, np.pi, low, high])]).astype(
        dtype
    )
    beside = np.concatenate([near, np.nextafter(near, dtype(np.inf)), np.nextafter(near, dtype(-np.inf))])
    chosen = np.concatenate([even, sizes, -sizes, beside]).astype(dtype)
    return chosen[(chosen >= low) & (chosen <= high) & (chosen != 0)]


def ulps(name, results, *operands):
    """The largest error in units in the last place of the exact result, and where it is."""
    format_ = np.finfo(results.dtype)
    worst = (0.0, None)
    for result, *point in zip(results.tolist(), *(operand.tolist() for operand in operands), strict=True):
        exact = EXACT[name](*map(mpmath.mpf, point))
        if not float(format_.tiny) < abs(exact) < float(format_.max):
            continue
        place = mpmath.frexp(exact)[1] - 1 - format_.nmant
        error = float(abs(mpmath.mpf(result) - exact) / mpmath.ldexp(1, place))
        worst = max(worst, (error, point), key=lambda pair: pair[0])
    return worst


@pytest.fixture(autouse=True)
def _exactly():
    with mpmath.workprec(300):
        yield


@pytest.mark.parametrize(("dtype", "lanes"), [("float32", 16), ("float64", 8)])
@pytest.mark.parametrize("name", sorted(INTERVALS))
def test_error_against_exact_values(name, dtype, lanes):
    rng = np.random.default_rng(7)
    points = [spread(np.dtype(dtype).type, *interval, 700, rng) for interval in INTERVALS[name]]
    x = np.concatenate(points)
    error, where = ulps(name, evaluate(name, dtype, lanes, x), x)
    assert error <= LARGEST_ULP, f"{name} in {dtype}: {error:.3f} ulp at {where}"


@pytest.mark.parametrize("name", sorted(INTERVALS))
def test_error_of_dense_float32_against_float64(name):
    rng = np.random.default_rng(8)
    # for very large numbers see the exact values: NumPy's own float64 results are good there, but slow
    x = np.concatenate([rng.uniform(*interval, 300_000) for interval in INTERVALS[name][:2]]).astype(
        "float32"
    )
    result = evaluate(name, "float32", 16, x).astype("float64")
    exact = reference(name)(x.astype("float64"))
    unit = np.exp2(np.frexp(exact)[1] - 24.0)
    normal = np.abs(exact) >= np.finfo("float32").tiny
    errors = np.where(normal, np.abs(result - exact) / unit, 0.0)
    worst = errors.argmax()
    assert errors[worst] <= LARGEST_ULP, f"{name}: {errors[worst]:.3f} ulp at {x[worst]!r}"


@pytest.mark.parametrize(("dtype", "lanes"), [("float32", 16), ("float64", 8)])
def test_error_of_power(dtype, lanes):
    rng = np.random.default_rng(9)
    largest = np.log(float(np.finfo(dtype).max))
    x = np.concatenate([np.exp(rng.uniform(-0.9, 0.9, 1000) * largest), rng.uniform(0.4, 2.0, 2000)])
    y = rng.uniform(-1.0, 1.0, x.size) * largest / np.abs(np.log(x))
    x, y = x.astype(dtype), y.astype(dtype)
    error, where = ulps("power", evaluate("power", dtype, lanes, x, y), x, y)
    assert error <= LARGEST_ULP, f"power in {dtype}: {error:.3f} ulp at {where}"


def test_sine_and_cosine_of_the_hardest_numbers():
    # the numbers nearest to a multiple of pi/2 in each format, and the largest
    hardest = {
        "float32": [16367173 * 2.0**72, 100001.0, np.finfo("float32").max],
        "float64": [6381956970095103 * 2.0**797, 1e22, 1e9 + 1, np.finfo("float64").max],
    }
    mpmath.mp.prec = 1400
    for (dtype, lanes), name in itertools.product(CONFIGURATIONS, ("sin", "cos")):
        x = np.array(hardest[dtype], dtype)
        error, where = ulps(name, evaluate(name, dtype, lanes, x), x)
        assert error <= LARGEST_ULP, f"{name} in {dtype}: {error:.3f} ulp at {where}"


def test_cosine_stays_within_one():
    for dtype, lanes in CONFIGURATIONS:
        x = np.concatenate([[0.0], np.logspace(-12, -2, 20_000)])
        result = evaluate("cos", dtype, lanes, x)
        assert result[0] == 1.0
        assert result.max() == 1.0


@pytest.mark.parametrize(("dtype", "wide"), [("float32", 16), ("float64", 8)])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_lanes_have_the_same_bits(name, dtype, wide):
    rng = np.random.default_rng(10)
    x = np.concatenate([rng.normal(0, 3, 300), rng.normal(0, 1e6, 20)])
    operands = [x, rng.permutation(x)] if name in BINARY else [x]
    expected = evaluate(name, dtype, wide, *operands)
    for lanes in {lanes for other, lanes in CONFIGURATIONS if other == dtype} | {1, 3}:
        np.testing.assert_array_equal(evaluate(name, dtype, lanes, *operands), expected)


def special_points(dtype):
    format_ = np.finfo(dtype)
    sizes = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 88.8, 104.0, 1e4, 1e5, np.inf, format_.max, 4 * format_.tiny]
    return np.array([np.nan, *sizes, *(-size for size in sizes)], dtype)


def same(result, expected, steps):
    """Whether results agree: NaN with NaN, zeros with their signs (subnormal as zero), the rest nearly."""
    tiny = np.finfo(result.dtype).tiny
    result, expected = (np.where(np.abs(v) < tiny, np.copysign(0, v), v) for v in (result, expected))
    with np.errstate(all="ignore"):
        close = (result == expected) | (np.abs(result - expected) <= steps * np.spacing(np.abs(expected)))
    return np.where(
        np.isnan(expected), np.isnan(result), close & (np.signbit(result) == np.signbit(expected))
    )


@pytest.mark.parametrize(("dtype", "lanes"), CONFIGURATIONS)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_special_values_are_the_reference_ones(name, dtype, lanes):
    points = special_points(dtype)
    pairs = list(zip(*itertools.product(points, repeat=2), strict=True))
    operands = [np.array(part, dtype) for part in pairs] if name in BINARY else [points]
    result = evaluate(name, dtype, lanes, *operands)
    with np.errstate(all="ignore"):
        expected = reference(name)(*(operand.astype("float64") for operand in operands)).astype(dtype)
    agree = same(result, expected, 3)
    wrong = [
        (*point, r, e)
        for *point, r, e, good in zip(*operands, result, expected, agree, strict=True)
        if not good
    ]
    assert not wrong, f"{name}: {wrong[:5]}"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_subnormal_numbers_count_as_they_are_or_as_zero(name):
    x = np.array([1e-40, -1e-40], "float32")
    ones = [np.array([2.0, 2.0])] if name in BINARY else []
    result = evaluate(name, "float32", 8, x, *ones)
    with np.errstate(all="ignore"):
        as_they_are, as_zero, as_positive_zero = (
            reference(name)(value.astype("float64"), *ones).astype("float32")
            for value in (x, np.copysign(0.0, x), np.zeros(2))
        )
    agree = same(result, as_they_are, 3) | same(result, as_zero, 3) | same(result, as_positive_zero, 3)
    assert agree.all(), f"{name}: {result}, expected {as_they_are} or {as_zero}"


@pytest.mark.parametrize(("dtype", "bits"), [("float32", 0x7F800001), ("float64", 0x7FF00000000007A2)])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_any_nan_stays_nan(name, dtype, bits):
    unsigned = {"float32": "uint32", "float64": "uint64"}[dtype]
    nan = np.full(8, bits, unsigned).view(dtype)
    other = np.full(8, 3.0, dtype)
    for operands in ((nan, other), (other, nan)) if name in BINARY else ((nan,),):
        assert np.isnan(evaluate(name, dtype, 8, *operands)).all()
