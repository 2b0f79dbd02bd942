"""What a test found, as text, JSON and CSV."""
