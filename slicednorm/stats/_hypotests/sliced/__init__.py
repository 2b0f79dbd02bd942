"""The sliced tests: the result, the tests, and the statistic alone."""
