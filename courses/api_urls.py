"""Addresses of the courses API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
