"""Template filters of the courses: the labels of the catalogue, the names of browsers."""

from django import template

from courses.accounts.browsers import browser_name
from courses.catalogue.labels import (
    breakable,
    career_title,
    duration,
    language_in_words,
    level_title,
    topic_title,
)

register = template.Library()

for _filter in (
    *(breakable, browser_name, career_title, duration),
    *(language_in_words, level_title, topic_title),
):
    register.filter(_filter)
