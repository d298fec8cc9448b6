"""What losses are called in words; a loss of somebody's own keeps its name."""

from __future__ import annotations

from tiza.language import translatable, translate

_NAMES = (
    translatable("quadratic"),
    translatable("half_squared_error"),
    translatable("sum_squared_error"),
    translatable("mean_squared_error"),
    translatable("mean_absolute_error"),
    translatable("mean_absolute_percentage_error"),
    translatable("mean_squared_logarithmic_error"),
    translatable("huber"),
    translatable("log_cosh"),
    translatable("cosine_similarity"),
    translatable("binary_crossentropy"),
    translatable("summed_binary_crossentropy"),
    translatable("binary_focal_crossentropy"),
    translatable("categorical_crossentropy"),
    translatable("categorical_focal_crossentropy"),
    translatable("sparse_categorical_crossentropy"),
    translatable("kl_divergence"),
    translatable("poisson"),
    translatable("hinge"),
    translatable("squared_hinge"),
    translatable("categorical_hinge"),
)
JOINED = " + "
"""Stands between the names of losses that are added."""


def loss_words(names: str) -> str:
    """Return the names of one loss, or of several that are added, in the current language.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("es"):
        ...     loss_words("mean_squared_error + own")
        'error cuadrático medio + own'
    """
    return JOINED.join(translate(one) if one in _NAMES else one for one in names.split(JOINED))
