"""Quizzes: questions, drawn numbers, grading, attempts."""
