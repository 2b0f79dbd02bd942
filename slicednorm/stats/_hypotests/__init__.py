"""The tests of a sample, a room each, and many of them at once."""
