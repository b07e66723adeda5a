"""Simulated learners: replayed against the grader to count what it gets wrong."""
