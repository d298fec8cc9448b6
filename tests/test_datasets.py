"""MNIST as it ships: what the files hold, and what a damaged one is answered with."""

from __future__ import annotations

import gzip
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from tiza.data.datasets import mnist
from tiza.data.datasets.idx import parse_idx
from tiza.errors import DataError

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"


@pytest.fixture(scope="module")
def data() -> tuple[mnist.LabelledImages, mnist.LabelledImages]:
    return mnist.load_data()


@pytest.fixture
def copied_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the loader read a copy of its files, which a test may damage."""
    for file in mnist._FOLDER.glob("*.gz"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(mnist, "_FOLDER", tmp_path)
    return tmp_path


def test_shapes_and_dtypes(data: tuple[mnist.LabelledImages, mnist.LabelledImages]) -> None:
    (x_train, y_train), (x_test, y_test) = data
    assert (x_train.shape, y_train.shape) == ((60000, 28, 28), (60000,))
    assert (x_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert {array.dtype for pair in data for array in pair} == {np.dtype(np.uint8)}


def test_labels(data: tuple[mnist.LabelledImages, mnist.LabelledImages]) -> None:
    (_, y_train), (_, y_test) = data
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(y_train).tolist() == TRAIN_COUNTS
    assert np.bincount(y_test).tolist() == TEST_COUNTS


def test_pixels(data: tuple[mnist.LabelledImages, mnist.LabelledImages]) -> None:
    (x_train, _), (x_test, _) = data
    # The mean and the standard deviation that the literature standardises MNIST with.
    assert x_train.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert x_train.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert (int(x_test.min()), int(x_test.max())) == (0, 255)
    # The first digit is a five: ink in the middle, none along the border.
    assert x_train[0, 14, 14] > 200
    assert not x_train[0, [0, -1], :].any()


def test_each_call_returns_arrays_of_its_own(data: tuple[mnist.LabelledImages, mnist.LabelledImages]) -> None:
    (x_train, _), (again, _) = data[1], mnist.load_data()[1]
    again[0] = 7
    assert not (x_train[0] == 7).all()


def test_loading_takes_well_under_a_second() -> None:
    start = time.process_time()
    mnist.load_data()
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("position", [0, 4, 8, 40_000])
def test_a_changed_byte_is_found(copied_files: Path, position: int) -> None:
    path = copied_files / TRAIN_LABELS
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[position] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(DataError) as caught:
        mnist.load_data()
    message = str(caught.value)
    assert TRAIN_LABELS in message
    assert "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5" in message
    assert "got data with SHA-256" in message
    assert "reinstall" in message


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_a_file_cut_short_is_found(copied_files: Path, kept: int) -> None:
    path = copied_files / TRAIN_LABELS
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=rf"{TRAIN_LABELS}.*reinstall"):
        mnist.load_data()


@pytest.mark.parametrize("position", [0, 3, 2000, -8, -1])
def test_a_changed_byte_of_the_packed_file_is_found(copied_files: Path, position: int) -> None:
    path = copied_files / TRAIN_LABELS
    packed = bytearray(path.read_bytes())
    packed[position] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(DataError, match=rf"{TRAIN_LABELS}.*reinstall"):
        mnist.load_data()


def test_a_missing_file_is_named(copied_files: Path) -> None:
    (copied_files / TRAIN_LABELS).unlink()
    with pytest.raises(DataError, match=rf"{TRAIN_LABELS}.*no such file.*reinstall"):
        mnist.load_data()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "first bytes none"),
        (b"\0\0\x08", "first bytes 00 00 08"),
        (b"\0\1\x08\1\0\0\0\0", "first bytes 00 01 08 01"),
        (b"\0\0\x0d\1\0\0\0\0", "first bytes 00 00 0d 01"),
        (b"\0\0\x08\0", "first bytes 00 00 08 00"),
        (b"\0\0\x08\2\0\0\0\1", "got 8 bytes, expected at least 12"),
        (b"\0\0\x08\1\0\0\0\3\1\2", "got 10 bytes, expected 11"),
        (b"\0\0\x08\1\0\0\0\3\1\2\3\4", "got 12 bytes, expected 11"),
        (b"\0\0\x08\4" + b"\xff" * 16, "got 20 bytes, expected 340282366604025813516997721482669850645"),
    ],
)
def test_an_idx_file_is_read_strictly(content: bytes, complaint: str) -> None:
    with pytest.raises(DataError, match=rf"^example: .*{complaint}"):
        parse_idx(content, "example")


def test_an_idx_file_may_hold_nothing() -> None:
    assert parse_idx(b"\0\0\x08\2\0\0\0\0\0\0\0\3", "example").shape == (0, 3)
