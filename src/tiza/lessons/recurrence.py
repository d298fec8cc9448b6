"""Course 000 on sequences: a plain recurrent network, LSTM, GRU and memory. The numbers are our own."""

from __future__ import annotations

from tiza.data.datasets import latch
from tiza.language import translatable, translate
from tiza.lessons.course import ADVANCED_METHODS
from tiza.lessons.lesson import Kind, Lesson, Statement, Table
from tiza.lessons.memory import columns_text, gradients_by_state, number
from tiza.lessons.network import Nested, Network, Part, Row
from tiza.nn.layers import GRU, LSTM, SimpleRNN

_OWN_NUMBERS = translatable("the numbers here are the lesson's own")


def _sequence(values: Row) -> tuple[Nested, ...]:
    """Return one sequence of one number a step as data, `(1, time, 1)`."""
    return (tuple((one,) for one in values),)


def _steps(name: str, target: str, count: int) -> dict[str, str]:
    """Return names such as h1, h2 of a quantity at each step."""
    return {f"{name}{t + 1}": target.format(t=t) for t in range(count)}


def _plain(kernel: float, recurrent: float, x: Row, y: float) -> Network:
    return Network(
        layers=(
            Part(
                lambda: SimpleRNN(1),
                {"kernel": ((kernel,),), "recurrent_kernel": ((recurrent,),), "bias": (0.0,)},
                "tanh",
            ),
        ),
        x=_sequence(x),
        y=((y,),),
        loss="half_squared_error",
        learning_rate=0.5,
    )


def _plain_names(count: int) -> dict[str, str]:
    return {
        **_steps("x", "x[{t},0]", count),
        "w": "simple_rnn.kernel[0,0]",
        "u": "simple_rnn.recurrent_kernel[0,0]",
        "b": "simple_rnn.bias[0]",
        **_steps("a", "simple_rnn.z[t={t}][0]", count),
        **_steps("h", "simple_rnn.h[t={t}][0]", count),
        "yhat": "simple_rnn.a[0]",
        "y": "y[0]",
        "E": "loss",
    }


FOUR_STEPS = Lesson(
    name="rnn-cuatro-pasos",
    course=ADVANCED_METHODS,
    title=translatable("A plain recurrent network over four steps, and back through time"),
    introduction=translatable(
        "At each step the unit adds what comes in, w·x, and what it remembers, u·h, and tanh makes its new "
        "state h of the sum; the last state is the answer. It is one network with the same three weights at "
        "every step. On the way back the error passes u and the slope of tanh once a step, and each step "
        "adds its part to ∂E/∂u: the table lists the four of them, and their sum. The first step adds "
        "nothing, because nothing was remembered before it."
    ),
    subject=_plain(1.0, 0.5, (1.0, 0.0, 0.5, -1.0), 0.5),
    own_names=_plain_names(4),
    statements=(
        Statement(
            translatable("a picture of a recurrent network, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="u",
    update=True,
)

_LSTM_GATES = ("i", "f", "g", "o")

LSTM_GATES = Lesson(
    name="compuertas-lstm",
    course=ADVANCED_METHODS,
    title=translatable("The gates of an LSTM, in two steps"),
    introduction=translatable(
        "An LSTM keeps its memory c apart from what it shows, h. Three gates between 0 and 1 decide: f how "
        "much of the old memory stays, i how much of the candidate g comes in, o how much of it is shown. So "
        "c = f·c + i·g, with the old c on the right, and h = o·tanh(c). In the first step there is no old "
        "memory, and f has nothing to do. In the second step nothing comes in from outside (x2 = 0): what "
        "the unit still shows is what it has kept."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: LSTM(1),
                {
                    "kernel": ((1.0, 0.5, 2.0, 1.0),),
                    "recurrent_kernel": ((0.5, 0.0, 0.5, 1.0),),
                    "bias": (0.0, 1.0, 0.0, 0.0),
                },
                "tanh",
            ),
        ),
        x=_sequence((1.0, 0.0)),
        y=((1.0,),),
        loss="half_squared_error",
        learning_rate=0.5,
    ),
    own_names={
        **_steps("x", "x[{t},0]", 2),
        **{f"w_{gate}": f"lstm.kernel[0,{at}]" for at, gate in enumerate(_LSTM_GATES)},
        **{f"u_{gate}": f"lstm.recurrent_kernel[0,{at}]" for at, gate in enumerate(_LSTM_GATES)},
        **{f"b_{gate}": f"lstm.bias[{at}]" for at, gate in enumerate(_LSTM_GATES)},
        **{
            name: target
            for gate in _LSTM_GATES
            for name, target in (
                *_steps(f"a_{gate}", f"lstm.z_{gate}[t={{t}}][0]", 2).items(),
                *_steps(gate, f"lstm.{gate}[t={{t}}][0]", 2).items(),
            )
        },
        **_steps("c", "lstm.c[t={t}][0]", 2),
        **_steps("h", "lstm.h[t={t}][0]", 2),
        "yhat": "lstm.a[0]",
        "y": "y[0]",
        "E": "loss",
    },
    statements=(
        Statement(
            translatable("a picture of an LSTM, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="h2",
)

_GRU_GATES = ("z", "r", "n")

GRU_GATES = Lesson(
    name="compuertas-gru",
    course=ADVANCED_METHODS,
    title=translatable("The gates of a GRU, in two steps"),
    introduction=translatable(
        "A GRU has one state, h, and two gates: r says how much of the old state goes into the candidate n, "
        "z how much of the old state stays. So h = z·h + (1 − z)·n, with the old h on the right: what is "
        "not kept is replaced. In the first step there is no old state, and r has nothing to do. Some books "
        "call 1 − z what is called z here and in Keras."
    ),
    subject=Network(
        layers=(
            Part(
                lambda: GRU(1, reset_after=False),
                {
                    "kernel": ((-2.0, 1.0, 2.0),),
                    "recurrent_kernel": ((0.0, 1.0, 1.0),),
                    "bias": (1.0, 0.0, 0.0),
                },
                "tanh",
            ),
        ),
        x=_sequence((1.0, 0.0)),
        y=((1.0,),),
        loss="half_squared_error",
        learning_rate=0.5,
    ),
    own_names={
        **_steps("x", "x[{t},0]", 2),
        **{f"w_{gate}": f"gru.kernel[0,{at}]" for at, gate in enumerate(_GRU_GATES)},
        **{f"u_{gate}": f"gru.recurrent_kernel[0,{at}]" for at, gate in enumerate(_GRU_GATES)},
        **{f"b_{gate}": f"gru.bias[{at}]" for at, gate in enumerate(_GRU_GATES)},
        **{
            name: target
            for gate in _GRU_GATES
            for name, target in (
                *_steps(f"a_{gate}", f"gru.z_{gate}[t={{t}}][0]", 2).items(),
                *_steps(gate, f"gru.{gate}[t={{t}}][0]", 2).items(),
            )
        },
        **_steps("h", "gru.h[t={t}][0]", 2),
        "yhat": "gru.a[0]",
        "y": "y[0]",
        "E": "loss",
    },
    statements=(
        Statement(
            translatable("a picture of a GRU, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="h2",
)

_LENGTH = 8
_SEQUENCES, _ = latch(samples=2, noise=0.1, length=_LENGTH)
_TOLD = tuple(map(float, _SEQUENCES[1, :, 0]))
"""The first number is 1, the rest is noise."""
_KEEPS = Network(
    layers=(
        Part(
            lambda: LSTM(1),
            {
                "kernel": ((0.0, 0.0, 2.0, 0.0),),
                "recurrent_kernel": ((0.0, 0.0, 0.0, 0.0),),
                "bias": (0.0, 6.0, 0.0, 2.0),
            },
            "tanh",
        ),
    ),
    x=_sequence(_TOLD),
    y=((1.0,),),
    loss="half_squared_error",
)


def memory_table(lesson: Lesson) -> Table:
    """Return the gradient by the state at each step and what is left of the last one, of RNN and LSTM."""
    columns = [
        gradients_by_state(network, state)
        for network, state in ((lesson.network, "simple_rnn.h"), (_KEEPS, "lstm.c"))
    ]
    left = translate("what is left")
    heads = ("t", "RNN ∂E/∂h", left, "LSTM ∂E/∂c", left)
    rows = [
        (str(t + 1), *(text for one in columns for text in (number(one[t]), number(one[t] / one[-1]))))
        for t in reversed(range(_LENGTH))
    ]
    heading = translate("Back through time, in the plain network and in an LSTM of one unit")
    return heading, columns_text(heads, rows)


MEMORY = Lesson(
    name="memoria",
    course=ADVANCED_METHODS,
    title=translatable("Memory: the gradient vanishes in a plain recurrent network and not in an LSTM"),
    introduction=translatable(
        "The first number of a sequence tells the class, the seven after it are noise "
        "(tz.datasets.latch): to learn from it, the error of the last step has to come back to the first. A "
        "plain unit with u = 2 does remember: its state stays near 1 or near −1. But there tanh is flat, "
        "and each step back multiplies the gradient by u·(1 − h²), which is small. The memory of an LSTM "
        "goes on by c = f·c + i·g, so that a step back multiplies by f, and a forget gate with bias 6 is "
        "almost 1. Both are measured when this page is shown."
    ),
    subject=_plain(2.0, 2.0, _TOLD, 1.0),
    own_names=_plain_names(_LENGTH),
    statements=(
        Statement(
            translatable("pictures of a recurrent network and of an LSTM, without numbers"),
            _OWN_NUMBERS,
            Kind.PICTURED,
        ),
    ),
    target="u",
    measured=memory_table,
)

LESSONS = (FOUR_STEPS, LSTM_GATES, GRU_GATES, MEMORY)
