"""Folders of images: real files, written by Pillow, read back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiza as tz
from tiza.errors import DataError, MissingExtraError


def write(path: Path, pixels: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, "uint8")).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for number, name in enumerate(["perro", "gato", "gato"]):
        write(tmp_path / name / f"{number}.png", draw.integers(0, 256, (6, 4, 3)))
    (tmp_path / "gato" / "notas.txt").write_text("no es una imagen")
    return tmp_path


def test_a_folder_for_each_class(folder: Path) -> None:
    data = tz.data.image_folder(folder, image_size=(6, 4))
    assert data.class_names == ("gato", "perro")
    assert data.targets.tolist() == [0, 0, 1]
    assert (data.features.shape, data.features.dtype) == ((3, 6, 4, 3), "uint8")
    np.testing.assert_array_equal(data.features[2], np.asarray(Image.open(folder / "perro" / "0.png")))
    assert "6 by 4" in data.description


def test_classes_in_another_order(folder: Path) -> None:
    data = tz.data.image_folder(folder, (6, 4), class_names=["perro", "gato"])
    assert data.class_names == ("perro", "gato")
    assert data.targets.tolist() == [0, 1, 1]


@pytest.mark.parametrize(("mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
def test_channels(folder: Path, mode: str, channels: int) -> None:
    assert tz.data.image_folder(folder, (6, 4), mode).features.shape == (3, 6, 4, channels)


@pytest.mark.parametrize("filter_name", ["nearest", "bilinear", "bicubic"])
def test_another_size_is_that_of_pillow(folder: Path, filter_name: str) -> None:
    path = folder / "perro" / "0.png"
    expected = Image.open(path).resize((5, 9), getattr(Image.Resampling, filter_name.upper()))
    found = tz.data.read_image(path, (9, 5), interpolation=filter_name)
    np.testing.assert_array_equal(found, np.asarray(expected))


def test_its_own_size(folder: Path) -> None:
    assert tz.data.read_image(folder / "perro" / "0.png").shape == (6, 4, 3)


def test_a_damaged_image_is_named(folder: Path) -> None:
    whole = (folder / "perro" / "0.png").read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"GIF89a" + whole, bytes(100)):
        (folder / "gato" / "roto.png").write_bytes(content)
        with pytest.raises(DataError, match=r"roto\.png: this image cannot be read"):
            tz.data.image_folder(folder, (6, 4))


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("mode", ["grayscale", "rgb"])
def test_16_bits_become_the_nearest_8(tmp_path: Path, ending: str, mode: str) -> None:
    values = np.arange(65536, dtype="uint16").reshape(256, 256)
    path = tmp_path / f"gray.{ending}"
    Image.fromarray(values).save(path)
    found = tz.data.read_image(path, color_mode=mode)
    expected = np.round(values / 65535 * 255)
    for channel in np.moveaxis(found, -1, 0):
        np.testing.assert_array_equal(channel, expected)


@pytest.mark.parametrize(("dtype", "words"), [("int32", "whole numbers"), ("float32", "floats")])
def test_32_bits_have_no_range(tmp_path: Path, dtype: str, words: str) -> None:
    path = tmp_path / "wide.tif"
    Image.fromarray(np.ones((2, 3), dtype)).save(path)
    with pytest.raises(
        DataError, match=rf"wide\.tif: got an image of {words} with 32 bits, expected 8 or 16"
    ):
        tz.data.read_image(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_images_of_any_kind(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 4, 3), "uint8")).convert(mode)
    path = tmp_path / "one.tif"
    image.save(path)
    found = tz.data.read_image(path)
    np.testing.assert_array_equal(found, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("path", [None, 3, "nada.png", "."])
def test_what_is_no_file(path: Any) -> None:
    with pytest.raises(DataError, match=r"^path: got .* image file"):
        tz.data.read_image(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 28}, "image_size: got 28, expected height and width"),
        ({"image_size": (0, 4)}, "image_size: got 0"),
        ({"color_mode": "gray"}, "color_mode: got 'gray', expected one of grayscale, rgb, rgba"),
        ({"interpolation": "cubic"}, "interpolation: got 'cubic'"),
        ({"class_names": ["vaca"]}, "got no folder 'vaca', expected some of the folders gato, perro"),
        ({"class_names": []}, r"class_names: got \[\]"),
    ],
)
def test_refused(folder: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        tz.data.image_folder(folder, **options)


def test_folders_that_are_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder with a folder for each class"):
        tz.data.image_folder(folder / "nada")
    empty = tmp_path / "vacía"
    (empty / "clase").mkdir(parents=True)
    with pytest.raises(DataError, match="no images in the folders"):
        tz.data.image_folder(empty)
    with pytest.raises(DataError, match="has no folders in it"):
        tz.data.image_folder(empty / "clase")


def test_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"Pillow.*\[images\]"):
        tz.data.image_folder(folder, (6, 4))
