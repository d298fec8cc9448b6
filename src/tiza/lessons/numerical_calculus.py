"""Course 004, introduction to numerical calculus and data science."""

from __future__ import annotations

from tiza.blackboard.slides import Verdict
from tiza.language import translatable
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import NUMERICAL_CALCULUS
from tiza.lessons.lesson import Kind, Lesson, SlideValue, Statement
from tiza.lessons.network import Network, Units

REPRODUCED, WRONG = Verdict.REPRODUCED, Verdict.WRONG

ONE_UNIT = Lesson(
    name="neurona-sigmoide",
    course=NUMERICAL_CALCULUS,
    title=translatable("One sigmoid unit with two inputs"),
    introduction=translatable(
        "Each input is multiplied by its weight, the products and the bias are added, and the sigmoid makes "
        "a number between 0 and 1 of the sum."
    ),
    subject=Network(
        layers=(Units(((0.0,), (1.0,)), "sigmoid", (4.0,)),), x=((2.0, 3.0),), y=((1.0,),), loss="mse"
    ),
    own_names={
        "x1": "x[0]",
        "x2": "x[1]",
        "y_true": "y[0]",
        "w1": "dense.kernel[0,0]",
        "w2": "dense.kernel[1,0]",
        "b": "dense.bias[0]",
        "z": "dense.z[0]",
        "y": "dense.a[0]",
        "L": "loss",
    },
    values=(SlideValue("z", "7", REPRODUCED), SlideValue("y", "0.999", REPRODUCED)),
    statements=(
        Statement(
            translatable("the bias is called z on one slide and b on the others"),
            translatable("it is b; z is the sum before the activation"),
            Kind.CONVENTION,
        ),
    ),
    target="y",
)

_NAMES = {
    "x1": "x[0]",
    "x2": "x[1]",
    "y_true": "y[0]",
    "w1": "dense.kernel[0,0]",
    "w2": "dense.kernel[1,0]",
    "w3": "dense.kernel[0,1]",
    "w4": "dense.kernel[1,1]",
    "w5": "dense_1.kernel[0,0]",
    "w6": "dense_1.kernel[1,0]",
    "b1": "dense.bias[0]",
    "b2": "dense.bias[1]",
    "b3": "dense_1.bias[0]",
    "z1": "dense.z[0]",
    "z2": "dense.z[1]",
    "z3": "dense_1.z[0]",
    "h1": "dense.a[0]",
    "h2": "dense.a[1]",
    "L": "loss",
}

SMALL_NETWORK = Lesson(
    name="red-2-2-1",
    course=NUMERICAL_CALCULUS,
    title=translatable("The way forward through a 2-2-1 network of sigmoid units"),
    introduction=translatable(
        "All three units have the same weights, (0, 1), and no bias: both hidden units give the same number, "
        "and the output unit reads only the second of them."
    ),
    subject=Network(
        layers=(
            Units(((0.0, 0.0), (1.0, 1.0)), "sigmoid", (0.0, 0.0)),
            Units(((0.0,), (1.0,)), "sigmoid", (0.0,)),
        ),
        x=((2.0, 3.0),),
        y=((1.0,),),
        loss="mse",
    ),
    own_names={**_NAMES, "o1": "dense_1.a[0]"},
    values=(
        SlideValue("h1", "0.9526", REPRODUCED),
        SlideValue("h2", "0.9526", REPRODUCED),
        SlideValue("o1", "0.7216", REPRODUCED),
    ),
    target="o1",
)

_PEOPLE = (("Alice", 60, 165), ("Bob", 73, 183), ("Charlie", 69, 178), ("Diana", 54, 152))
_SHIFTED = ("-1", "-2", "12", "16", "8", "11", "-7", "-15")
_LABELS = tuple(f"{name} {unit}" for name, _, _ in _PEOPLE for unit in ("kg", "cm"))
_NO_MINIMUM = translatable("it is called a minimum, and one person has less")

FOUR_PEOPLE = Lesson(
    name="cuatro-personas",
    course=NUMERICAL_CALCULUS,
    title=translatable("Weight and height of four people, shifted"),
    introduction=translatable(
        "Weight and height of Alice, Bob, Charlie and Diana. Inputs near 0 are learned more easily, so 61 kg "
        "and 167 cm are taken away. The usual way would be to take away the means, 64 kg and 169.5 cm."
    ),
    subject=Calculation(
        given={
            "kg0": 61,
            "cm0": 167,
            **{f"kg{n}": kg for n, (_, kg, _) in enumerate(_PEOPLE, 1)},
            **{f"cm{n}": cm for n, (_, _, cm) in enumerate(_PEOPLE, 1)},
        },
        lines={
            **{
                f"{name} {unit}": f"{unit}{n} - {unit}0"
                for n, (name, _, _) in enumerate(_PEOPLE, 1)
                for unit in ("kg", "cm")
            },
            "min kg": "min(kg1, kg2, kg3, kg4)",
            "min cm": "min(cm1, cm2, cm3, cm4)",
            "x̄ kg": "(kg1 + kg2 + kg3 + kg4)/4",
            "x̄ cm": "(cm1 + cm2 + cm3 + cm4)/4",
        },
    ),
    values=(
        *(SlideValue(label, text, REPRODUCED) for label, text in zip(_LABELS, _SHIFTED, strict=True)),
        SlideValue("min kg", "61", WRONG, _NO_MINIMUM),
        SlideValue("min cm", "167", WRONG, _NO_MINIMUM),
        SlideValue("x̄ kg"),
        SlideValue("x̄ cm"),
    ),
    target="Alice kg",
)


def _network_of_ones(x: tuple[float, float]) -> Network:
    return Network(
        layers=(
            Units(((1.0, 1.0), (1.0, 1.0)), "sigmoid", (0.0, 0.0)),
            Units(((1.0,), (1.0,)), "sigmoid", (0.0,)),
        ),
        x=(x,),
        y=((1.0,),),
        loss="mse",
    )


_SLOPES = {
    "dy_pred/dh1": "w5*y_pred*(1-y_pred)",
    "dh1/dw1": "x1*sigmoid(z1)*(1-sigmoid(z1))",
    "dL/dw1": "{dL/dy_pred}*{dy_pred/dh1}*{dh1/dw1}",
}

ALICE = Lesson(
    name="alicia",
    course=NUMERICAL_CALCULUS,
    title=translatable("Backpropagation for Alice in a 2-2-1 network of ones"),
    introduction=translatable(
        "All weights are 1, all biases 0, and Alice is a woman: y = 1. How does the squared error change "
        "with w1? Three derivatives in a row are multiplied. The slide writes x = (−2, −1)."
    ),
    subject=_network_of_ones((-2.0, -1.0)),
    own_names={**_NAMES, "y_pred": "dense_1.a[0]"},
    formulas=_SLOPES,
    values=(
        SlideValue("h1", "0.0474", REPRODUCED),
        SlideValue("h2", "0.0474", REPRODUCED),
        SlideValue("y_pred", "0.524", REPRODUCED),
        SlideValue("dL/dy_pred", "-0.952", REPRODUCED),
        SlideValue("dy_pred/dh1", "0.249", REPRODUCED),
        SlideValue("dh1/dw1", "-0.0904", REPRODUCED),
        SlideValue("dL/dw1", "0.0214", REPRODUCED),
        SlideValue("L"),
        SlideValue(
            "L", note=translatable("with w1 = 1.1 the loss is larger: {changed}"), changed={"w1": 1.1}
        ),
    ),
    statements=(
        Statement(
            translatable("if w1 grows, the loss falls a little"),
            translatable("∂L/∂w1 is positive: if w1 grows, the loss grows; w1 has to become smaller"),
        ),
        Statement(
            translatable("∂h1/∂w1 = x1 + f′(w1·x1 + w2·x2 + b1)"),
            translatable("it is a product: x1·f′(w1·x1 + w2·x2 + b1)"),
        ),
        Statement(
            translatable("Alice is x = (−2, −1)"),
            translatable(
                "that is her row in pounds and inches, of the example's source; in the course's own table, "
                "in kilograms and centimetres, she is (−1, −2): see the lesson alicia-en-kilos"
            ),
        ),
    ),
    target="w1",
)

ALICE_IN_KILOGRAMS = Lesson(
    name="alicia-en-kilos",
    course=NUMERICAL_CALCULUS,
    title=translatable("The same for Alice's row in the course's own table"),
    introduction=translatable(
        "With x = (−1, −2) the sum, and so h1, stays the same, but the derivative by w1 is only half as "
        "large: it has x1 as a factor."
    ),
    subject=_network_of_ones((-1.0, -2.0)),
    own_names={**_NAMES, "y_pred": "dense_1.a[0]"},
    formulas=_SLOPES,
    values=(SlideValue("h1"), SlideValue("y_pred"), SlideValue("dh1/dw1"), SlideValue("dL/dw1")),
    target="w1",
)

LESSONS = (ONE_UNIT, SMALL_NETWORK, FOUR_PEOPLE, ALICE, ALICE_IN_KILOGRAMS)
