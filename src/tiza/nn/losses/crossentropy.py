"""Cross-entropies: what a probability cost that was given to what came true.

Logarithms are never clipped: p = 0 where the target is 0 costs 0, where it is 1 it costs infinity. Keras
clips at 1e-7, so the two differ there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.checks import check_hyperparameter
from tiza.nn.losses.base import ReducedLoss, Statement, over_outputs, over_samples
from tiza.nn.targets import CLASSES, LABELS, PROBABILITIES
from tiza.ops.composite import log_softmax, softmax, xlogy
from tiza.ops.elementwise import log, power, sigmoid, softplus, where
from tiza.ops.layout import iota
from tiza.ops.reduction import sum as total

_PROBABILITIES = {"hard_sigmoid", "sigmoid", "softmax"}


def check_probabilities_of(name: str, expected: str, activation: str, from_logits: bool | None) -> None:
    """Check that the last layer gives what a cross-entropy reads.

    Args:
        name: of the loss.
        expected: the activation that gives its probabilities.
        activation: that of the last layer; empty if it has none, `?` if it is not known.
        from_logits: whether the loss reads raw scores; None if it cannot.

    Raises:
        ModelError: it does not; the remedy is named.
    """
    if from_logits and activation in _PROBABILITIES:
        raise ModelError(
            f"loss: {name} with from_logits=True expects raw scores, but the last layer's "
            f"activation is {activation}; remove the activation or from_logits."
        )
    others = {"", "rescaling", *ACTIVATIONS, *_PROBABILITIES} - {expected, "hard_" + expected}
    remedy = "" if from_logits is None else ", or use from_logits=True on raw scores"
    if not from_logits and activation in others:
        raise ModelError(
            f"loss: {name} expects probabilities from {expected}, but the last layer's "
            f"activation is {activation or 'linear'}; set activation={expected!r}{remedy}."
        )


def _check_yes_or_no(name: str, activation: str, from_logits: bool) -> None:
    if activation == "softmax" and not from_logits:
        raise ModelError(
            f"loss: {name} takes each output as a yes or no of its own, but the last layer's "
            "activation is softmax; use categorical_crossentropy, or activation='sigmoid'."
        )
    check_probabilities_of(name, "sigmoid", activation, from_logits)


def _check_classes(name: str, outputs: TensorType, activation: str, from_logits: bool) -> None:
    if outputs.shape[-1] == 1:
        raise ModelError(
            f"loss: {name} over one unit is always the same (its softmax is 1); use one sigmoid unit "
            "with binary_crossentropy, or a unit a class."
        )
    check_probabilities_of(name, "softmax", activation, from_logits)


def _check_smoothing(owner: object, label_smoothing: float) -> None:
    check_hyperparameter(type(owner).__name__, "label_smoothing", label_smoothing, 0.0, 1.0)


def smoothed(targets: Tensor, label_smoothing: float, choices: int) -> Tensor:
    """Return targets drawn towards an even chance of so many choices: y (1 - s) + s / choices."""
    if not label_smoothing:
        return targets
    return targets * (1.0 - label_smoothing) + label_smoothing / choices


def _binary_entropies(targets: Tensor, outputs: Tensor, from_logits: bool) -> Tensor:
    """Return -(y log a + (1 - y) log(1 - a)) of every output."""
    if from_logits:
        return softplus(outputs) - targets * outputs
    return -(xlogy(targets, outputs) + xlogy(1.0 - targets, 1.0 - outputs))


def _class_entropies(targets: Tensor, outputs: Tensor, from_logits: bool) -> Tensor:
    """Return -y log a of every class."""
    return -(targets * log_softmax(outputs)) if from_logits else -xlogy(targets, outputs)


@dataclass(frozen=True)
class BinaryCrossentropy(ReducedLoss):
    """Cross-entropy of independent yes-or-no outputs, the mean over outputs, as Keras.

    Args:
        from_logits: outputs are raw scores z, with a = sigmoid(z).
        label_smoothing: s in y (1 - s) + s / 2, which stands in place of y.
        reduction: how the losses of samples become one number.

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.BinaryCrossentropy()
        >>> cost = loss.call(tz.ops.constant([[0.0], [1.0]]), tz.ops.constant([[0.8], [0.2]]))
        >>> tz.evaluate(cost).round(6)
        array([1.609438, 1.609438])
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_crossentropy"
    statement: ClassVar[Statement] = Statement(
        "-mean(y * log(a) + (1 - y) * log(1 - a))",
        targets=PROBABILITIES,
        outputs="sigmoid",
        keras="BinaryCrossentropy",
        sklearn="log_loss",
        course="000: BCE",
        examples=({"from_logits": True}, {"label_smoothing": 0.1}),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_smoothing(self, self.label_smoothing)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean -(y log a + (1 - y) log(1 - a))."""
        soft = smoothed(targets, self.label_smoothing, 2)
        return over_samples(_binary_entropies(soft, outputs, self.from_logits))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a sigmoid's."""
        _check_yes_or_no(self.name, activation, self.from_logits)


@dataclass(frozen=True)
class SummedBinaryCrossentropy(BinaryCrossentropy):
    """Binary cross-entropies added over outputs: the courses' multi-class cost J without its penalty.

    J = -1/m sum_i sum_k (y log h + (1 - y) log(1 - h)); the penalty lambda/2m sum theta^2 is a regularizer.
    """

    name: ClassVar[str] = "summed_binary_crossentropy"
    sums_outputs: ClassVar[bool] = True
    statement: ClassVar[Statement] = Statement(
        "-sum(y * log(a) + (1 - y) * log(1 - a))",
        targets=PROBABILITIES,
        outputs="sigmoid",
        sklearn="loss of MLPClassifier for several labels",
        course="000: E(Theta), the multi-class cost, without its penalty",
        examples=({"from_logits": True}, {"label_smoothing": 0.1}),
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return sum -(y log a + (1 - y) log(1 - a))."""
        soft = smoothed(targets, self.label_smoothing, 2)
        return over_outputs(_binary_entropies(soft, outputs, self.from_logits))


@dataclass(frozen=True)
class CategoricalCrossentropy(ReducedLoss):
    """Cross-entropy of one choice among classes, targets as probabilities (one-hot).

    Args:
        from_logits: outputs are raw scores z, with a = softmax(z).
        label_smoothing: s in y (1 - s) + s / classes, which stands in place of y.
        reduction: how the losses of samples become one number.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_crossentropy"
    statement: ClassVar[Statement] = Statement(
        "-sum(y * log(a))",
        targets=CLASSES,
        outputs="softmax",
        keras="CategoricalCrossentropy",
        sklearn="log_loss",
        course="000: cross-entropy of the softmax",
        examples=({"from_logits": True}, {"label_smoothing": 0.1}),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_smoothing(self, self.label_smoothing)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -sum y log a."""
        soft = smoothed(targets, self.label_smoothing, targets.shape[-1])
        return over_samples(total(_class_entropies(soft, outputs, self.from_logits), -1))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a softmax of several units."""
        _check_classes(self.name, outputs, activation, self.from_logits)


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(ReducedLoss):
    """Cross-entropy of one choice among classes, targets as whole labels.

    Keras' argument `ignore_class` does not exist here; weigh those samples 0.

    Example:
        >>> import tiza as tz
        >>> loss = tz.losses.SparseCategoricalCrossentropy()
        >>> labels = tz.ops.constant([1], "int32")
        >>> tz.evaluate(loss.call(labels, tz.ops.constant([[0.75, 0.25]]))).round(6)
        array([1.386294])
    """

    from_logits: bool = False
    name: ClassVar[str] = "sparse_categorical_crossentropy"
    statement: ClassVar[Statement] = Statement(
        "-log(a[y])",
        targets=LABELS,
        outputs="softmax",
        keras="SparseCategoricalCrossentropy",
        sklearn="log_loss",
        course="000: cross-entropy of the softmax",
        examples=({"from_logits": True},),
    )

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -log a[y]."""
        labelled = chosen(targets, outputs.shape)
        if self.from_logits:
            return over_samples(-total(where(labelled, log_softmax(outputs), 0.0), -1))
        # other classes count log 1, not log p: at p = 0 its slope would make 0 times infinity
        return over_samples(-total(log(where(~labelled, 1.0, outputs)), -1))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a softmax of several units."""
        _check_classes(self.name, outputs, activation, self.from_logits)


def chosen(labels: Tensor, shape: Shape) -> Tensor:
    """Return where the class of each sample stands, as booleans of `shape`, `(batch, ..., classes)`."""
    classes = iota(shape, len(shape) - 1)
    return classes == labels.reshape((*labels.shape, 1))


def _check_focus(owner: object, alpha: float, gamma: float) -> None:
    check_hyperparameter(type(owner).__name__, "alpha", alpha, 0.0, float("inf"))
    check_hyperparameter(type(owner).__name__, "gamma", gamma, 0.0, float("inf"))


@dataclass(frozen=True)
class BinaryFocalCrossentropy(ReducedLoss):
    """Binary cross-entropy times (1 - p)^gamma, p being what was given to the truth; Lin et al. (2017).

    What is known well counts little. As Keras, which clips a at 1e-7.

    Args:
        apply_class_balancing: weigh yes with alpha and no with 1 - alpha.
        alpha: the weight of yes.
        gamma: how much less the well known counts.
        from_logits: outputs are raw scores z, with a = sigmoid(z).
        label_smoothing: s in y (1 - s) + s / 2, which stands in place of y.
        reduction: how the losses of samples become one number.
    """

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "binary_focal_crossentropy"
    statement: ClassVar[Statement] = Statement(
        "-mean(where(apply_class_balancing, alpha * y + (1 - alpha) * (1 - y), 1)"
        " * (1 - y * a - (1 - y) * (1 - a))^gamma * (y * log(a) + (1 - y) * log(1 - a)))",
        targets=PROBABILITIES,
        outputs="sigmoid",
        keras="BinaryFocalCrossentropy",
        examples=(
            {"from_logits": True},
            {"label_smoothing": 0.1},
            {"gamma": 1.5},
            {"apply_class_balancing": True, "alpha": 0.3},
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_focus(self, self.alpha, self.gamma)
        _check_smoothing(self, self.label_smoothing)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return mean (1 - p)^gamma times the binary cross-entropy."""
        soft = smoothed(targets, self.label_smoothing, 2)
        yes = sigmoid(outputs) if self.from_logits else outputs
        doubt = 1.0 - (soft * yes + (1.0 - soft) * (1.0 - yes))
        entropies = power(doubt, self.gamma) * _binary_entropies(soft, outputs, self.from_logits)
        if self.apply_class_balancing:
            entropies = (soft * self.alpha + (1.0 - soft) * (1.0 - self.alpha)) * entropies
        return over_samples(entropies)

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a sigmoid's."""
        _check_yes_or_no(self.name, activation, self.from_logits)


@dataclass(frozen=True)
class CategoricalFocalCrossentropy(ReducedLoss):
    """Cross-entropy of classes times alpha (1 - a)^gamma; Lin et al. (2017), as Keras, which clips a.

    Args:
        alpha: weight of every class.
        gamma: how much less the well known counts.
        from_logits: outputs are raw scores z, with a = softmax(z).
        label_smoothing: s in y (1 - s) + s / classes, which stands in place of y.
        reduction: how the losses of samples become one number.
    """

    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_focal_crossentropy"
    statement: ClassVar[Statement] = Statement(
        "-sum(alpha * (1 - a)^gamma * y * log(a))",
        targets=CLASSES,
        outputs="softmax",
        keras="CategoricalFocalCrossentropy",
        examples=({"from_logits": True}, {"label_smoothing": 0.1}, {"alpha": 0.5, "gamma": 1.5}),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_focus(self, self.alpha, self.gamma)
        _check_smoothing(self, self.label_smoothing)

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return -sum alpha (1 - a)^gamma y log a."""
        soft = smoothed(targets, self.label_smoothing, targets.shape[-1])
        given = softmax(outputs) if self.from_logits else outputs
        focus = self.alpha * power(1.0 - given, self.gamma)
        return over_samples(total(focus * _class_entropies(soft, outputs, self.from_logits), -1))

    def check_output(self, outputs: TensorType, activation: str) -> None:
        """Check that the output is a softmax of several units."""
        _check_classes(self.name, outputs, activation, self.from_logits)
