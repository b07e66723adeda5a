"""Submissions whose code is alike: a list to look at side by side, never a verdict."""
