"""Grades each notebook in a child process with limits, so that its death costs one submission.

Whatever reads bytes that a learner controls (frames, outputs, answers, the executed notebook) and
the author's code that marks them run in the child. The caller only starts isolated processes for
it, and stores what comes back. The child is warm, serves one job at a time, and is replaced after
a number of jobs or when it dies.
"""

from grader.grading_process.processes import GradingProcesses

__all__ = ["GradingProcesses"]
