"""Certificates: issued once, shown to anyone, revocable."""
