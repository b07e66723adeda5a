"""Who learns here: accounts, sign-in, settings."""
