"""What runs inside the sandbox: the fork server and the runner of one notebook.

Only this package is mounted into the sandbox, so it imports nothing else of the project. The host
imports only its pure modules: `frames`, `bounds` and `descriptors`.
"""
