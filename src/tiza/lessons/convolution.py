"""Course 004 on images: filters, filter banks, pooling, pixels of three numbers. The numbers are our own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tiza.language import translatable, translate
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import NUMERICAL_CALCULUS
from tiza.lessons.grids import image_table, side_by_side
from tiza.lessons.lesson import Kind, Lesson, Statement, Table
from tiza.lessons.network import Nested, Network, Part, Row
from tiza.nn.layers import Conv2D, Flatten, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D

Grid = tuple[Row, ...]
_OWN_NUMBERS = translatable("the numbers here are the lesson's own")


def _image(channels: Sequence[Grid]) -> Nested:
    """Return grids of channels as an image, `(height, width, channels)`."""
    return tuple(
        tuple(tuple(channel[i][j] for channel in channels) for j in range(len(channels[0][0])))
        for i in range(len(channels[0]))
    )


def _kernel(filters: Sequence[Sequence[Grid]]) -> Nested:
    """Return grids, for each filter one a channel, as a kernel, `(height, width, channels, filters)`."""
    (height, width) = np.shape(filters[0][0])
    return tuple(
        tuple(
            tuple(tuple(one[c][i][j] for one in filters) for c in range(len(filters[0])))
            for j in range(width)
        )
        for i in range(height)
    )


def _cells(name: str, target: str, height: int, width: int) -> dict[str, str]:
    """Return names such as x23, row 2 and column 3, of the cells of a grid."""
    return {f"{name}{i + 1}{j + 1}": target.format(i=i, j=j) for i in range(height) for j in range(width)}


_FILTER: Grid = ((1.0, 0.0, -1.0),) * 3
_STRIPES: Grid = (*((1.0, 1.0, 0.0, 0.0, 1.0),) * 4, (0.0, 0.0, 0.0, 0.0, 0.0))

FILTER = Lesson(
    name="filtro",
    course=NUMERICAL_CALCULUS,
    title=translatable("A filter passes over an image and finds vertical edges"),
    introduction=translatable(
        "The filter lies on a patch of 3×3 pixels, nine products are added, and it moves on by one pixel: an "
        "image of 5×5 gives 3×3 sums. This filter takes the right column of the patch from its left one. "
        "Where the image goes from light (1) to dark (0) the sum is positive, the other way round it is "
        "negative, and on an even surface it is 0. ReLU keeps the positive ones; m1, m2 and m3 are the "
        "largest of each column, m the largest of all: how clear the clearest edge is."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: Conv2D(1, 3, activation="relu"),
                {"kernel": _kernel([[_FILTER]]), "bias": (0.0,)},
                "relu",
            ),
            Part(lambda: MaxPooling2D((3, 1))),
            Part(GlobalMaxPooling2D),
        ),
        x=(_image([_STRIPES]),),
        y=((3.0,),),
        loss="mse",
    ),
    own_names={
        **_cells("x", "x[{i},{j},0]", 5, 5),
        **_cells("k", "conv2d.kernel[{i},{j},0,0]", 3, 3),
        "b": "conv2d.bias[0]",
        **_cells("z", "conv2d.z[{i},{j},0]", 3, 3),
        **_cells("h", "conv2d.a[{i},{j},0]", 3, 3),
        **{f"m{j + 1}": f"max_pooling2d.a[0,{j},0]" for j in range(3)},
        "m": "global_max_pooling2d.a[0]",
        "y_true": "y[0]",
        "L": "loss",
    },
    statements=(
        Statement(
            translatable("a filter that passes over an image and gives another, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="m",
    measured=image_table,
)

_VERTICAL: Grid = ((0.5, -0.5), (0.5, -0.5))
_HORIZONTAL: Grid = ((0.5, 0.5), (-0.5, -0.5))
_SQUARE: Grid = ((1.0, 1.0, 0.0), (1.0, 1.0, 0.0), (1.0, 0.5, 0.0))

FILTER_BANK = Lesson(
    name="banco-de-filtros",
    course=NUMERICAL_CALCULUS,
    title=translatable("A bank of two filters makes two images of one"),
    introduction=translatable(
        "Each filter of a bank passes over the same image and gives an image of its own: k filters, k "
        "images. The first filter here finds vertical edges, the second horizontal ones. ReLU follows after "
        "the bank, and the largest number of each image tells how strongly its filter answers: m1 and m2. "
        "The image has a clear vertical edge and no clear horizontal one, so that m1 should be 1 and m2 "
        "should be 0."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: Conv2D(2, 2, activation="relu"),
                {"kernel": _kernel([[_VERTICAL], [_HORIZONTAL]]), "bias": (0.0, 0.0)},
                "relu",
            ),
            Part(GlobalMaxPooling2D),
        ),
        x=(_image([_SQUARE]),),
        y=((1.0, 0.0),),
        loss="mse",
    ),
    own_names={
        **_cells("x", "x[{i},{j},0]", 3, 3),
        **_cells("v", "conv2d.kernel[{i},{j},0,0]", 2, 2),
        **_cells("w", "conv2d.kernel[{i},{j},0,1]", 2, 2),
        "b1": "conv2d.bias[0]",
        "b2": "conv2d.bias[1]",
        **_cells("p", "conv2d.z[{i},{j},0]", 2, 2),
        **_cells("q", "conv2d.z[{i},{j},1]", 2, 2),
        **_cells("g", "conv2d.a[{i},{j},0]", 2, 2),
        **_cells("h", "conv2d.a[{i},{j},1]", 2, 2),
        "m1": "global_max_pooling2d.a[0]",
        "m2": "global_max_pooling2d.a[1]",
        "y1": "y[0]",
        "y2": "y[1]",
        "L": "loss",
    },
    statements=(
        Statement(
            translatable("that k filters give k images, with ReLU after each bank, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="L",
    measured=image_table,
)

_POOLED: Grid = ((1.0, 3.0, 2.0, 0.0), (5.0, 3.0, 2.0, 8.0), (4.0, 4.0, 0.0, 1.0), (4.0, 4.0, 1.0, 2.0))
_BLOCKS = {
    f"{i + 1}{j + 1}": [f"x{2 * i + a}{2 * j + b}" for a in (1, 2) for b in (1, 2)]
    for i in (0, 1)
    for j in (0, 1)
}


def _pooling_table(lesson: Lesson) -> Table:
    """Return the image, and what the largest and the average of each block make of it."""
    numbers = {name: float(lesson.sheet.exact(one)) for name, one in lesson.sheet.elements.items()}

    def grid(name: str, size: int) -> Grid:
        cells = range(1, size + 1)
        return tuple(tuple(numbers[f"{name}{i}{j}"] for j in cells) for i in cells)

    titled = (
        (translate("image"), np.array(grid("x", 4))),
        (translate("largest"), np.array(grid("m", 2))),
        (translate("average"), np.array(grid("p", 2))),
    )
    return translate("The images, number by number"), side_by_side(titled)


MAX_OR_AVERAGE = Lesson(
    name="max-o-promedio",
    course=NUMERICAL_CALCULUS,
    title=translatable("Max pooling and average pooling of the same image"),
    introduction=translatable(
        "Pooling makes an image smaller: of each block of 2×2 pixels one number stays. Max pooling keeps the "
        "largest (m): that something is there, wherever in the block. Average pooling keeps the mean (p): "
        "how much of it there is. The blocks with an 8 among small numbers and with four equal numbers show "
        "the difference. On the way back the largest pixel gets all of the gradient, or each of the four a "
        "quarter of it."
    ),
    subject=Calculation(
        given={f"x{i + 1}{j + 1}": one for i, row in enumerate(_POOLED) for j, one in enumerate(row)},
        lines={
            **{f"m{at}": f"max({', '.join(block)})" for at, block in _BLOCKS.items()},
            **{f"p{at}": f"({' + '.join(block)})/4" for at, block in _BLOCKS.items()},
        },
    ),
    statements=(
        Statement(
            translatable("max pooling and average pooling, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="m11",
    measured=_pooling_table,
)

_COLORS = ("r", "g", "b")
_PATCH: tuple[Grid, ...] = (((1.0, 0.0), (1.0, 0.0)), ((0.5, 0.0), (0.0, 0.5)), ((0.0, 1.0), (0.0, 0.5)))
_COLOR_FILTER: tuple[Grid, ...] = (
    ((1.0, -1.0), (1.0, -1.0)),
    ((0.5, 0.5), (0.5, 0.5)),
    ((-1.0, 1.0), (-1.0, 1.0)),
)

COLOR_PATCH = Lesson(
    name="parche-rgb",
    course=NUMERICAL_CALCULUS,
    title=translatable("One patch of a color image: three channels, one sum"),
    introduction=translatable(
        "A pixel of a color image is three numbers: red (r), green (g) and blue (b). The filter has a grid "
        "of weights for each of the three channels (u, v, w), and all products go into the same sum: 2·2·3 = "
        "12 products and a bias c give one number. A filter has as many channels as the image that it "
        "passes over, and what it gives has one."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: Conv2D(1, 2, activation="relu"),
                {"kernel": _kernel([_COLOR_FILTER]), "bias": (0.5,)},
                "relu",
            ),
            Part(Flatten),
        ),
        x=(_image(_PATCH),),
        y=((1.0,),),
        loss="mse",
    ),
    own_names={
        **{
            name: target
            for at, (color, weight) in enumerate(zip(_COLORS, ("u", "v", "w"), strict=True))
            for name, target in (
                *_cells(color, f"x[{{i}},{{j}},{at}]", 2, 2).items(),
                *_cells(weight, f"conv2d.kernel[{{i}},{{j}},{at},0]", 2, 2).items(),
            )
        },
        "c": "conv2d.bias[0]",
        "z": "conv2d.z[0,0,0]",
        "h": "conv2d.a[0,0,0]",
        "L": "loss",
    },
    statements=(
        Statement(
            translatable("that a pixel is three numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="h",
    measured=image_table,
)

_SHARED: Grid = ((-1.0, 1.0), (2.0, -1.0))
_FOUR_PATCHES: Grid = ((1.0, 0.0, 1.0), (1.0, 3.0, 0.0), (2.0, 1.0, 0.0))

SHARED_WEIGHT = Lesson(
    name="peso-compartido",
    course=NUMERICAL_CALCULUS,
    title=translatable("One weight of a filter works at every position: its gradient is a sum"),
    introduction=translatable(
        "A filter of 2×2 weights lies on four patches of an image of 3×3, so each weight is used four times, "
        "each time with another pixel. That is why its gradient has four terms, one from each position: what "
        "comes back there times the pixel that the weight has met there. Where ReLU gives 0, nothing comes "
        "back. m is the mean of the four numbers."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: Conv2D(1, 2, activation="relu", use_bias=False),
                {"kernel": _kernel([[_SHARED]])},
                "relu",
            ),
            Part(GlobalAveragePooling2D),
        ),
        x=(_image([_FOUR_PATCHES]),),
        y=((1.0,),),
        loss="mse",
        learning_rate=0.1,
    ),
    own_names={
        **_cells("x", "x[{i},{j},0]", 3, 3),
        **_cells("k", "conv2d.kernel[{i},{j},0,0]", 2, 2),
        **_cells("z", "conv2d.z[{i},{j},0]", 2, 2),
        **_cells("h", "conv2d.a[{i},{j},0]", 2, 2),
        "m": "global_average_pooling2d.a[0]",
        "y_true": "y[0]",
        "L": "loss",
    },
    statements=(
        Statement(
            translatable("that a filter has the same weights wherever it lies, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="k21",
    update=True,
    measured=image_table,
)

LESSONS = (FILTER, FILTER_BANK, SHARED_WEIGHT, MAX_OR_AVERAGE, COLOR_PATCH)
