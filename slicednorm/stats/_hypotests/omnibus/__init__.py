"""The smallest p-value of a few tests, calibrated as a statistic of its own."""
