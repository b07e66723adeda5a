"""The tags that draw on a page: {% illustration "empty" %}, and {% motif course.slug %}."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from courses.catalogue.illustrations import COURSES, STATES, illustration
from courses.certificates.badges import themed_motif_of

register = template.Library()
register.simple_tag(illustration)


@register.simple_tag
def illustration_names() -> tuple[str, ...]:
    """Return the names of all drawings, for the style guide."""
    return (*COURSES, *STATES)


@register.simple_tag
def motif(slug: str) -> SafeString:
    """Return a course's motif, the sign of its badge, in the colours of the page."""
    return format_html(
        '<svg class="motif" viewBox="0 0 200 204" aria-hidden="true">{}</svg>',
        mark_safe(themed_motif_of(slug)),  # noqa: S308  # drawn by the repository's own code
    )
