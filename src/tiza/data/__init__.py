"""Data: the data sets that ship with Tiza, and what prepares data for training."""
