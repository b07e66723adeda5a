"""Regrading from the browser: asked for, shown as a difference, decided, written by a worker."""
