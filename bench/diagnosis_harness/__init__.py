"""Measure the diagnosis on notebooks: small edits of a solution, graded as the site grades."""
