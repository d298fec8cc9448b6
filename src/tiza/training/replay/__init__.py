"""Replay: what training keeps so that any of its steps can be taken again, bit for bit."""
