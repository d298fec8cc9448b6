"""Course 002, class 4: digits, codes, automatic differentiation."""

from __future__ import annotations

from tiza.blackboard.slides import Verdict
from tiza.language import translatable
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import CLASS_4
from tiza.lessons.lesson import Kind, Lesson, SlideValue, Statement

REPRODUCED, WRONG = Verdict.REPRODUCED, Verdict.WRONG

AUTOMATIC_DIFFERENTIATION = Lesson(
    name="diferenciacion-automatica",
    course=CLASS_4,
    title=translatable("Automatic differentiation of ln(x1) + x1·x2 − sin(x2) at (2, 5)"),
    introduction=translatable(
        "The function is taken apart into one operation a line, v1 to v5. Going forward gives its value; "
        "going back through the same lines gives both derivatives at once. Angles are in radians."
    ),
    subject=Calculation(
        given={"x1": 2, "x2": 5},
        lines={"v1": "ln(x1)", "v2": "x1*x2", "v3": "sin(x2)", "v4": "v1 + v2", "v5": "v4 - v3"},
        derived="v5",
    ),
    values=(
        SlideValue("v1", "0.693", REPRODUCED),
        SlideValue("v2", "10", REPRODUCED),
        SlideValue("v3", "sin(5)", REPRODUCED),
        SlideValue("v4", "10.693", REPRODUCED),
        SlideValue("v5", "11.652", REPRODUCED),
        SlideValue("df/dx1"),
        SlideValue("df/dx2"),
    ),
    statements=(
        Statement(
            translatable("v5 = 10.693 − 0.959 = 11.652"),
            translatable(
                "the result is right and the line is not: sin 5 is −0.959, so that 10.693 − (−0.959) = 11.652"
            ),
        ),
    ),
    target="df/dx2",
)

GRADIENT_DESCENT_RULE = Lesson(
    name="regla-de-sgd",
    course=CLASS_4,
    title=translatable("The rule of stochastic gradient descent"),
    introduction=translatable(
        "The gradient is averaged over the m samples of a mini-batch, and each weight goes against it, by a "
        "step as large as the rate η says."
    ),
    statements=(
        Statement(
            translatable("w′ = w − (n/m)·Σ ∂C/∂w"),
            translatable("the letter is the rate: w′ = w − (η/m)·Σ ∂C/∂w; n, the samples, is an η misread"),
        ),
    ),
)

MNIST = Lesson(
    name="mnist",
    course=CLASS_4,
    title=translatable("The handwritten digits in numbers"),
    introduction=translatable(
        "N images to learn from and M to test with, each of d × d = n grey values that are scaled to lie "
        "from 0 to 1, and ten outputs. s is the share of test images in percent."
    ),
    subject=Calculation(
        given={"N": 60_000, "M": 10_000, "d": 28},
        lines={"n": "d*d", "s": "100*M/(N + M)"},
    ),
    values=(
        SlideValue("N", "60000", REPRODUCED),
        SlideValue("M", "10000", REPRODUCED),
        SlideValue("n", "784", REPRODUCED),
        SlideValue("s", "20", WRONG, translatable("it is 10 000 of 70 000 images")),
    ),
    target="s",
)

ONE_HOT = Lesson(
    name="codigo-uno-de-diez",
    course=CLASS_4,
    title=translatable("One-hot codes for the ten digits"),
    introduction=translatable(
        "Each digit becomes a vector of ten numbers: a 1 at its own place and 0 elsewhere."
    ),
    statements=(
        Statement(
            translatable("the digit 1 has the first place and 0 the last"),
            translatable("any order will do if it is kept; Tiza and most data sets put 0 first"),
            Kind.CONVENTION,
        ),
    ),
)

_FOUR = translatable("what is printed is the code of 4")

BINARY_CODES = Lesson(
    name="codigos-de-cuatro-bits",
    course=CLASS_4,
    title=translatable("The number 3 in four bits, the low one first"),
    introduction=translatable(
        "Four bits are enough for ten digits, but each bit mixes several of them, and a network learns such "
        "codes less well than one-hot ones. b0 is the bit that counts 1, b3 the one that counts 8."
    ),
    subject=Calculation(
        given={"n": 3},
        lines={f"b{k}": f"floor(n/{2**k}) - 2*floor(n/{2 ** (k + 1)})" for k in range(4)},
    ),
    values=(
        SlideValue("b0", "0", WRONG, _FOUR, changed={"n": 4}),
        SlideValue("b1", "0", WRONG, _FOUR, changed={"n": 4}),
        SlideValue("b2", "1", WRONG, _FOUR, changed={"n": 4}),
        SlideValue("b3", "0", REPRODUCED),
    ),
    target="b0",
)

LESSONS = (ONE_HOT, BINARY_CODES, MNIST, GRADIENT_DESCENT_RULE, AUTOMATIC_DIFFERENTIATION)
