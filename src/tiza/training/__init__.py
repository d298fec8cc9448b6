"""Training: the step as one graph, the order of rows, the loop with its events, history."""
