"""Regularizers for Keras' line `from tiza.regularizers import ...`: those of `tiza.nn.regularizers`."""

from tiza.nn.regularizers import *  # noqa: F403
