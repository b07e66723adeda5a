"""Addresses of the API of classes."""

from django.urls import URLPattern, path

from classes.api import views

urlpatterns: list[URLPattern] = [
    path("classes/", views.ClassesView.as_view(), name="classes"),
    path("classes/<uuid:key>/schedule/", views.ScheduleView.as_view(), name="class-schedule"),
    path("classes/<uuid:key>/record/", views.OwnRecordView.as_view(), name="class-record"),
    path("classes/<uuid:key>/members/", views.RosterView.as_view(), name="class-members"),
    path("classes/<uuid:key>/moderation/", views.ModerationView.as_view(), name="class-moderation"),
    path("classes/<uuid:key>/gradebook/", views.GradebookView.as_view(), name="class-gradebook"),
    path("classes/<uuid:key>/extensions/", views.ExtensionsView.as_view(), name="class-extensions"),
    path(
        "classes/<uuid:key>/members/<uuid:member_key>/parts/<int:part_pk>/override/",
        views.OverrideView.as_view(),
        name="class-override",
    ),
]
