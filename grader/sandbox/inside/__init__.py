"""What runs behind the walls: the fork server and the runner of one notebook.

This package is mounted by itself into the sandbox, so it imports nothing else of the project. The
host imports only its pure parts: `frames` and `bounds`.
"""
