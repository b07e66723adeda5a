"""The API of exercises and submissions."""
