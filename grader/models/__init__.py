"""Real networks for lessons and exercises: fetched by hash, converted once, read by all runs.

`whybox_models` is the library that notebooks import; the rest makes the files that it reads.
"""
