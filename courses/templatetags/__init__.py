"""Words that templates of courses use."""
