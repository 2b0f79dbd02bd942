"""From directions to one statistic: directions, projections, distances, aggregate."""
