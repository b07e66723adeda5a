"""Addresses of the courses API."""

from django.urls import URLPattern, path

from courses.api import accounts, catalogue, certificates, learners, microtasks, quizzes

urlpatterns: list[URLPattern] = [
    path("auth/token/", accounts.TokenView.as_view(), name="token"),
    path("courses/", catalogue.CoursesView.as_view(), name="courses"),
    path("courses/<slug:slug>/", catalogue.CourseView.as_view(), name="course"),
    path("courses/<slug:slug>/enrolment/", learners.EnrolmentView.as_view(), name="enrolment"),
    path(
        "lessons/<slug:course>/<slug:lesson>/completion/",
        learners.LessonCompletionView.as_view(),
        name="lesson-completion",
    ),
    path(
        "lessons/<slug:course>/<slug:lesson>/tasks/",
        microtasks.TasksView.as_view(),
        name="lesson-tasks",
    ),
    path(
        "lessons/<slug:course>/<slug:lesson>/tasks/<slug:task>/",
        microtasks.TaskView.as_view(),
        name="lesson-task",
    ),
    path("quizzes/<slug:course>/<slug:lesson>/", quizzes.QuizView.as_view(), name="quiz"),
    path(
        "quizzes/<slug:course>/<slug:lesson>/attempts/",
        quizzes.AttemptsView.as_view(),
        name="quiz-attempts",
    ),
    path("certificates/<uuid:key>/", certificates.CertificateView.as_view(), name="certificate"),
    path(
        "certificates/<uuid:key>/facts/",
        certificates.CertificateFactsView.as_view(),
        name="certificate-facts",
    ),
]
