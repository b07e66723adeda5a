"""The tag that brings the first lesson's picture: {% opening_still as still %}."""

from django import template

from courses.lessons.openings import opening_still

register = template.Library()
register.simple_tag(opening_still)
