"""Compiling content files into rows and checking them: used by commands, never by a request."""
