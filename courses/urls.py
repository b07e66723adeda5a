"""Addresses of the courses pages."""

from django.urls import URLPattern

app_name = "courses"
urlpatterns: list[URLPattern] = []
