"""What a class's answers and submissions say about its questions, exercises and learners."""
