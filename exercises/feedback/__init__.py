"""What a finished submission shows: messages, the plot, the executed notebook."""
