"""What a sample is compared with: normal rows, and the null distribution of sliced statistics."""
