"""Template tags of classes."""
