"""What is taught, what a learner has achieved, and the certificates for it."""
