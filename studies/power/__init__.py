"""How often each test of the composite null rejects samples that are not normal."""
