"""Classes: a roster, a schedule, and marks that are derived from what learners did."""
