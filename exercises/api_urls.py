"""Addresses of the exercises API."""

from django.urls import URLPattern, URLResolver, include, path

from exercises.api import drafts, lists, runs, views

own_draft: list[URLPattern] = [
    path("history/<int:version>/", drafts.VersionView.as_view(), name="draft-version"),
    path("restore/", drafts.RestoreView.as_view(), name="draft-restore"),
    path("reset/", drafts.ResetView.as_view(), name="draft-reset"),
    path("upload/", drafts.UploadView.as_view(), name="draft-upload"),
    path("notebook/", drafts.NotebookView.as_view(), name="draft-notebook"),
    path("submit/", drafts.SubmitView.as_view(), name="draft-submit"),
    path("submissions/<uuid:pk>/", drafts.SubmissionProgressView.as_view(), name="draft-progress"),
]
draft: list[URLPattern] = [
    path("", drafts.CurrentView.as_view(), name="draft"),
    path("history/", drafts.HistoryView.as_view(), name="draft-history"),
    path("runs/", runs.RunsView.as_view(), name="draft-runs"),
    path("runs/<uuid:pk>/", runs.RunView.as_view(), name="draft-run"),
    path("runs/<uuid:pk>/interrupt/", runs.InterruptView.as_view(), name="draft-interrupt"),
    path("complete/", runs.CompleteView.as_view(), name="draft-complete"),
    path("inspect/", runs.InspectView.as_view(), name="draft-inspect"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("exercises/<slug:slug>/draft/", include(draft)),
    path("exercises/<slug:slug>/draft/", include(own_draft)),
    path(
        "lessons/<slug:course>/<slug:lesson>/draft/",
        include((draft, "lesson-draft"), namespace="lesson-draft"),
    ),
    path("exercises/", lists.ExercisesView.as_view(), name="exercises"),
    path("submissions/", lists.OwnSubmissionsView.as_view(), name="submissions"),
    path("exercises/<slug:slug>/", views.ExerciseView.as_view(), name="exercise"),
    path("exercises/<slug:slug>/starter/", views.StarterView.as_view(), name="exercise-starter"),
    path(
        "exercises/<slug:slug>/submissions/",
        views.SubmissionsView.as_view(),
        name="exercise-submissions",
    ),
    path("submissions/<uuid:pk>/", views.SubmissionView.as_view(), name="submission"),
    path(
        "submissions/<uuid:pk>/notebook/", views.ExecutedView.as_view(), name="submission-notebook"
    ),
]
