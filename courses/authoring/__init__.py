"""What authors of content are helped with: measures of what they wrote, and what to mend in it."""
