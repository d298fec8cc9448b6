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

_STEP_OF_16_BITS = 257
"""65535 / 255: what one step of 8 bits is in 16."""
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic")


def read_image(
    path: str | os.PathLike[str],
    image_size: tuple[int, int] | None = None,
    color_mode: str = "rgb",
    interpolation: str = "bilinear",
) -> Array:
    """Return an image as numbers from 0 to 255: `(height, width, channels)`, uint8.

    Of gray values with 16 bits, 0 to 65535, the nearest of 8 bits are taken.

    Args:
        path: an image file. The extra `images` (Pillow) reads it.
        image_size: height and width that it is brought to; None keeps its own.
        color_mode: `grayscale` (one channel), `rgb` (three) or `rgba` (four).
        interpolation: `nearest`, `bilinear` or `bicubic`, for another size.

    Raises:
        DataError: there is no such file, it is no image that can be read, its numbers have 32 bits, or an
            argument is wrong.
        MissingExtraError: Pillow is not installed.
    """
    mode = _checked_mode(color_mode)
    size = None if image_size is None else _checked_size(image_size)
    filter_name = _checked_interpolation(interpolation)
    file = _checked_path(path)
    pillow = load_extra("PIL.Image", "Pillow", "images")
    try:
        with pillow.open(file) as opened:
            image = _with_8_bits(file, opened, pillow).convert(mode)
            if size is not None and image.size != size[::-1]:
                image = image.resize(size[::-1], getattr(pillow.Resampling, filter_name.upper()))
            pixels = np.asarray(image, "uint8")
    # Pillow raises many kinds of exceptions for damaged files, SyntaxError among them
    except (OSError, ValueError, SyntaxError, EOFError, pillow.DecompressionBombError) as error:
        raise DataError(
            f"{file}: this image cannot be read ({error}); mend it, or take it out of the folder."
        ) from None
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _with_8_bits(file: str, image: Any, pillow: Any) -> Any:
    """Return an image whose numbers have 8 bits; converting it otherwise cuts what is above 255.

    Raises:
        DataError: its numbers have 32 bits, whose range nobody knows.
    """
    # Pillow has read PNGs with 16 bits as "I" before; a PNG never has 32
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        values = np.asarray(image, "uint32")
        nearest = (values + _STEP_OF_16_BITS // 2) // _STEP_OF_16_BITS
        return pillow.fromarray(nearest.astype("uint8"))
    if image.mode in ("I", "F"):
        raise DataError(
            f"{file}: got an image of {'floats' if image.mode == 'F' else 'whole numbers'} with 32 bits, "
            "expected 8 or 16 bits; bring it to 0 to 255 and save it anew."
        )
    return image


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


def _checked_path(path: object) -> str:
    try:
        file = os.fsdecode(path)  # type: ignore[arg-type]  # what is no path raises
    except TypeError:
        raise DataError(f"path: got {path!r:.60}, expected that of an image file.") from None
    if not Path(file).is_file():
        raise DataError(f"path: got {file!r}, expected an image file; there is none of that name.")
    return file


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
