"""Exercise folders (exercise.yaml, review.yaml) become rows."""
