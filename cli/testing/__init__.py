"""From a request to findings: the one door through which commands test a sample."""
