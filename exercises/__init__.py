"""A submission's life: upload, queue, grade, feedback."""
