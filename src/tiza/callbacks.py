"""Callbacks for Keras' line `from tiza.callbacks import ...`: those of `tiza.training.callbacks`."""

from tiza.training.callbacks import *  # noqa: F403
