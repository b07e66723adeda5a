"""Run a notebook in isolation and mark what it explains: a library with a command line."""
