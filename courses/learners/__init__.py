"""What belongs to one learner: enrolments, completions, bookmarks, notes."""
