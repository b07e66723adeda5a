"""Pages: exercises and submissions, reviews, the status of the workers."""
