"""What depends on the machine: threads, BLAS, memory, files."""
