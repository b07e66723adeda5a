"""The tag that puts an illustration on a page: {% illustration "empty" %}."""

from django import template

from courses.catalogue.illustrations import COURSES, STATES, illustration

register = template.Library()
register.simple_tag(illustration)


@register.simple_tag
def illustration_names() -> tuple[str, ...]:
    """Return the names of all drawings, for the style guide."""
    return (*COURSES, *STATES)
