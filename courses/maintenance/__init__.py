"""Maintenance mode: the site answers staff only, while operators work on it."""
