"""Addresses of the courses pages."""

from django.urls import URLPattern, path

from courses.pages import (
    accounts,
    audit,
    catalogue,
    certificates,
    discussion,
    figures,
    learners,
    lessons,
    microtasks,
    privacy,
    quizzes,
    reviews,
)

app_name = "courses"
urlpatterns: list[URLPattern] = [
    path("", catalogue.home, name="home"),
    path("paths/<slug:slug>/", catalogue.path, name="path"),
    path("reading/", catalogue.reading, name="reading"),
    path("dashboard/", learners.dashboard, name="dashboard"),
    path("review/", reviews.review, name="review"),
    path("kept/", learners.kept, name="kept"),
    path("profile/", accounts.profile, name="profile"),
    path("profile/token/", accounts.token, name="token"),
    path("profile/erase/", accounts.erase_account, name="erase"),
    path("profile/data/", privacy.data, name="data"),
    path("profile/data/<uuid:key>.zip", privacy.download, name="data_file"),
    path("staff/changes/", audit.changes, name="changes"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("courses/", catalogue.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", catalogue.course, name="course"),
    path("courses/<slug:slug>/enrol/", learners.enrol, name="enrol"),
    path("courses/<slug:slug>/start/", learners.start, name="start"),
    path("courses/<slug:slug>/leave/", learners.leave, name="leave"),
    path("courses/<slug:slug>/rating/", learners.rating, name="rating"),
    path("courses/<slug:course>/<slug:lesson>/", lessons.lesson, name="lesson"),
    path("courses/<slug:course>/<slug:lesson>/complete/", lessons.complete, name="complete"),
    path("courses/<slug:course>/<slug:lesson>/quiz/", quizzes.quiz, name="quiz"),
    path("courses/<slug:course>/<slug:lesson>/tasks/<slug:task>/", microtasks.task, name="task"),
    path("courses/<slug:course>/<slug:lesson>/bookmark/", learners.bookmark, name="bookmark"),
    path("courses/<slug:course>/<slug:lesson>/note/", learners.note, name="note"),
    path(
        "courses/<slug:course>/<slug:lesson>/discussion/",
        discussion.lesson_discussion,
        name="lesson_discussion",
    ),
    path(
        "exercises/<slug:slug>/discussion/",
        discussion.exercise_discussion,
        name="exercise_discussion",
    ),
    path("questions/<uuid:key>/", discussion.question, name="question"),
    path("posts/<uuid:key>/", discussion.change, name="post"),
    path("certificates/<uuid:key>/", certificates.certificate, name="certificate"),
    path("certificates/<uuid:key>.pdf", certificates.pdf, name="certificate_pdf"),
    path("certificates/<uuid:key>/name/", certificates.name, name="certificate_name"),
    path("figures/<slug:digest>/<str:name>", figures.figure, name="figure"),
]
