"""The test by the direction along which a sample is least normal."""
