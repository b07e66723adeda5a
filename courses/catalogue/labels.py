"""Values as words in the visitor's language: times, topics, careers, levels."""

from __future__ import annotations

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from courses.catalogue.models import Career, Level

MINUTES_PER_HOUR = 60

_ACRONYMS = {"shap": "SHAP", "lime": "LIME", "ale": "ALE", "pdp": "PDP", "ice": "ICE", "nlp": "NLP"}


def duration(minutes: int) -> str:
    """Return minutes as words: “45 min”, “3 h 20 min”."""
    hours, rest = divmod(int(minutes), MINUTES_PER_HOUR)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def breakable(text: str) -> SafeString:
    """Return a long name, such as an address, with line breaks allowed after / and -."""
    return mark_safe(re.sub("([/-])", r"\1<wbr>", escape(text)))  # noqa: S308  # escaped here


def language_in_words(code: str) -> str:
    """Return what a text in another language is marked with: “In English”."""
    name = get_language_info(code)["name_translated"]
    return _("In %(language)s") % {"language": name}


def topic_title(slug: str) -> str:
    """Return a topic's slug as words, translated where there is a translation."""
    words = slug.replace("-", " ")
    words = " ".join(_ACRONYMS.get(word, word) for word in words.split())
    return pgettext("topic", words[:1].upper() + words[1:])


def career_title(slug: str) -> str:
    """Return a career's name."""
    return str(Career(slug).label)


def level_title(slug: str) -> str:
    """Return a level's name."""
    return str(Level(slug).label)
