"""What was done to a table, in the reader's language."""

from __future__ import annotations

from tiza.data.tables import SENTENCES, Announcement
from tiza.language import translatable, translate

MESSAGES = (
    translatable("{column}: number, standardized: less {mean:.6g}, divided by {deviation:.6g}."),
    translatable("{column}: {count} categories ({categories}), one-hot encoded."),
    translatable("{column}: yes or no; {no} is 0, {yes} is 1."),
    translatable("{column}: gaps ({count}) filled with the median, {value:.6g}."),
    translatable("{column}: a further feature is 1 where there was a gap."),
    translatable("{column}: gaps ({count}) are a category of their own."),
    translatable("{column}: the {kept} most frequent categories are kept, {joined} others are one."),
    translatable("{column}: its numbers only count the rows; leave it out if it is no measurement."),
    translatable("{column}: left out, every cell is {value}."),
    translatable("{column}: left out, it has no cells."),
    translatable("{column}: left out, as asked."),
    translatable("{column}: target, a number (regression)."),
    translatable(
        "{column}: target, a number (regression), standardized: less {mean:.6g}, divided by {deviation:.6g}."
    ),
    translatable("{column}: target, {count} classes ({classes})."),
    translatable(
        "{column}: its few whole numbers are taken for classes; task='regression' takes them for quantities."
    ),
    translatable("{column}: rows without a target ({count}) left out."),
)
"""The sentences of `tiza.data.tables`, where the catalogue finds them: rooms below know no language."""


def worded(announcement: Announcement) -> str:
    """Return an announcement as a sentence.

    Example:
        >>> from tiza.data.tables.announcements import announce
        >>> from tiza.language import use_language
        >>> with use_language("es"):
        ...     worded(announce("dropped_as_asked", "id"))
        'id: se deja fuera, como se pidió.'
    """
    return translate(SENTENCES[announcement.kind], **announcement.values)
