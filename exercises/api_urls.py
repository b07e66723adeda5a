"""Addresses of the exercises API."""

from django.urls import URLPattern, path

from exercises import api

urlpatterns: list[URLPattern] = [
    path("exercises/<slug:slug>/", api.ExerciseView.as_view(), name="exercise"),
    path("exercises/<slug:slug>/starter/", api.StarterView.as_view(), name="exercise-starter"),
    path(
        "exercises/<slug:slug>/submissions/",
        api.SubmissionsView.as_view(),
        name="exercise-submissions",
    ),
    path("submissions/<uuid:pk>/", api.SubmissionView.as_view(), name="submission"),
    path("submissions/<uuid:pk>/notebook/", api.ExecutedView.as_view(), name="submission-notebook"),
]
