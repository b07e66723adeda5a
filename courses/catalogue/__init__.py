"""What is taught: files become rows (paths, courses, lessons, quizzes, the reading list)."""
