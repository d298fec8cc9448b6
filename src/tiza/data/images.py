"""Images from files: a folder with a folder for each class, as arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tiza.data.arguments import whole
from tiza.data.datasets.dataset import Dataset
from tiza.data.extras import load_extra
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Endings of the files that are read as images; others in a folder are left alone."""

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic")


def read_image(
    path: str | os.PathLike[str],
    image_size: tuple[int, int] | None = None,
    color_mode: str = "rgb",
    interpolation: str = "bilinear",
) -> Array:
    """Return an image as numbers from 0 to 255: `(height, width, channels)`, uint8.

    Args:
        path: an image file. The extra `images` (Pillow) reads it.
        image_size: height and width that it is brought to; None keeps its own.
        color_mode: `grayscale` (one channel), `rgb` (three) or `rgba` (four).
        interpolation: `nearest`, `bilinear` or `bicubic`, for another size.

    Raises:
        DataError: there is no such file, it is no image that can be read, or an argument is wrong.
        MissingExtraError: Pillow is not installed.
    """
    mode = _checked_mode(color_mode)
    size = None if image_size is None else _checked_size(image_size)
    filter_name = _checked_interpolation(interpolation)
    pillow = load_extra("PIL.Image", "Pillow", "images")
    try:
        with pillow.open(path) as opened:
            image = opened.convert(mode)
            if size is not None and image.size != size[::-1]:
                image = image.resize(size[::-1], getattr(pillow.Resampling, filter_name.upper()))
            pixels = np.asarray(image, "uint8")
    # Pillow raises many kinds of exceptions for damaged files, SyntaxError among them
    except (OSError, ValueError, SyntaxError, EOFError, pillow.DecompressionBombError) as error:
        raise DataError(
            f"{os.fspath(path)}: this image cannot be read ({error}); mend it, or take it out of the folder."
        ) from None
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def image_folder(
    path: str | os.PathLike[str],
    image_size: tuple[int, int] = (256, 256),
    color_mode: str = "rgb",
    class_names: Sequence[str] | None = None,
    interpolation: str = "bilinear",
) -> Dataset:
    """Return the images of a folder that has a folder for each class.

    Features `(samples, height, width, channels)`, uint8 (scale them with `Rescaling(1 / 255)`); targets
    `(samples,)`, int64. Classes are numbered in the order of their names, images come in the order of theirs.
    Arguments and defaults are those of Keras' `image_dataset_from_directory`.

    Args:
        path: the folder. The extra `images` (Pillow) reads what is in it.
        image_size: height and width that every image is brought to.
        color_mode: `grayscale`, `rgb` or `rgba`.
        class_names: folders that are classes, in the order of their labels; None takes all.
        interpolation: `nearest`, `bilinear` or `bicubic`, for images of another size.

    Raises:
        DataError: there is no such folder, it has no folders with images, a class is not there, or an image
            cannot be read (the file is named).
        MissingExtraError: Pillow is not installed.
    """
    folder = Path(path)
    _checked_mode(color_mode)
    size = _checked_size(image_size)
    if not folder.is_dir():
        raise DataError(
            f"image_folder: got {os.fspath(path)!r}, expected a folder with a folder for each class."
        )
    names = _class_folders(folder, class_names)
    files = [(label, one) for label, name in enumerate(names) for one in _images_in(folder / name)]
    if not files:
        raise DataError(
            f"image_folder: there are no images in the folders of {os.fspath(path)!r}; expected files ending "
            f"in {', '.join(SUFFIXES)}."
        )
    images = [read_image(one, size, color_mode, interpolation) for _, one in files]
    return Dataset(
        np.stack(images),
        np.array([label for label, _ in files], "int64"),
        (),
        tuple(names),
        f"Images of the folder {folder.name}, {size[0]} by {size[1]} pixels.",
    )


def _class_folders(folder: Path, wanted: Sequence[str] | None) -> list[str]:
    found = sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    if wanted is None:
        if not found:
            raise DataError(f"image_folder: {folder} has no folders in it; expected one for each class.")
        return found
    missing = [name for name in wanted if name not in found]
    if isinstance(wanted, str) or not wanted or missing:
        what = f"no folder {missing[0]!r}" if missing and not isinstance(wanted, str) else f"{wanted!r}"
        raise DataError(
            f"image_folder: class_names: got {what}, expected some of the folders "
            f"{', '.join(found) or '(none)'}."
        )
    return list(wanted)


def _images_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())


def _checked_mode(color_mode: object) -> str:
    if not isinstance(color_mode, str) or color_mode not in _MODES:
        raise DataError(f"color_mode: got {color_mode!r}, expected one of {', '.join(_MODES)}.")
    return _MODES[color_mode]


def _checked_interpolation(interpolation: object) -> str:
    if not isinstance(interpolation, str) or interpolation not in _INTERPOLATIONS:
        raise DataError(
            f"interpolation: got {interpolation!r}, expected one of {', '.join(_INTERPOLATIONS)}."
        )
    return interpolation


def _checked_size(image_size: object) -> tuple[int, int]:
    if not isinstance(image_size, Sequence) or isinstance(image_size, str) or len(image_size) != 2:
        raise DataError(f"image_size: got {image_size!r}, expected height and width, such as (28, 28).")
    height, width = (whole("image_size", one) for one in image_size)
    return height, width
