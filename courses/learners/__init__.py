"""What belongs to one learner: enrolment, progress, bookmarks, notes, ratings, account deletion."""
