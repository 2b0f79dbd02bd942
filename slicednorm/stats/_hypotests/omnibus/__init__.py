"""Several tests that see different things, judged as one test."""
