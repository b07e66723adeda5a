"""Questions and answers beside lessons and exercises."""
