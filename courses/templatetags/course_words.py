"""Template filters of the courses: the labels of the catalogue."""

from django import template

from courses.catalogue.labels import breakable, career_title, duration, level_title, topic_title

register = template.Library()

for _filter in (breakable, career_title, duration, level_title, topic_title):
    register.filter(_filter)
