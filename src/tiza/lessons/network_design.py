"""Course 001, design of neural networks."""

from __future__ import annotations

from tiza.blackboard.slides import Verdict
from tiza.language import translatable
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import NETWORK_DESIGN
from tiza.lessons.lesson import Kind, Lesson, SlideValue, Statement
from tiza.lessons.network import Network, Units

REPRODUCED = Verdict.REPRODUCED

PARAMETER_COUNTS = Lesson(
    name="conteo-de-parametros",
    course=NETWORK_DESIGN,
    title=translatable("How many parameters a network has"),
    introduction=translatable(
        "A dense layer has a weight for each pair of an input and a unit, and a bias for each unit. With "
        "n = 6 inputs and hidden layers of h = 4 units, another hidden layer adds 4·4 + 4 = 20 parameters."
    ),
    subject=Calculation(
        given={"n": 6, "h": 4},
        lines={
            "6-1": "n + 1",
            "6-4-1": "n*h + h + h + 1",
            "6-4-4-1": "n*h + h + (h*h + h) + h + 1",
            "6-4-4-4-1": "n*h + h + 2*(h*h + h) + h + 1",
        },
    ),
    values=(
        SlideValue("6-1", "7", REPRODUCED),
        SlideValue("6-4-1", "33", REPRODUCED),
        SlideValue("6-4-4-1", "53", REPRODUCED),
        SlideValue("6-4-4-4-1", "73", REPRODUCED),
    ),
    target="6-4-4-1",
)

_EXPECTED = translatable("an expected number: each step draws anew which units are left out")

DROPOUT = Lesson(
    name="dropout",
    course=NETWORK_DESIGN,
    title=translatable("How many of 16 units dropout leaves out"),
    introduction=translatable(
        "With rate r each of the N = 16 units of a layer is left out of a training step with probability r: "
        "r·N of them on average, not always exactly so many."
    ),
    subject=Calculation(given={"N": 16, "r1": 0.5, "r2": 0.25}, lines={"m1": "r1*N", "m2": "r2*N"}),
    values=(
        SlideValue("m1", "8", REPRODUCED, _EXPECTED),
        SlideValue("m2", "4", REPRODUCED, _EXPECTED),
    ),
    statements=(
        Statement(
            translatable("in each epoch, part of the weights is set to 0"),
            translatable("units are masked, anew in each step; the weights are not changed by it"),
        ),
    ),
    target="m1",
)

PENALTIES = Lesson(
    name="penalizaciones",
    course=NETWORK_DESIGN,
    title=translatable("The penalties L1 and L2"),
    introduction=translatable(
        "Large weights are made to cost something: λ/2m times the sum of their sizes (L1) or of their "
        "squares (L2) is added to the loss. L1 makes weights exactly 0, L2 makes them small, the elastic "
        "net does both. The slide has the formulas; here w = (1, −2, 3), λ = 0.3 and m = 5 samples."
    ),
    subject=Calculation(
        given={"w1": 1, "w2": -2, "w3": 3, "lambda": 0.3, "m": 5},
        lines={
            "L1": "{lambda}/(2*m)*(abs(w1) + abs(w2) + abs(w3))",
            "L2": "{lambda}/(2*m)*(w1^2 + w2^2 + w3^2)",
        },
    ),
    values=(SlideValue("L1"), SlideValue("L2")),
    statements=(
        Statement(
            translatable("the new weight is w + λ/2m·Σ|w|, or w + λ/2m·Σw²"),
            translatable("the penalty is added to the loss, not to w; the weights feel it by its gradient"),
        ),
    ),
    target="L2",
)

DELTA_RULE = Lesson(
    name="regla-delta",
    course=NETWORK_DESIGN,
    title=translatable("The delta rule for one unit"),
    introduction=translatable(
        "A weight changes by Δw_ji = −α·δ_j·y_i: the rate, the error signal of the unit it leads to, and "
        "what comes in through it. The slide has the letters; here a linear unit with y = (1, 2), "
        "w = (0.5, −0.5), target 1 and α = 0.1."
    ),
    subject=Network(
        layers=(Units(((0.5,), (-0.5,))),),
        x=((1.0, 2.0),),
        y=((1.0,),),
        loss="half_squared_error",
        learning_rate=0.1,
    ),
    own_names={
        "y1": "x[0]",
        "y2": "x[1]",
        "t": "y[0]",
        "w11": "dense.kernel[0,0]",
        "w12": "dense.kernel[1,0]",
        "z1": "dense.z[0]",
        "E": "loss",
    },
    values=(SlideValue("dE/dz1"), SlideValue("dE/dw11"), SlideValue("w11'"), SlideValue("w12'")),
    target="w12",
    update=True,
)

MISSING_BIAS = Lesson(
    name="el-sesgo-que-falta",
    course=NETWORK_DESIGN,
    title=translatable("A unit without a bias, and what z stands for"),
    introduction=translatable(
        "A unit adds its weighted inputs and a bias, and applies its activation. Books differ in what they "
        "call z: the sum, or what comes out."
    ),
    statements=(
        Statement(
            translatable("a hidden unit computes z = σ(wᵀx)"),
            translatable("the bias is missing: σ(wᵀx + b)"),
        ),
        Statement(
            translatable("z is what comes out of the unit"),
            translatable("course 003 and Tiza call z what goes into the activation, and a what comes out"),
            Kind.CONVENTION,
        ),
    ),
)

UNIVERSAL_APPROXIMATION = Lesson(
    name="aproximacion-universal",
    course=NETWORK_DESIGN,
    title=translatable("What the universal approximation theorem says"),
    introduction=translatable(
        "One hidden layer that is wide enough, with an activation that is no polynomial, comes as near as "
        "wanted to any continuous function on a bounded region. Training may still miss it: the optimizer "
        "may not get there, or the network overfits."
    ),
    statements=(
        Statement(
            translatable("one hidden layer can learn only what is linear"),
            translatable("that holds only if its activation is linear"),
        ),
        Statement(
            translatable("only a deep network can represent any function"),
            translatable("the classical theorem needs one hidden layer, wide enough"),
        ),
    ),
)

ONE_STEP_IS_AN_ITERATION = Lesson(
    name="un-paso-es-una-iteracion",
    course=NETWORK_DESIGN,
    title=translatable("From step 1 to step 2: one iteration"),
    introduction=translatable(
        "Going forward and back once, on one batch, is one iteration. Only with a single batch that holds "
        "all the data is it also an epoch."
    ),
    statements=(
        Statement(
            translatable("what happens from step 1 to step 2 is an epoch"),
            translatable("it is one iteration; an epoch is one pass over all the data"),
        ),
    ),
)

LESSONS = (
    UNIVERSAL_APPROXIMATION,
    MISSING_BIAS,
    DELTA_RULE,
    ONE_STEP_IS_AN_ITERATION,
    PARAMETER_COUNTS,
    PENALTIES,
    DROPOUT,
)
