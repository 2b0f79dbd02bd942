"""From the statistics of replicates to a p-value."""
