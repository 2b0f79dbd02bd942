"""The five sliced autoencoders of arXiv 1901.10417 and what they are compared with: trained, encoded, judged."""
