"""What a command meets a user with: errors, progress, warnings, files that are written whole."""
