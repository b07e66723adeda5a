"""What a class's answers and submissions say about the questions and exercises, and about itself."""
