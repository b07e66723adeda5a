"""Backups of a whole site, and restoring one."""
