"""From upload to grade: the state machine, its queue, and the workers that grade."""
