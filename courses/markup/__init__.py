"""Markdown to safe HTML: parsing, formulas, figures, sanitising; knows no course, no database."""
