"""Addresses of the courses API."""

from django.urls import URLPattern, path

from courses.api import views as api

urlpatterns: list[URLPattern] = [
    path("auth/token/", api.TokenView.as_view(), name="token"),
    path("courses/", api.CoursesView.as_view(), name="courses"),
    path("courses/<slug:slug>/", api.CourseView.as_view(), name="course"),
    path("courses/<slug:slug>/enrolment/", api.EnrolmentView.as_view(), name="enrolment"),
    path(
        "lessons/<slug:course>/<slug:lesson>/completion/",
        api.LessonCompletionView.as_view(),
        name="lesson-completion",
    ),
    path("quizzes/<slug:course>/<slug:lesson>/", api.QuizView.as_view(), name="quiz"),
    path(
        "quizzes/<slug:course>/<slug:lesson>/attempts/",
        api.AttemptsView.as_view(),
        name="quiz-attempts",
    ),
    path("certificates/<uuid:key>/", api.CertificateView.as_view(), name="certificate"),
]
