"""Data: the data sets that ship with Tiza, and what prepares data for training."""

from tiza.data.encoding import one_hot as one_hot
