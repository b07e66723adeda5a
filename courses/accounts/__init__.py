"""Accounts: users, their settings, demo accounts."""
