"""Kills the site's processes at random while learners work, then counts what was lost or doubled.

``python -m bench.chaos [--seconds 600] [--embedded]`` starts a site of its own, on PostgreSQL and
Redis of its own or on the embedded database and broker, and exits 1 when the final count is wrong.
"""
