"""A report of one sample, or of two beside each other, as one HTML file that needs nothing else."""
