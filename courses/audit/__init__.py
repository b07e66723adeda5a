"""Who changed what on the site as a whole: roles, and what moderators did."""
