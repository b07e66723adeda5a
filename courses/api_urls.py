"""Addresses of the courses API."""

from django.urls import URLPattern, path

from courses.api import (
    accounts,
    catalogue,
    certificates,
    discussion,
    learners,
    microtasks,
    moderation,
    quizzes,
)

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
    path(
        "lessons/<slug:course>/<slug:lesson>/questions/",
        discussion.LessonQuestionsView.as_view(),
        name="lesson-questions",
    ),
    path(
        "exercises/<slug:slug>/questions/",
        discussion.ExerciseQuestionsView.as_view(),
        name="exercise-questions",
    ),
    path("questions/<uuid:key>/", discussion.ThreadView.as_view(), name="thread"),
    path("questions/<uuid:key>/answers/", discussion.AnswersView.as_view(), name="answers"),
    path("questions/<uuid:key>/following/", discussion.FollowView.as_view(), name="following"),
    path("questions/<uuid:key>/closing/", moderation.ClosingView.as_view(), name="closing"),
    path("posts/<uuid:key>/", discussion.PostView.as_view(), name="post"),
    path("posts/<uuid:key>/acceptance/", discussion.AcceptanceView.as_view(), name="acceptance"),
    path("posts/<uuid:key>/reports/", discussion.ReportsView.as_view(), name="reports"),
    path("posts/<uuid:key>/reports/outcome/", moderation.OutcomeView.as_view(), name="outcome"),
    path("posts/<uuid:key>/hiding/", moderation.HidingView.as_view(), name="hiding"),
    path("posts/<uuid:key>/warnings/", moderation.WarnView.as_view(), name="warn"),
    path("posts/<uuid:key>/history/", moderation.HistoryView.as_view(), name="history"),
    path("moderation/", moderation.InboxView.as_view(), name="moderation"),
    path("moderation/changes/", moderation.ChangesView.as_view(), name="moderation-changes"),
    path("warnings/", moderation.OwnWarningsView.as_view(), name="warnings"),
    path("warnings/<uuid:key>/reading/", moderation.WarningReadView.as_view(), name="warning-read"),
    path("roles/", moderation.RolesView.as_view(), name="roles"),
    path("certificates/<uuid:key>/", certificates.CertificateView.as_view(), name="certificate"),
    path(
        "certificates/<uuid:key>/facts/",
        certificates.CertificateFactsView.as_view(),
        name="certificate-facts",
    ),
]
