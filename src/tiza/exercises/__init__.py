"""Exercises: networks with friendly numbers, asked for and solved, a variant for each student."""
