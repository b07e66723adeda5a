"""Exercises: catalogue, submissions, feedback, reviews, pages and API."""
