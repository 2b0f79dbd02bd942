"""Several statistics judged as one test: by the ranks that each has in one pool of the sample and its replicates."""
