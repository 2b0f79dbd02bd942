"""What the machine has to do with it: threads, BLAS, memory, files."""
