"""Rosters as files: read, compared, shown as a difference, then written as a whole."""
