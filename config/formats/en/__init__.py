"""English, read all over the world."""
