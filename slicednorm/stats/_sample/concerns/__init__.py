"""What about the rows of a sample may mislead a test: values in steps, repeated rows, an order, columns that add up."""
