"""The direction of a sample along which a contrast is largest: what is searched for, where from, and how."""
