"""Privacy: what the site keeps of a person, the export of all of it, and its erasure."""
