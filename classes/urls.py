"""Addresses of the pages of classes."""

from django.urls import URLPattern, path

from classes.pages import (
    analysis,
    announcements,
    home,
    joining,
    lms,
    making,
    marks,
    moderation,
    regrades,
    reviewing,
    roster,
    schedule,
    submissions,
)

app_name = "classes"
urlpatterns: list[URLPattern] = [
    path("classes/", making.classes, name="classes"),
    path("classes/new/", making.new, name="new"),
    path("classes/join/", joining.join, name="join"),
    path("classes/join/<slug:code>/", joining.join_link, name="join_link"),
    path("classes/invitations/<str:key>/", joining.invitation, name="invitation"),
    path("classes/calendars/<str:feed_key>.ics", home.calendar, name="calendar"),
    path("classes/<uuid:key>/", home.home, name="home"),
    path("classes/<uuid:key>/preview/", home.preview, name="preview"),
    path("classes/<uuid:key>/reminders/", home.reminders, name="reminders"),
    path("classes/<uuid:key>/calendar/", home.new_feed, name="new_feed"),
    path("classes/<uuid:key>/leave/", joining.leave, name="leave"),
    path("classes/<uuid:key>/gradebook/", marks.marks, name="gradebook"),
    path("classes/<uuid:key>/gradebook/<slug:shape>/", marks.marks_file, name="gradebook_file"),
    path("classes/<uuid:key>/progress/", marks.progress, name="progress"),
    path("classes/<uuid:key>/members/<uuid:member_key>/", marks.record, name="record"),
    path(
        "classes/<uuid:key>/members/<uuid:member_key>/parts/<int:part_pk>/", marks.cell, name="cell"
    ),
    path(
        "classes/<uuid:key>/members/<uuid:member_key>/parts/<int:part_pk>/withdraw/",
        marks.withdraw_override,
        name="withdraw",
    ),
    path("classes/<uuid:key>/submissions/", submissions.submissions, name="submissions"),
    path("classes/<uuid:key>/insight/", analysis.insight, name="insight"),
    path(
        "classes/<uuid:key>/insight/quizzes/<int:part_pk>/",
        analysis.quiz_figures,
        name="quiz_figures",
    ),
    path(
        "classes/<uuid:key>/insight/exercises/<int:part_pk>/",
        analysis.exercise_figures,
        name="exercise_figures",
    ),
    path("classes/<uuid:key>/insight/similar/<int:part_pk>/", analysis.similar, name="similar"),
    path(
        "classes/<uuid:key>/insight/similar/<int:part_pk>/compare/",
        analysis.compare,
        name="compare",
    ),
    path(
        "classes/<uuid:key>/insight/similar/<int:part_pk>/<uuid:first>/<uuid:second>/",
        analysis.pair,
        name="pair",
    ),
    path("classes/<uuid:key>/regrades/", regrades.regrades, name="regrades"),
    path("classes/<uuid:key>/regrades/<uuid:regrading_key>/", regrades.regrading, name="regrading"),
    path(
        "classes/<uuid:key>/regrades/<uuid:regrading_key>/decide/",
        regrades.decide,
        name="decide_regrading",
    ),
    path("classes/<uuid:key>/reviews/", reviewing.reviews, name="reviews"),
    path("classes/<uuid:key>/roster/", roster.roster, name="roster"),
    path("classes/<uuid:key>/roster/file/", roster.roster_file, name="roster_file"),
    path("classes/<uuid:key>/roster/add/", roster.add_member, name="add_member"),
    path("classes/<uuid:key>/roster/invite/", roster.invite, name="invite"),
    path("classes/<uuid:key>/roster/import/", roster.roster_import, name="roster_import"),
    path(
        "classes/<uuid:key>/roster/import/<uuid:pending_key>/",
        roster.roster_difference,
        name="roster_difference",
    ),
    path("classes/<uuid:key>/roster/<uuid:member_key>/", roster.member, name="member"),
    path(
        "classes/<uuid:key>/roster/<uuid:member_key>/presence/",
        roster.drop_member,
        name="drop_member",
    ),
    path("classes/<uuid:key>/schedule/", schedule.schedule, name="schedule"),
    path("classes/<uuid:key>/extensions/", schedule.extensions, name="extensions"),
    path(
        "classes/<uuid:key>/extensions/import/",
        schedule.extensions_import,
        name="extensions_import",
    ),
    path(
        "classes/<uuid:key>/extensions/import/<uuid:pending_key>/",
        schedule.extensions_difference,
        name="extensions_difference",
    ),
    path(
        "classes/<uuid:key>/extensions/<int:pk>/revoke/",
        schedule.revoke_extension,
        name="revoke_extension",
    ),
    path("classes/<uuid:key>/announcements/", announcements.announcements, name="announcements"),
    path("classes/<uuid:key>/moderation/", moderation.moderation, name="moderation"),
    path("classes/<uuid:key>/changes/", making.audit, name="audit"),
    path("classes/<uuid:key>/settings/", making.settings, name="settings"),
    path("classes/<uuid:key>/lms/", lms.lms, name="lms"),
    path("classes/<uuid:key>/settings/code/", making.replace_code, name="replace_code"),
    path("classes/<uuid:key>/settings/archive/", making.archive, name="archive"),
    path("classes/<uuid:key>/settings/reopen/", making.reopen, name="reopen"),
    path("classes/<uuid:key>/copy/", making.copy, name="copy"),
]
