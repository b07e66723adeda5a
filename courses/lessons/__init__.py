"""Lessons: pages of a course, their figures and the code that they show."""
