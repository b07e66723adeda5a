"""The search index, rebuilt from the rows after a load; `courses.catalogue.search` queries it."""

from __future__ import annotations

from django.db import connection
from django.utils.html import strip_tags

from courses.models import Course, Lesson, Translation


def rebuild() -> None:
    """Rebuild the search index from the rows of courses, lessons and translations."""
    entries = []
    for course in Course.objects.filter(withdrawn=False):
        skills = " ".join(course.skills)
        body = f"{course.summary} {strip_tags(course.description_html)} {skills}"
        entries.append((course.subject, course.language, course.title, body))
    lessons = Lesson.objects.filter(part__isnull=False, course__withdrawn=False)
    for lesson in lessons.select_related("course"):
        body = f"{lesson.summary} {lesson.text}"
        entries.append((lesson.subject, lesson.course.language, lesson.title, body))
    known = {subject for subject, *_rest in entries}
    for row in Translation.objects.filter(subject__in=known):
        fields = row.fields
        if "title" in fields:
            body = " ".join(fields.get(key, "") for key in ("summary", "text"))
            entries.append((row.subject, row.language, fields["title"], body))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_search")
        cursor.executemany(
            "INSERT INTO courses_search (subject, language, title, body) VALUES (%s, %s, %s, %s)",
            entries,
        )
