"""Formats for English, for readers from any country."""
