"""Losses for Keras' line `from tiza.losses import ...`: those of `tiza.nn.losses`."""

from tiza.nn.losses import *  # noqa: F403
