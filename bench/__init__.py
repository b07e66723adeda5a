"""Measurements: never tests, always ratios side by side in one run."""
