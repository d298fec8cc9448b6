"""The native engine: a graph compiled to machine code for this processor, through LLVM."""
