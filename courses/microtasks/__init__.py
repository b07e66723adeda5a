"""Micro-tasks of lessons: predict, find the fault, complete the line, defend."""
