"""Commands of classes."""
