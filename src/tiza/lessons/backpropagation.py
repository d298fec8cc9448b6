"""Course 003, backpropagation and activation functions."""

from __future__ import annotations

from tiza.blackboard.slides import Verdict
from tiza.language import translatable
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import BACKPROPAGATION
from tiza.lessons.lesson import Kind, Lesson, SlideValue, Statement
from tiza.lessons.network import Network, Units

REPRODUCED = Verdict.REPRODUCED

EQUATIONS = Lesson(
    name="retropropagacion-2-3-1",
    course=BACKPROPAGATION,
    title=translatable("The equations of backpropagation in a 2-3-1 network"),
    introduction=translatable(
        "Row vectors go forward, z = a·W + b and a = σ(z). Back come the errors: δ = (y′ − y)·σ′(z) at the "
        "output, δ = (δ·Wᵀ) ⊙ σ′(z) one layer before. Then ∂C/∂b_j = δ_j and ∂C/∂w_jk = a_j·δ_k. The slides "
        "have the letters; here are some numbers."
    ),
    subject=Network(
        layers=(
            Units(((0.2, -0.4, 0.6), (0.5, 0.3, -0.1)), "sigmoid", (0.1, -0.2, 0.3)),
            Units(((0.7,), (-0.5,), (0.4,)), "sigmoid", (-0.1,)),
        ),
        x=((1.0, -2.0),),
        y=((1.0,),),
        loss="quadratic",
        learning_rate=0.5,
    ),
    own_names={
        "x1": "x[0]",
        "x2": "x[1]",
        "y": "y[0]",
        **{f"w{j}{k}": f"dense.kernel[{j - 1},{k - 1}]" for j in (1, 2) for k in (1, 2, 3)},
        **{f"b{k}": f"dense.bias[{k - 1}]" for k in (1, 2, 3)},
        **{f"z{k}": f"dense.z[{k - 1}]" for k in (1, 2, 3)},
        **{f"a{k}": f"dense.a[{k - 1}]" for k in (1, 2, 3)},
        **{f"v{j}": f"dense_1.kernel[{j - 1},0]" for j in (1, 2, 3)},
        "b": "dense_1.bias[0]",
        "z": "dense_1.z[0]",
        "yhat": "dense_1.a[0]",
        "C": "loss",
    },
    values=(
        SlideValue("dC/dz"),
        SlideValue("dC/dz1"),
        SlideValue("dC/db1"),
        SlideValue("dC/dw11"),
        SlideValue("w11'"),
    ),
    statements=(
        Statement(
            translatable("∂C/∂b_i = δ_j"),
            translatable("both indices are the unit's own: ∂C/∂b_j = δ_j"),
        ),
        Statement(
            translatable("the algorithm ends with the gradients"),
            translatable("its last line is missing: w ← w − η·∂C/∂w and b ← b − η·∂C/∂b"),
        ),
    ),
    target="w11",
    update=True,
)

VANISHING_GRADIENT = Lesson(
    name="gradiente-desvaneciente",
    course=BACKPROPAGATION,
    title=translatable("Why gradients vanish: three layers of sigmoid units"),
    introduction=translatable(
        "The slope of the sigmoid is largest at z = 0, where it is d = 1/4. Three layers multiply the error "
        "by at most d³, ten layers by less than a millionth."
    ),
    subject=Calculation(
        given={"z": 0},
        lines={"s": "1/(1 + exp(-z))", "d": "s*(1-s)", "k": "d^3"},
    ),
    values=(SlideValue("d", "0.25", REPRODUCED), SlideValue("k", "1/64", REPRODUCED)),
    statements=(
        Statement(
            translatable("the error shrinks to a quarter or less in each layer"),
            translatable(
                "the bound leaves the weights out: the error is also multiplied by them, and large weights "
                "can make it grow"
            ),
        ),
    ),
    target="k",
)

DEEP_SIGMOID = Lesson(
    name="sigmoide-profunda-o-relu",
    course=BACKPROPAGATION,
    title=translatable("A deep network that does not learn with sigmoid and does with ReLU"),
    introduction=translatable(
        "Points in the plane, several hidden layers, batches of 20, η = 0.01, 1000 epochs: with sigmoid "
        "units the loss hardly moves; with ReLU in the hidden layers, and a sigmoid at the end, the network "
        "learns."
    ),
    statements=(
        Statement(
            translatable("points that are right with ReLU: training 94 %, test 90.4 %"),
            translatable(
                "the points are not given, so that it cannot be recomputed; on tz.datasets.circles(1000, "
                "noise=0.1) with five hidden layers of 10 units the same contrast shows"
            ),
            Kind.NOT_GIVEN,
        ),
    ),
)

RELU_AT_ZERO = Lesson(
    name="relu-en-cero",
    course=BACKPROPAGATION,
    title=translatable("The slope of ReLU to the left of 0, at 0 and to the right"),
    introduction=translatable(
        "ReLU is flat below 0 and rises with slope 1 above. At 0 itself there is a kink and no derivative: "
        "this course takes 0 there, and so does Tiza. R adds three units up so that each slope stands alone."
    ),
    subject=Calculation(
        given={"z1": -1, "z2": 0, "z3": 1},
        lines={"R": "relu(z1) + relu(z2) + relu(z3)"},
        derived="R",
        letter="R",
    ),
    values=(
        SlideValue("dR/dz1", "0", REPRODUCED),
        SlideValue("dR/dz2", "0", REPRODUCED),
        SlideValue("dR/dz3", "1", REPRODUCED),
    ),
    target="dR/dz2",
)

LESSONS = (EQUATIONS, VANISHING_GRADIENT, DEEP_SIGMOID, RELU_AT_ZERO)
