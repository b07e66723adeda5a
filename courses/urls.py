"""Addresses of the courses pages."""

from django.urls import URLPattern, path

from courses.lessons import pages as lessons

app_name = "courses"
urlpatterns: list[URLPattern] = [
    path("figures/<slug:digest>/<str:name>", lessons.figure, name="figure"),
]
