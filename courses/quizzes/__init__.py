"""Quizzes: questions, draws, marking, attempts."""
