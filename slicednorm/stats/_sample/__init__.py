"""What a user passes, checked: rows, and what they are standardised by."""
