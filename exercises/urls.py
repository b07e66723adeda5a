"""Addresses of the exercises pages."""

from django.urls import URLPattern, path

from exercises.pages import command_line, exercises, operations, reviews, status, workbench

app_name = "exercises"
urlpatterns: list[URLPattern] = [
    path("exercises/<slug:slug>/", exercises.exercise, name="exercise"),
    path("exercises/<slug:slug>/starter/", exercises.starter, name="starter"),
    path("exercises/<slug:slug>/solution/", exercises.solution, name="solution"),
    path("exercises/<slug:slug>/notebook/", workbench.notebook, name="notebook"),
    path("exercises/<slug:slug>/submit/", exercises.submit, name="submit"),
    path("submissions/<uuid:pk>/", exercises.submission, name="submission"),
    path("submissions/<uuid:pk>/notebook/", exercises.executed, name="executed"),
    path("certificates/<uuid:key>/projects/<uuid:pk>/", exercises.evidence, name="evidence"),
    path("submissions/<uuid:pk>/diagnosis/", exercises.diagnosis, name="diagnosis"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
    path("reviews/<uuid:pk>/notebook/", reviews.submitted_notebook, name="submitted_notebook"),
    path("cli/", command_line.page, name="command_line"),
    path("cli/whybox.pyz", command_line.download, name="command_line_file"),
    path("status/", status.status, name="status"),
    path("operations/", operations.operations, name="operations"),
]
