"""What the courses' slides print and what is exact, typed apart from the lessons' entries."""

from __future__ import annotations

from typing import NamedTuple


class Printed(NamedTuple):
    """A number of a slide.

    Attributes:
        lesson: the lesson that has it.
        name: what it is called there.
        printed: what the slide prints; empty if it prints no number.
        exact: the exact number, rounded.
        verdict: what the printed number is, with the slide's rounding.
    """

    lesson: str
    name: str
    printed: str
    exact: str
    verdict: str


def rows(lesson: str, names: str, printed: str, exact: str, verdicts: str) -> list[Printed]:
    """Return a row of a table; `-` is nothing printed, `=` the number that is printed, r t w the verdicts."""
    columns = [one.split() for one in (names.replace("~", " "), printed, exact, verdicts)]
    if "~" in names:
        columns[0] = [one.replace("~", " ") for one in names.split()]
    return [
        Printed(
            lesson,
            name,
            "" if number == "-" else number,
            number if right == "=" else right,
            {"r": "reproduced", "t": "truncated", "w": "wrong", "-": ""}[verdict],
        )
        for name, number, right, verdict in zip(*columns, strict=True)
    ]


NUMBERS = [
    # advanced methods of data science
    *rows("gatos-y-perros", "z1 z2 z3", "3.3 7.4 11.5", "= = =", "r r r"),
    *rows("gatos-y-perros", "o1 o2", "- -", "5.36 12.12", "- -"),
    *rows("gatos-y-perros", "p2 E", "0.9986 0.00061", "0.998842 0.001159", "w r"),
    *rows("entropia-cruzada-binaria", "E1 E4", "0.698 0.698", "1.609438 1.609438", "t t"),
    *rows("entropia-cruzada-binaria", "E2 E3", "0.096 0.096", "0.223144 0.223144", "t t"),
    *rows("xor", "C(0,0) C(0,1) C(1,0) C(1,1)", "0 1 1 2", "= = = =", "r r r r"),
    *rows("xor", "D(0,0) D(0,1) D(1,0) D(1,1)", "0 0 0 1", "= = = =", "r r r r"),
    *rows("xor", "Y(0,0) Y(0,1) Y(1,0) Y(1,1)", "0 1 1 0", "= = = =", "r r r r"),
    *rows("convexidad", "k c", "0.25*9 0.5*5", "2.25 2.5", "r r"),
    *rows("regla-de-la-cadena", "dL/da dL/db dL/dc", "c 2*c {e}", "3 6 5", "r r r"),
    *rows("tanh-2-2-1", "h1 h2", "0.66 0.72", ".664037 .716298", "r r"),
    *rows("tanh-2-2-1", "yhat E", "0.91 0.00045", "0.905057 0.00450712", "r w"),
    *rows("tanh-2-2-1", "dE/dw1 dE/dw2", "-0.0508 -0.0762", "-.053079 -.079618", "r r"),
    *rows("tanh-2-2-1", "dE/dw3 dE/dw4", "-0.0693 -0.1040", "-.073967 -.110951", "t r"),
    *rows("tanh-2-2-1", "dE/dw5 dE/dw6", "-0.0594 -0.0648", "-.063046 -.068008", "r r"),
    *rows("tanh-2-2-1", "w1' w2' w3'", "0.1254 0.2381 0.3346", ".126539 .239809 .336984", "r r t"),
    *rows("tanh-2-2-1", "w4' w5' w6'", "0.1520 0.5297 0.8324", ".155475 .531523 .834004", "r r r"),
    *rows("epocas-y-lotes", "k v", "10 5", "= =", "r r"),
    *rows("tarea-2-2-2", "o1 o2 E", "0.75136507 0.772928465 0.298371109", "= = =", "r r r"),
    *rows("tarea-2-2-2", "dE/dw5 dE/dw1", "0.082167041 0.000438568", "= =", "r r"),
    *rows("tarea-2-2-2", "w1' w2' w3'", "0.149780716 0.19956143 0.24975114", "= = =", "r r r"),
    *rows("tarea-2-2-2", "w4' w5' w6'", "0.29950229 0.35891648 0.408666186", "= = =", "r r r"),
    *rows("tarea-2-2-2", "w7' w8'", "0.511301270 0.561370121", "= =", "r r"),
    *rows("tarea-2-2-2-un-paso", "E", "0.291027924", "0.291027774", "w"),
    *rows("tarea-2-2-2-diez-mil-pasos", "E", "0.0000351085", "0.000035102", "w"),
    *rows("tarea-2-2-2-diez-mil-pasos", "o1 o2", "0.015912196 0.984065734", ".0159136 .984064", "w w"),
    # design of neural networks
    *rows("conteo-de-parametros", "6-1 6-4-1 6-4-4-1 6-4-4-4-1", "7 33 53 73", "= = = =", "r r r r"),
    *rows("dropout", "m1 m2", "8 4", "= =", "r r"),
    # class 4
    *rows("diferenciacion-automatica", "v1 v2 v3", "0.693 10 sin(5)", ".693147 10 -.958924", "r r r"),
    *rows("diferenciacion-automatica", "v4 v5", "10.693 11.652", "10.693147 11.652071", "r r"),
    *rows("diferenciacion-automatica", "df/dx1 df/dx2", "- -", "5.5 1.7163378", "- -"),
    *rows("mnist", "N M n s", "60000 10000 784 20", "= = = 14.3", "r r r w"),
    *rows("codigos-de-cuatro-bits", "b0 b1 b2 b3", "0 0 1 0", "1 1 0 0", "w w w r"),
    # backpropagation and activation functions
    *rows("gradiente-desvaneciente", "d k", "0.25 1/64", "= 0.015625", "r r"),
    *rows("relu-en-cero", "dR/dz2", "0", "=", "r"),
    # numerical calculus
    *rows("neurona-sigmoide", "z y", "7 0.999", "= .999089", "r r"),
    *rows("red-2-2-1", "h1 h2 o1", "0.9526 0.9526 0.7216", ".952574 .952574 .721633", "r r r"),
    *rows("cuatro-personas", "Alice~kg Alice~cm Bob~kg Bob~cm", "-1 -2 12 16", "= = = =", "r r r r"),
    *rows("cuatro-personas", "Charlie~kg Charlie~cm", "8 11", "= =", "r r"),
    *rows("cuatro-personas", "Diana~kg Diana~cm", "-7 -15", "= =", "r r"),
    *rows("cuatro-personas", "min~kg min~cm x̄~kg x̄~cm", "61 167 - -", "54 152 64 169.5", "w w - -"),
    *rows("alicia", "h1 y_pred", "0.0474 0.524", ".0474259 .523695", "r r"),
    *rows("alicia", "dL/dy_pred dy_pred/dh1", "-0.952 0.249", "-.952610 .249439", "r r"),
    *rows("alicia", "dh1/dw1 dL/dw1", "-0.0904 0.0214", "-.0903533 .0214695", "r r"),
    *rows("alicia-en-kilos", "dh1/dw1 dL/dw1", "- -", "-.0451767 .0107348", "- -"),
]
"""Every number that the courses work out."""

BY_THE_SLIDES_WAY = [
    ("gatos-y-perros", "p2", "changed", ".998586"),  # the output biases swapped
    ("gatos-y-perros", "E", "own", "0.000608"),  # base 10
    ("entropia-cruzada-binaria", "E1", "own", ".698970"),
    ("entropia-cruzada-binaria", "E2", "own", ".096910"),
    ("tanh-2-2-1", "yhat (w6)", "changed", ".618538"),  # one line has w6 = 0.4
    ("tanh-2-2-1", "E", "own", "0.00405"),
    ("tanh-2-2-1", "dE/dw3", "own", "-.0693504"),
    ("tanh-2-2-1", "w3'", "own", ".33465"),
    ("tarea-2-2-2-diez-mil-pasos", "E", "own", "0.000035085"),
]
"""What the slide's own way gives, where that explains it."""

COSTS = {"dE/dw1": "4.3", "dE/dw2": "4.3", "dE/dw3": "6.3", "dE/dw4": "6.3", "dE/dw5": "5.8", "dE/dw6": "4.7"}
"""Percent that the rounding of h and y-hat costs the tanh regression."""

STATED_WRONGLY = {
    "gatos-y-perros": 2,  # log(0.9986) lost its sign; weight and ears
    "entropia-cruzada-binaria": 2,  # the lower, the higher the penalty; 1/n twice
    "convexidad": 1,  # only one global minimum
    "tanh-2-2-1": 1,  # w6 = 0.4
    "epoca-o-iteracion": 1,
    "primero-los-gradientes": 1,
    "dropout": 1,  # weights, per epoch, set to 0
    "penalizaciones": 1,  # added to w
    "el-sesgo-que-falta": 1,
    "aproximacion-universal": 2,  # strictly linear; substantial depth
    "un-paso-es-una-iteracion": 1,
    "diferenciacion-automatica": 1,  # 10.693 - 0.959
    "regla-de-sgd": 1,  # n for eta
    "retropropagacion-2-3-1": 2,  # b_i; no update line
    "gradiente-desvaneciente": 1,  # leaves the weights out
    "alicia": 3,  # L falls; plus for times; a row in pounds
}
"""What is wrong in words, by lesson."""

OTHER_CONVENTIONS = {
    "xor": 1,  # relu'(0) = 1
    "el-sesgo-que-falta": 1,  # z after the activation
    "codigo-uno-de-diez": 1,  # digit 1 first
    "neurona-sigmoide": 1,  # z for the bias
}

NOT_GIVEN = {"sigmoide-profunda-o-relu": 1}

NOTHING_IN_NUMBERS = {
    "epoca-o-iteracion",
    "primero-los-gradientes",
    "el-sesgo-que-falta",
    "aproximacion-universal",
    "un-paso-es-una-iteracion",
    "regla-de-sgd",
    "codigo-uno-de-diez",
    "sigmoide-profunda-o-relu",
}
"""Lessons that only say something."""

EXPLAINED_WITH_OWN_NUMBERS = {
    "regla-delta",
    "retropropagacion-2-3-1",
    "penalizaciones",
    "jacobiano-softmax",
    "derivadas-de-activaciones",
}
"""Lessons whose slides have letters only."""

PICTURED = {
    "rnn-cuatro-pasos",
    "compuertas-lstm",
    "compuertas-gru",
    "memoria",
    "filtro",
    "banco-de-filtros",
    "peso-compartido",
    "max-o-promedio",
    "parche-rgb",
}
"""Lessons whose slides have pictures only."""
