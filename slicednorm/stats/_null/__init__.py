"""What a sample is compared with: normal rows, and the null distributions of sliced statistics."""
