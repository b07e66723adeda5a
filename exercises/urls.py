"""Addresses of the exercises pages."""

from django.urls import URLPattern, path

from exercises import review_views, views

app_name = "exercises"
urlpatterns: list[URLPattern] = [
    path("exercises/<slug:slug>/", views.exercise, name="exercise"),
    path("exercises/<slug:slug>/starter/", views.starter, name="starter"),
    path("exercises/<slug:slug>/submit/", views.submit, name="submit"),
    path("submissions/<uuid:pk>/", views.submission, name="submission"),
    path("submissions/<uuid:pk>/notebook/", views.executed, name="executed"),
    path("submissions/<uuid:pk>/diagnosis/", views.diagnosis, name="diagnosis"),
    path("reviews/", review_views.reviews, name="reviews"),
    path("reviews/<uuid:pk>/", review_views.review, name="review"),
    path("reviews/<uuid:pk>/notebook/", review_views.handed_in, name="handed_in"),
    path("status/", views.status, name="status"),
]
