"""Addresses of the exercises API."""

from django.urls import URLPattern, path

from exercises.api import views

urlpatterns: list[URLPattern] = [
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
