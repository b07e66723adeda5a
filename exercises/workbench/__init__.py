"""Working on a notebook in the browser: drafts, runs, and what an editor asks.

The web process stores and queues; a worker for runs executes, and makes outputs that are bounded
and cleaned before they are stored. `docs/features/workbench-protocol.md` is the contract with the
page.
"""
