"""The same seed in a new process: bitwise the same weights, before and after training."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from network_oracles import small_data, small_model

SCRIPT = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from network_oracles import small_data, small_model
model = small_model({seed})
digests = [hashlib.sha256(b"".join(one.tobytes() for one in model.get_weights())).hexdigest()]
model.fit(*small_data(), batch_size=3, epochs=2, verbose=0)
digests.append(hashlib.sha256(b"".join(one.tobytes() for one in model.get_weights())).hexdigest())
print(*digests)
"""


def digests_of_a_process(seed: int, hash_seed: str, tests: str) -> list[str]:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    script = SCRIPT.format(tests=tests, seed=seed)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("seed", [0, 12345])
def test_a_new_process_gives_the_same_bits(seed: int, pytestconfig: pytest.Config) -> None:
    tests = str(pytestconfig.rootpath / "tests")
    model = small_model(seed)
    expected = [digest(model)]
    model.fit(*small_data(), batch_size=3, epochs=2, verbose=0)
    expected.append(digest(model))
    assert digests_of_a_process(seed, "1", tests) == expected
    assert expected[0] != expected[1]


def digest(model: object) -> str:
    weights = model.get_weights()  # type: ignore[attr-defined]
    return hashlib.sha256(b"".join(one.tobytes() for one in weights)).hexdigest()


def test_first_weights_are_pinned() -> None:
    """A change of these numbers changes every published seed: it must be meant."""
    kernel = small_model().get_weights()[0]
    assert [float(one).hex() for one in kernel[0, :2]] == ["-0x1.8b64700000000p-2", "-0x1.60b2b80000000p-1"]


def test_other_seeds_give_other_weights() -> None:
    kernels = {small_model(seed).get_weights()[0].tobytes() for seed in range(20)}
    assert len(kernels) == 20
