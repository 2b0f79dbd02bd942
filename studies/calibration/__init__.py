"""Whether the ways to a p-value hold."""
