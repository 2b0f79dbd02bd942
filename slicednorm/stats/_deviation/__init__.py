"""After the verdict: where a sample deviates, how, and how much."""
