"""Lessons and the figures that they show, as rows."""
