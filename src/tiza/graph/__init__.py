"""What a computation is: types, primitives, nodes, provenance, tracing, printing, verification."""
