"""The catalogue: paths, courses, their parts and translations, the reading list, search."""
