"""Course 000, advanced methods of data science."""

from __future__ import annotations

from math import log

from tiza.blackboard.slides import Verdict
from tiza.graph.tensor import Tensor
from tiza.language import translatable
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import ADVANCED_METHODS
from tiza.lessons.lesson import Kind, Lesson, SlideValue, Statement
from tiza.lessons.network import Network, Units
from tiza.ops import elementwise
from tiza.ops.reduction import sum as total

REPRODUCED, TRUNCATED, WRONG = Verdict.REPRODUCED, Verdict.TRUNCATED, Verdict.WRONG


def relu_rising_at_zero(z: Tensor) -> Tensor:
    """Return max(0, z) with the slope that the course gives it at 0: 1."""
    return elementwise.where(z < 0.0, 0.0, z)


def crossentropy_base_10(targets: Tensor, outputs: Tensor) -> Tensor:
    """Return -sum y log10 p over the classes."""
    return -total(targets * elementwise.log(outputs), axis=-1) / log(10.0)


_IN_BASE_10 = translatable(
    "the logarithm is that of base 10, exactly {plain}; the natural one gives {exact}, and so says the table"
)

CATS_AND_DOGS = Lesson(
    name="gatos-y-perros",
    course=ADVANCED_METHODS,
    title=translatable("Cats and dogs: the way forward through a 2-3-2 network"),
    introduction=translatable(
        "A dog with ears of 8 cm and a weight of 12 kg goes through three ReLU units and a softmax over "
        "cat and dog. All sums are positive, so ReLU leaves them as they are. The loss takes logarithms of "
        "base 10, as the slide does."
    ),
    subject=Network(
        layers=(
            Units(((0.1, 0.3, 0.5), (0.2, 0.4, 0.6)), "relu", (0.1, 0.2, 0.3)),
            Units(((0.1, 0.4), (0.2, 0.5), (0.3, 0.6)), "softmax", (0.1, 0.2)),
        ),
        x=((8.0, 12.0),),
        y=((0.0, 1.0),),
        loss=crossentropy_base_10,
    ),
    own_names={
        "x1": "x[0]",
        "x2": "x[1]",
        "y1": "y[0]",
        "y2": "y[1]",
        **{f"w{i}{j}": f"dense.kernel[{i - 1},{j - 1}]" for i in (1, 2) for j in (1, 2, 3)},
        **{f"b{j}": f"dense.bias[{j - 1}]" for j in (1, 2, 3)},
        **{f"z{j}": f"dense.z[{j - 1}]" for j in (1, 2, 3)},
        **{f"h{j}": f"dense.a[{j - 1}]" for j in (1, 2, 3)},
        **{f"v{j}{k}": f"dense_1.kernel[{j - 1},{k - 1}]" for j in (1, 2, 3) for k in (1, 2)},
        **{f"c{k}": f"dense_1.bias[{k - 1}]" for k in (1, 2)},
        **{f"o{k}": f"dense_1.z[{k - 1}]" for k in (1, 2)},
        **{f"p{k}": f"dense_1.a[{k - 1}]" for k in (1, 2)},
        "E": "loss",
    },
    formulas={"E": "-log10(p2)", "E (ln)": "-ln(p2)"},
    values=(
        SlideValue("z1", "3.3", REPRODUCED),
        SlideValue("z2", "7.4", REPRODUCED),
        SlideValue("z3", "11.5", REPRODUCED),
        SlideValue("o1"),
        SlideValue("o2"),
        SlideValue(
            "p2",
            "0.9986",
            WRONG,
            translatable("the two output biases are swapped: with c1 = 0.2 and c2 = 0.1 it is {changed}"),
            changed={"c1": 0.2, "c2": 0.1},
        ),
        SlideValue("E", "0.00061", REPRODUCED, _IN_BASE_10, against="E (ln)"),
    ),
    statements=(
        Statement(
            translatable("the loss is log(0.9986) = 0.00061"),
            translatable("a sign was lost: log(0.9986) is negative, the loss is −log(0.9986)"),
        ),
        Statement(
            translatable("the two inputs are weight and ears, in this order"),
            translatable("in x the ears stand first: 8 cm, then 12 kg"),
        ),
    ),
    target="p2",
)

BINARY_CROSSENTROPY = Lesson(
    name="entropia-cruzada-binaria",
    course=ADVANCED_METHODS,
    title=translatable("Binary cross-entropy of four predictions"),
    introduction=translatable(
        "The loss −(y·log p + (1−y)·log(1−p)) for a class y and a predicted probability p of class 1: two "
        "predictions that miss (E1, E4) and two that are right (E2, E3). Logarithms are of base 10, as on "
        "the slide."
    ),
    subject=Calculation(
        given={"y1": 0, "p1": 0.8, "y2": 0, "p2": 0.2, "y3": 1, "p3": 0.8, "y4": 1, "p4": 0.2},
        lines={
            f"E{n}{base}": f"-(y{n}*{function}(p{n}) + (1-y{n})*{function}(1-p{n}))"
            for base, function in (("", "log10"), (" (ln)", "ln"))
            for n in (1, 2, 3, 4)
        },
    ),
    values=(
        SlideValue("E1", "0.698", TRUNCATED, _IN_BASE_10, against="E1 (ln)"),
        SlideValue("E2", "0.096", TRUNCATED, _IN_BASE_10, against="E2 (ln)"),
        SlideValue("E3", "0.096", TRUNCATED, _IN_BASE_10, against="E3 (ln)"),
        SlideValue("E4", "0.698", TRUNCATED, _IN_BASE_10, against="E4 (ln)"),
    ),
    statements=(
        Statement(
            translatable("the lower the value, the higher the penalty"),
            translatable("the loss is positive: the higher it is, the worse the prediction"),
        ),
        Statement(
            translatable("the mean over the samples, 1/n, is taken in L and again where L is minimized"),
            translatable("one mean is enough: 1/n stands twice"),
        ),
    ),
    target="E1",
)

_POINTS = ("0,0", "0,1", "1,0", "1,1")

EXCLUSIVE_OR = Lesson(
    name="xor",
    course=ADVANCED_METHODS,
    title=translatable("Exclusive or with two hidden ReLU units"),
    introduction=translatable(
        "No line separates the four points of exclusive or, but two units bend the plane: "
        "C = ReLU(x1 + x2), D = ReLU(x1 + x2 − 1), and then Y = ReLU(C − 2D). At (0, 0), (0, 1) and (1, 0) "
        "sums are exactly 0, where ReLU has a kink; its slope there is 1, as this course has it."
    ),
    subject=Network(
        layers=(
            Units(((1.0, 1.0), (1.0, 1.0)), relu_rising_at_zero, (0.0, -1.0)),
            Units(((1.0,), (-2.0,)), relu_rising_at_zero, (0.0,)),
        ),
        x=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)),
        y=((0.0,), (1.0,), (1.0,), (0.0,)),
        loss="half_squared_error",
    ),
    own_names={
        **{f"C({point})": f"dense.a[{row},0]" for row, point in enumerate(_POINTS)},
        **{f"D({point})": f"dense.a[{row},1]" for row, point in enumerate(_POINTS)},
        **{f"Y({point})": f"dense_1.a[{row},0]" for row, point in enumerate(_POINTS)},
        "E": "loss",
    },
    values=tuple(
        SlideValue(f"{unit}({point})", printed, REPRODUCED)
        for unit, column in (("C", "0112"), ("D", "0001"), ("Y", "0110"))
        for point, printed in zip(_POINTS, column, strict=True)
    ),
    statements=(
        Statement(
            translatable("ReLU has slope 1 at 0"),
            translatable("any slope from 0 to 1 will do at the kink; course 003 and Tiza take 0"),
            Kind.CONVENTION,
        ),
    ),
    target="Y(1,1)",
)

CONVEXITY = Lesson(
    name="convexidad",
    course=ADVANCED_METHODS,
    title=translatable("The square is convex: a chord lies above the curve"),
    introduction=translatable(
        "Half way between x1 = 1 and x2 = 2 the curve f(x) = x² is at height k, the chord between its two "
        "points at height c: k must not be above c."
    ),
    subject=Calculation(
        given={"x1": 1, "x2": 2, "t": 0.5},
        lines={"m": "t*x1 + (1-t)*x2", "k": "m^2", "c": "t*x1^2 + (1-t)*x2^2"},
    ),
    values=(SlideValue("k", "0.25*9", REPRODUCED), SlideValue("c", "0.5*5", REPRODUCED)),
    statements=(
        Statement(
            translatable("a convex function has only one global minimum"),
            translatable("each of its local minima is global; there may be many such points, or none"),
        ),
    ),
    target="k",
)

CHAIN_RULE = Lesson(
    name="regla-de-la-cadena",
    course=ADVANCED_METHODS,
    title=translatable("The chain rule on the graph L = c·e, e = a + d, d = 2b"),
    introduction=translatable(
        "Derivatives go back edge by edge: each edge has one factor, and the factors of a path are "
        "multiplied. The slide leaves them in letters; here a = 1, b = 2, c = 3."
    ),
    subject=Calculation(
        given={"a": 1, "b": 2, "c": 3},
        lines={"d": "2*b", "e": "a + d", "L": "c*{e}"},
        derived="L",
        letter="L",
    ),
    values=(
        SlideValue("dL/da", "c", REPRODUCED),
        SlideValue("dL/db", "2*c", REPRODUCED),
        SlideValue("dL/dc", "{e}", REPRODUCED),
    ),
    target="dL/db",
)

_ROUNDED_ON_THE_WAY = translatable("h and ŷ were rounded to two decimals on the way")
_FROM_ROUNDED = translatable("it goes on from the gradient as it is printed")

TANH_REGRESSION = Lesson(
    name="tanh-2-2-1",
    course=ADVANCED_METHODS,
    title=translatable("One step of a 2-2-1 regression with tanh"),
    introduction=translatable(
        "One sample, x = (2, 3) with y = 1, goes forward, its error comes back, and six weights take a step "
        "with η = 0.5. There are no biases and the output is linear. The slide rounds h and ŷ to two "
        "decimals and goes on from there."
    ),
    subject=Network(
        layers=(Units(((0.1, 0.3), (0.2, 0.1)), "tanh"), Units(((0.5,), (0.8,)))),
        x=((2.0, 3.0),),
        y=((1.0,),),
        loss="half_squared_error",
        learning_rate=0.5,
    ),
    own_names={
        "x1": "x[0]",
        "x2": "x[1]",
        "y": "y[0]",
        "w1": "dense.kernel[0,0]",
        "w2": "dense.kernel[1,0]",
        "w3": "dense.kernel[0,1]",
        "w4": "dense.kernel[1,1]",
        "w5": "dense_1.kernel[0,0]",
        "w6": "dense_1.kernel[1,0]",
        "a1": "dense.z[0]",
        "a2": "dense.z[1]",
        "h1": "dense.a[0]",
        "h2": "dense.a[1]",
        "yhat": "dense_1.z[0]",
        "E": "loss",
    },
    values=(
        SlideValue("h1", "0.66", REPRODUCED),
        SlideValue("h2", "0.72", REPRODUCED),
        SlideValue("yhat", "0.91", REPRODUCED),
        SlideValue(
            "yhat",
            note=translatable("one line writes w6 = 0.4 where all others have 0.8; 0.4 would give {changed}"),
            changed={"w6": 0.4},
        ),
        SlideValue(
            "E",
            "0.00045",
            WRONG,
            translatable("no rounding explains it: ½·(−0.09)² is {own}; a factor of ten is missing"),
        ),
        SlideValue("dE/dw6", "-0.0648", REPRODUCED, _ROUNDED_ON_THE_WAY),
        SlideValue("dE/dw5", "-0.0594", REPRODUCED, _ROUNDED_ON_THE_WAY),
        SlideValue("dE/dw1", "-0.0508", REPRODUCED, _ROUNDED_ON_THE_WAY),
        SlideValue("dE/dw2", "-0.0762", REPRODUCED, _ROUNDED_ON_THE_WAY),
        SlideValue("dE/dw3", "-0.0693", TRUNCATED, translatable("rounded it would be −0.0694")),
        SlideValue("dE/dw4", "-0.1040", REPRODUCED, _ROUNDED_ON_THE_WAY),
        SlideValue("w1'", "0.1254", REPRODUCED, _FROM_ROUNDED),
        SlideValue("w2'", "0.2381", REPRODUCED, _FROM_ROUNDED),
        SlideValue("w3'", "0.3346", TRUNCATED, _FROM_ROUNDED),
        SlideValue("w4'", "0.1520", REPRODUCED, _FROM_ROUNDED),
        SlideValue("w5'", "0.5297", REPRODUCED, _FROM_ROUNDED),
        SlideValue("w6'", "0.8324", REPRODUCED, _FROM_ROUNDED),
    ),
    statements=(
        Statement(
            translatable("ŷ = 0.5·0.66 + 0.4·0.72 = 0.91"),
            translatable("w6 is 0.8, not 0.4: with 0.4 the sum would be 0.62"),
        ),
    ),
    target="w1",
    update=True,
)

EPOCHS_AND_BATCHES = Lesson(
    name="epocas-y-lotes",
    course=ADVANCED_METHODS,
    title=translatable("Samples, batches, iterations and epochs"),
    introduction=translatable(
        "N = 1000 samples in batches of m = 100, for T = 5 epochs: k iterations make an epoch, K all of "
        "them, and each sample is seen v times."
    ),
    subject=Calculation(given={"N": 1000, "m": 100, "T": 5}, lines={"k": "N/m", "K": "k*T", "v": "K*m/N"}),
    values=(SlideValue("k", "10", REPRODUCED), SlideValue("K"), SlideValue("v", "5", REPRODUCED)),
    target="v",
)

EPOCH_OR_ITERATION = Lesson(
    name="epoca-o-iteracion",
    course=ADVANCED_METHODS,
    title=translatable("An iteration is not an epoch"),
    introduction=translatable(
        "The four steps of training (forward, loss, backward, update) make one iteration, on one batch. An "
        "epoch is over when every sample has had its turn."
    ),
    statements=(
        Statement(
            translatable("an iteration is called an epoch"),
            translatable("an epoch is one pass over all the data, as the same course says later on"),
        ),
    ),
)

GRADIENTS_FIRST = Lesson(
    name="primero-los-gradientes",
    course=ADVANCED_METHODS,
    title=translatable("All gradients first, then the update"),
    introduction=translatable(
        "The error of a hidden unit comes back through the weights that follow it. They must still be those "
        "that the sample went forward through."
    ),
    statements=(
        Statement(
            translatable("the weights are updated while the error travels back"),
            translatable(
                "all gradients are computed with the old weights, and only then is every weight updated: "
                "else new weights meet old gradients"
            ),
        ),
    ),
)

_HOMEWORK_NAMES = {
    "i1": "x[0]",
    "i2": "x[1]",
    "t1": "y[0]",
    "t2": "y[1]",
    "w1": "dense.kernel[0,0]",
    "w2": "dense.kernel[1,0]",
    "w3": "dense.kernel[0,1]",
    "w4": "dense.kernel[1,1]",
    "w5": "dense_1.kernel[0,0]",
    "w6": "dense_1.kernel[1,0]",
    "w7": "dense_1.kernel[0,1]",
    "w8": "dense_1.kernel[1,1]",
    "net_h1": "dense.z[0]",
    "net_h2": "dense.z[1]",
    "h1": "dense.a[0]",
    "h2": "dense.a[1]",
    "net_o1": "dense_1.z[0]",
    "net_o2": "dense_1.z[1]",
    "o1": "dense_1.a[0]",
    "o2": "dense_1.a[1]",
    "E": "loss",
}


def _homework(steps: int = 0) -> Network:
    return Network(
        layers=(
            Units(((0.15, 0.25), (0.20, 0.30)), "sigmoid", (0.35, 0.35)),
            Units(((0.40, 0.50), (0.45, 0.55)), "sigmoid", (0.60, 0.60)),
        ),
        x=((0.05, 0.10),),
        y=((0.01, 0.99),),
        loss="half_squared_error",
        learning_rate=0.5,
        trained=("kernel",),
        steps=steps,
    )


HOMEWORK = Lesson(
    name="tarea-2-2-2",
    course=ADVANCED_METHODS,
    title=translatable("Homework: one step of a 2-2-2 network of sigmoid units"),
    introduction=translatable(
        "The step-by-step example that the course links (M. Mazur, 2015): two inputs, two hidden units, two "
        "outputs, half the squared error added over the outputs, η = 0.5. Its biases, 0.35 and 0.60, are not "
        "updated. It is worked with nine decimals."
    ),
    subject=_homework(),
    own_names=_HOMEWORK_NAMES,
    formulas={
        "E_o1": "0.5*(t1-o1)^2",
        "E_o2": "0.5*(t2-o2)^2",
        "do1/dnet_o1": "o1*(1-o1)",
        "dh1/dnet_h1": "h1*(1-h1)",
        "dE_o1/dh1": "{dE/dnet_o1}*w5",
        "dE_o2/dh1": "{dE/dnet_o2}*w7",
    },
    values=(
        SlideValue("net_h1", "0.3775", REPRODUCED),
        SlideValue("h1", "0.593269992", REPRODUCED),
        SlideValue("h2", "0.596884378", REPRODUCED),
        SlideValue("net_o1", "1.105905967", REPRODUCED),
        SlideValue("o1", "0.75136507", REPRODUCED),
        SlideValue("o2", "0.772928465", REPRODUCED),
        SlideValue("E_o1", "0.274811083", REPRODUCED),
        SlideValue("E_o2", "0.023560026", REPRODUCED),
        SlideValue("E", "0.298371109", REPRODUCED),
        SlideValue("dE/do1", "0.74136507", REPRODUCED),
        SlideValue("do1/dnet_o1", "0.186815602", REPRODUCED),
        SlideValue("dE/dnet_o1", "0.138498562", REPRODUCED),
        SlideValue("dE/dw5", "0.082167041", REPRODUCED),
        SlideValue("w5'", "0.35891648", REPRODUCED),
        SlideValue("w6'", "0.408666186", REPRODUCED),
        SlideValue("w7'", "0.511301270", REPRODUCED),
        SlideValue("w8'", "0.561370121", REPRODUCED),
        SlideValue("dE_o1/dh1", "0.055399425", REPRODUCED),
        SlideValue("dE_o2/dh1", "-0.019049119", WRONG, translatable("the last digit is one too large")),
        SlideValue("dE/dh1", "0.036350306", REPRODUCED),
        SlideValue("dh1/dnet_h1", "0.241300709", REPRODUCED),
        SlideValue("dE/dw1", "0.000438568", REPRODUCED),
        SlideValue("w1'", "0.149780716", REPRODUCED),
        SlideValue("w2'", "0.19956143", REPRODUCED),
        SlideValue("w3'", "0.24975114", REPRODUCED),
        SlideValue("w4'", "0.29950229", REPRODUCED),
    ),
    target="w1",
    update=True,
)

HOMEWORK_AFTER_ONE_STEP = Lesson(
    name="tarea-2-2-2-un-paso",
    course=ADVANCED_METHODS,
    title=translatable("Homework: the error after one step"),
    introduction=translatable("The 2-2-2 network goes forward once more, with the eight weights it has now."),
    subject=_homework(1),
    own_names=_HOMEWORK_NAMES,
    values=(SlideValue("E", "0.291027924", WRONG, translatable("it differs from the seventh decimal on")),),
    target="E",
)

HOMEWORK_AFTER_MANY_STEPS = Lesson(
    name="tarea-2-2-2-diez-mil-pasos",
    course=ADVANCED_METHODS,
    title=translatable("Homework: the error after 10 000 steps"),
    introduction=translatable(
        "The same sample again and again: after 10 000 steps the outputs are close to their targets, 0.01 "
        "and 0.99."
    ),
    subject=_homework(10_000),
    own_names=_HOMEWORK_NAMES,
    values=(
        SlideValue("o1", "0.015912196", WRONG, translatable("it differs from the sixth decimal on")),
        SlideValue("o2", "0.984065734", WRONG, translatable("it differs from the sixth decimal on")),
        SlideValue(
            "E",
            "0.0000351085",
            WRONG,
            translatable("and the outputs that are printed would give {own}"),
        ),
    ),
    target="E",
)

SOFTMAX_JACOBIAN = Lesson(
    name="jacobiano-softmax",
    course=ADVANCED_METHODS,
    title=translatable("The derivatives of softmax"),
    introduction=translatable(
        "Each probability depends on every score: on its own with p1 − p1², on another one with −p1·p2. "
        "The slide has the letters; here the scores are 1, 2 and 3."
    ),
    subject=Calculation(
        given={"s1": 1, "s2": 2, "s3": 3},
        lines={
            "S": "exp(s1) + exp(s2) + exp(s3)",
            "p2": "exp(s2)/S",
            "p3": "exp(s3)/S",
            "p1": "exp(s1)/S",
        },
        derived="p1",
        letter="p1",
    ),
    values=(
        SlideValue("dp1/ds1", "p1-p1^2", REPRODUCED),
        SlideValue("dp1/ds2", "-p1*p2", REPRODUCED),
        SlideValue("dp1/ds3", "-p1*p3", REPRODUCED),
    ),
    target="dp1/ds2",
)

ACTIVATION_DERIVATIVES = Lesson(
    name="derivadas-de-activaciones",
    course=ADVANCED_METHODS,
    title=translatable("Activation functions and their derivatives"),
    introduction=translatable(
        "Several derivatives are quickest from the function's own value: f·(1 − f) for the logistic "
        "function, 1 − f² for tanh. All are taken at x = 0.5; f adds them up so that each derivative stands "
        "alone."
    ),
    subject=Calculation(
        given={"x1": 0.5, "x2": 0.5, "x3": 0.5, "x4": 0.5, "x5": 0.5},
        lines={
            "σ(x)": "1/(1 + exp(-x1))",
            "tanh(x)": "tanh(x2)",
            "arctan(x)": "arctan(x3)",
            "ReLU(x)": "relu(x4)",
            "softplus(x)": "ln(1 + exp(x5))",
            "f": "{σ(x)} + {tanh(x)} + {arctan(x)} + {ReLU(x)} + {softplus(x)}",
        },
        derived="f",
    ),
    values=(
        SlideValue("df/dx1", "{σ(x)}*(1-{σ(x)})", REPRODUCED),
        SlideValue("df/dx2", "1-{tanh(x)}^2", REPRODUCED),
        SlideValue("df/dx3", "1/(x3^2+1)", REPRODUCED),
        SlideValue("df/dx4", "1", REPRODUCED),
        SlideValue("df/dx5", "1/(1+exp(-x5))", REPRODUCED),
    ),
    target="df/dx1",
)

LESSONS = (
    CATS_AND_DOGS,
    EXCLUSIVE_OR,
    BINARY_CROSSENTROPY,
    EPOCH_OR_ITERATION,
    EPOCHS_AND_BATCHES,
    GRADIENTS_FIRST,
    CONVEXITY,
    CHAIN_RULE,
    ACTIVATION_DERIVATIVES,
    SOFTMAX_JACOBIAN,
    TANH_REGRESSION,
    HOMEWORK,
    HOMEWORK_AFTER_ONE_STEP,
    HOMEWORK_AFTER_MANY_STEPS,
)
