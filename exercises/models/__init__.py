"""The tables, one module per subject.

Each rule that a submission must never break is a constraint here: no code path can break it.
"""

from exercises.models.draft import (
    Draft,
    DraftRun,
    DraftRunQuerySet,
    DraftVersion,
    EditorQuestion,
    Reason,
    RunEvents,
    RunState,
    RunWorker,
    RunWorkerQuerySet,
)
from exercises.models.exercise import Exercise, ExerciseQuerySet
from exercises.models.review import Review
from exercises.models.solution import ModelSolution
from exercises.models.submission import (
    UNFINISHED,
    DiagnosisAnswer,
    Stage,
    State,
    Submission,
    SubmissionFiles,
    SubmissionQuerySet,
    VariantMatch,
)
from exercises.models.worker import Worker, WorkerQuerySet

__all__ = [
    "UNFINISHED",
    "DiagnosisAnswer",
    "Draft",
    "DraftRun",
    "DraftRunQuerySet",
    "DraftVersion",
    "EditorQuestion",
    "Exercise",
    "ExerciseQuerySet",
    "ModelSolution",
    "Reason",
    "Review",
    "RunEvents",
    "RunState",
    "RunWorker",
    "RunWorkerQuerySet",
    "Stage",
    "State",
    "Submission",
    "SubmissionFiles",
    "SubmissionQuerySet",
    "VariantMatch",
    "Worker",
    "WorkerQuerySet",
]
