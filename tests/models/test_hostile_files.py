"""Files that are damaged, or made by somebody who means no good: refused by name, and nothing is run."""

from __future__ import annotations

import importlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import tiza as tz
from network_oracles import small_model
from saved_models import check_same_state, rewrite
from tiza.errors import ModelError
from tiza.models.model import Model
from tiza.models.saving.container import FORMAT, MOST_HEADER_BYTES

Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture
def model() -> tz.Sequential:
    """Return a model with as short a file as one has."""
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1, "tanh")])
    model.compile("sgd", "mse", engine="reference")
    return model


def refusal(act: Callable[[Path], object], path: Path) -> str:
    """Return why a file is refused; nothing if it is not."""
    try:
        act(path)
    except ModelError as error:
        return str(error)
    return ""


def check_refused_or_same(path: Path, model: Model) -> bool:
    """Check that a file is refused by name, or brings back the same model; return whether it is refused."""
    told = refusal(tz.load_model, path)
    if told:
        assert str(path) in told
        return True
    same = tz.load_model(path)
    check_same_state(model, same)
    assert (same.name, same.seed, same.dtype) == (model.name, model.seed, model.dtype)
    return False


def test_any_byte_may_be_damaged(model: tz.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    model.save(path)
    whole = path.read_bytes()
    source = np.random.default_rng(0)
    taken = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(source.integers(8))
        path.write_bytes(damaged)
        taken += not check_refused_or_same(path, model)
    # what safetensors and JSON read as the same: letters of \u0020 and the blanks behind the header
    assert taken < 10


def test_any_end_may_be_missing_or_added(model: tz.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    model.save(path)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 7), len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert check_refused_or_same(path, model)
    for more in (b"\0", b"{}", whole):
        path.write_bytes(whole + more)
        assert check_refused_or_same(path, model)


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    source = np.random.default_rng(0)
    for size in (0, 1, 8, 9, 100, 5000):
        for start in (source.bytes(8), (size // 2).to_bytes(8, "little"), b"\xff" * 8, b"\0" * 8):
            path.write_bytes(start[:size] + source.bytes(max(0, size - 8)))
            with pytest.raises(ModelError, match=r"model\.tiza"):
                tz.load_model(path)


def _damaged_header(text: bytes) -> bytes:
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}',
        b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,-4]}}',
        b'{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
        b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,999999999999999999]}}',
        b'{"__metadata__":{"tiza":"' + b"[" * 100_000 + b'"}}',
        b'{"__metadata__":{"tiza":"' + b'[\\"' * 10_000 + b'"}}',
        b'{"__metadata__":{"tiza":"{\\"format\\":NaN}"}}',
        b'{"__metadata__":{"tiza":"' + b"9" * 100_000 + b'"}}',
        b'{"__metadata__":{"tiza":"' + b"7" * (2**24 + 1) + b'"}}',
        b'{"__metadata__":{"tiza":"null"}}',
        b'{"__metadata__":{"tiza":null}}',
        b'{"__metadata__":null}',
        b'{"__metadata__":{"format":"pt"}}',
        b"null",
        b"{}",
    ],
    ids=lambda header: f"{header[:40]!r}",
)
def test_headers_of_any_kind_are_refused(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    path.write_bytes(_damaged_header(header))
    with pytest.raises(ModelError, match=r"file '.*model\.tiza': (it|description)"):
        tz.load_model(path)


def test_a_header_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    with path.open("wb") as file:
        file.write((MOST_HEADER_BYTES + 1).to_bytes(8, "little"))
        file.truncate(MOST_HEADER_BYTES + 9)  # a hole: no such bytes on the disk
    with pytest.raises(ModelError, match="header of"):
        tz.load_model(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.tiza", tmp_path):
        with pytest.raises(ModelError, match=f"{path.name}': it cannot be read"):
            tz.load_model(path)
    save_file({"w": np.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="another program"):
        tz.load_model(tmp_path / "other.safetensors")


def _at(*places: Any) -> Callable[[Any], Change]:
    """Return what sets a place in the description."""

    def setting(value: Any) -> Change:
        def change(head: dict[str, Any], arrays: dict[str, Any]) -> None:
            record: Any = head
            for place in places[:-1]:
                record = record[place]
            record[places[-1]] = value

        return change

    return setting


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


NETWORK = ("content", "network")
LAYER = (*NETWORK, "layers", 0)
UNITS = (*LAYER, "arguments", "units")
TRAINING = ("content", "training")
CALL = {"layer": 0, "operands": [0], "joined": False, "scopes": []}
DENSE = {"part": "layers.Dense", "arguments": {"units": 3}}


def _no_kernel(head: Any, arrays: Any) -> None:
    del arrays["dense.kernel"]


def _more(head: Any, arrays: Any) -> None:
    arrays["dense.extra"] = np.zeros(1)


def _turned(head: Any, arrays: Any) -> None:
    arrays["dense.kernel"] = np.ascontiguousarray(arrays["dense.kernel"].T)


def _wide(head: Any, arrays: Any) -> None:
    arrays["dense.kernel"] = arrays["dense.kernel"].astype("float64")


def _whole(head: Any, arrays: Any) -> None:
    arrays["optimizer.iterations"] = arrays["optimizer.iterations"].astype("int64")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_at("version")(2), r"version 2 of the format.*update Tiza"),
        (_at("version")("1"), r"version '1' of the format"),
        (_at("format")("keras"), r"format 'keras', expected 'tiza'"),
        (_at("kind")("weights"), r"kind 'weights', expected 'model'.*load_weights"),
        (_at("kind")(["model"]), r"kind \['model'\]"),
        (_at("more")(1), r"description: got the fields .*more"),
        (_at("content")(None), r"description: got None, expected the fields class"),
        (_at("content", "class")("Model.__init__"), r"unknown name 'Model.__init__'"),
        (_at("content", "seed")(-1), r"seed: got -1"),
        (_at("content", "seed")(2**64), r"seed: got"),
        (_at("content", "dtype")("int32"), r"int32"),
        (_at("content", "dtype")("object"), r"object"),
        (_at("content", "name")(3), r"name: got 3, expected a text"),
        (_at("content", "preparation")([1]), r"preparation"),
        (
            _at(*LAYER, "part")("os.system"),
            r"layer 0: .*got 'os.system', which this Tiza does not have; .*update Tiza",
        ),
        (_at(*LAYER, "part")("layers.Dens"), r"layer 0: got 'layers.Dens',.*did you mean 'layers.Dense'"),
        (_at(*LAYER, "part")("builtins.eval"), r"got 'builtins.eval', which"),
        (_at(*LAYER, "part")(["layers.Dense"]), r"layer 0: got \['layers.Dense'\], expected a text"),
        (_at(*LAYER)(DENSE), r"layer 0: layers.Dense: got the fields units, expected the fields units, acti"),
        (_at(*LAYER)({"part": "layers.Dense"}), r"layer 0: got the fields part, expected .* arguments"),
        (_at(*LAYER)({"part": "losses.Poisson", "arguments": {"reduction": "sum"}}), r"expected a Layer"),
        (_at(*LAYER)({"function": "activations.relu"}), r"layer 0: got <function relu.*expected a Layer"),
        (_at(*LAYER)({"code": "1"}), r"layer 0: got the fields code, expected one of"),
        (_at(*LAYER, "arguments", "rate")(1), r"got the fields .*rate, expected the fields"),
        (_at(*UNITS)(0), r"layers.Dense: Dense: units: got 0"),
        (_at(*UNITS)(-5), r"units: got -5"),
        (_at(*UNITS)(1.0), r"units: got 1.0"),
        (_at(*UNITS)(2), r"'dense.kernel' has shape \(2, 1\) .*model's has shape \(2, 2\)"),
        (_at(*UNITS)(10**15), r"'dense.kernel' has shape \(2, 1\)"),
        (_at(*UNITS)(10**4000), r"model\.tiza"),
        (_at(*UNITS)(_nested(900)), r"model\.tiza"),
        (_at(*UNITS)({"array": [[1], [1, 2]], "dtype": "int64"}), r"does not make a model \(ValueError"),
        (_at(*UNITS)({"array": 1, "dtype": "object"}), r"got 'object', which"),
        (_at(*UNITS)({"float": "1e5"}), r"got '1e5', which"),
        (_at(*LAYER, "arguments", "activation")("__import__"), r"activation: unknown name '__import__'"),
        (_at(*LAYER, "arguments", "activation")({"function": "os.system"}), r"got 'os.system', which"),
        (_at(*LAYER, "arguments", "name")("a.b"), r"expected one without '\.'"),
        (_at(*LAYER, "arguments", "name")(7), r"model\.tiza"),
        (_at(*LAYER, "arguments", "name")("other"), r"it lacks 'other.kernel'"),
        (_at(*LAYER, "arguments", "trainable")(5), r"got trainable=5, expected True, False"),
        (_at(*NETWORK, "inputs")([]), r"network|call 0"),
        (_at(*NETWORK, "outputs")([]), r"network: got no outputs"),
        (_at(*NETWORK, "outputs")([2]), r"output: got 2, expected a number below 2"),
        (_at(*NETWORK, "outputs")([-1]), r"output: got -1"),
        (_at(*NETWORK, "outputs")([0]), r"it has 'dense.bias', 'dense.kernel'"),
        (_at(*NETWORK, "outputs")([1, 1]), r"is given twice"),
        (_at(*NETWORK, "outputs")([True]), r"output: got True"),
        (_at(*NETWORK, "inputs", 0, "shape")([-2]), r"shape"),
        (_at(*NETWORK, "inputs", 0, "shape")([3]), r"'dense.kernel' has shape \(2, 1\)"),
        (_at(*NETWORK, "inputs", 0, "shape")([2**41]), r"at most 1099511627776 elements"),
        (_at(*NETWORK, "calls", 0)({**CALL, "layer": 1}), r"call 0: got 1, expected a number below 1"),
        (_at(*NETWORK, "calls", 0)({**CALL, "operands": [1]}), r"call 0: got 1, expected a number below 1"),
        (_at(*NETWORK, "calls", 0)({**CALL, "operands": []}), r"call 0: got 0 operands"),
        (_at(*NETWORK, "calls", 0)({**CALL, "operands": [0, 0]}), r"call 0: got 2 operands"),
        (_at(*NETWORK, "calls", 0)({**CALL, "joined": True}), r"model\.tiza"),
        (_at(*NETWORK, "calls", 0)({**CALL, "joined": 0}), r"call 0: got 0, expected true or false"),
        (_at(*NETWORK, "calls", 0)({**CALL, "scopes": [0]}), r"call 0: got 0, expected a number below 0"),
        (_at(*NETWORK, "calls")([CALL] * 10_001), r"10001 calls of layers"),
        (_at(*NETWORK, "calls")({}), r"network: calls: got \{\}, expected a list"),
        (_at(*TRAINING, "engine")("cuda"), r"engine.*'cuda'"),
        (_at(*TRAINING, "engine")("os"), r"engine.*'os'"),
        (_at(*TRAINING, "loss", "parts")([]), r"loss: got 0, expected 1"),
        (_at(*TRAINING, "loss", "parts", 0)("mse"), r"loss: got 'mse', expected a Loss"),
        (_at(*TRAINING, "loss", "parts", 0, "part")("losses.CategoricalCrossentropy"), r"got the fields"),
        (_at(*TRAINING, "optimizer", "arguments", "learning_rate")(-1), r"learning_rate=-1"),
        (_at(*TRAINING, "optimizer", "arguments", "momentum")(0.9), r"it lacks 'optimizer.velocity.dense"),
        (_at(*TRAINING, "metrics")(None), r"metrics: got None"),
        (_no_kernel, r"it lacks 'dense.kernel'"),
        (_more, r"it has 'dense.extra'"),
        (_turned, r"'dense.kernel' has shape \(1, 2\)"),
        (_wide, r"'dense.kernel' has shape \(2, 1\) \(float64\).*\(float32\)"),
        (_whole, r"'optimizer.iterations' has shape \(\) \(int64\)"),
    ],
)
def test_forged_files_are_refused_by_name(
    change: Change, told: str, model: tz.Sequential, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.tiza"
    model.save(path)
    rewrite(path, lambda head, arrays: None)
    assert not check_refused_or_same(path, model)
    rewrite(path, change)
    modules = set(sys.modules)

    def run(*arguments: object) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(importlib, "import_module", run)
    monkeypatch.setattr(os, "system", run)
    with pytest.raises(ModelError, match=rf"^file '.*{told}"):
        tz.load_model(path)
    assert set(sys.modules) == modules


STRANGE: tuple[Any, ...] = (
    *(None, True, -1, 0, 2, 2**31, 10**30, -0.5, 1e308, "", "relu", "x" * 1000, [], [1], [[]], {}, {"a": 1}),
    *({"tuple": [1, 2]}, {"set": ["a"]}, {"float": "nan"}, {"float": "inf"}, {"scalar": 3, "dtype": "int8"}),
    *({"array": [1.0], "dtype": "float32"}, {"array": [], "dtype": "str"}, {"function": "activations.relu"}),
    {"part": "layers.Add", "arguments": {"name": None, "trainable": True}},
    {"part": "initializers.Identity", "arguments": {"gain": 1.0}},
)


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where something stands in a description."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*above, name)
        yield from _places(part, (*above, name))


def test_anything_may_stand_anywhere(model: tz.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    model.compile(tz.optimizers.SGD(tz.optimizers.schedules.LinearWarmup(0.1, 3)), "mse", ["accuracy"])
    model.save(path)
    whole = path.read_bytes()
    source = random.Random(0)
    refused = 0
    for _ in range(400):
        path.write_bytes(whole)

        def change(head: dict[str, Any], arrays: dict[str, Any]) -> None:
            where = source.choice(list(_places(head["content"])))
            _at("content", *where)(source.choice(STRANGE))(head, arrays)

        rewrite(path, change)
        told = refusal(tz.load_model, path)
        assert not told or str(path) in told
        refused += bool(told)
    # a name, a seed, an initializer may be another one
    assert 300 < refused < 400


def test_a_planted_fault_without_its_checksum_is_refused(model: tz.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    model.save(path)
    whole = path.read_bytes()
    for old, new in ((b"activations.tanh", b"activations.relu"), (b'\\"seed\\": 0', b'\\"seed\\": 1')):
        assert old in whole
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(ModelError, match="checksum"):
            tz.load_model(path)


def test_damaged_weights_leave_the_model_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "weights.tiza"
    small_model(seed=1).save_weights(path)
    whole = path.read_bytes()
    model = small_model()
    before = model.state
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        told = refusal(model.load_weights, path)
        if told:
            assert str(path) in told
            assert all((model.state[name] == value).all() for name, value in before.items())
        else:
            written = small_model(seed=1).get_weights()
            assert all((a == b).all() for a, b in zip(written, model.get_weights(), strict=True))
            model = small_model()


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.tiza"
    model = small_model(seed=1)
    model.save_weights(path)

    def spoil(head: Any, arrays: Any) -> None:
        arrays["dense.bias"][1] = np.nan

    rewrite(path, spoil)
    with pytest.raises(ModelError, match=r"dense\.bias: got nan"):
        model.load_weights(path)


def test_the_description_stands_in_the_metadata(model: tz.Sequential, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    model.save(path)
    whole = path.read_bytes()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    head = json.loads(header["__metadata__"][FORMAT])
    assert (head["format"], head["kind"], head["version"]) == ("tiza", "model", 1)
    assert len(head["sha256"]) == 64
