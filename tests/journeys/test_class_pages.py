"""Every page of a class, full of a term's work: axe in both themes, nothing wider than a phone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from django.urls import reverse

from classes.urls import urlpatterns

if TYPE_CHECKING:
    from tests.journeys.live_site import Site, Visitor

pytestmark = pytest.mark.browser

PHONE: Final = {"width": 390, "height": 780}
DESKTOP: Final = {"width": 1280, "height": 860}
FILES: Final = {"calendar", "gradebook_file", "roster_file"}
"""Addresses that answer with a file."""
ASIDE: Final = {"join", "join_link", "invitation", "roster_difference", "extensions_difference"}
"""What takes a form only, is opened by a link of its own, or shows an upload: others come by."""
FACTS: Final = """
import json
from classes.models import *
from classes.term_of_work import fill, term_start
from courses.models import User
from exercises.models import Submission, VariantMatch
from courses.database import database_now
from django.utils import timezone
User.objects.filter(email={email!r}).update(is_staff=True, name="Ines Ort")
ines = User.objects.get(email={email!r})
klass = fill(instructor=ines, learners=40, parts=45, starts_on=term_start())
parts = list(klass.parts.scheduled())
quiz = next(p for p in parts if not p.is_exercise)
part = next(p for p in parts if p.slug == "treeshap-gradient-boosting")
found = Submission.objects.filter(
    exercise__slug=part.slug, user__memberships__klass=klass).order_by("pk")
rows = list({{one.user_id: one for one in found}}.values())
for row in rows[:3]:
    VariantMatch.objects.create(
        submission=row, run="visible", output="shap_values", variant="hidden-2", literal=True)
pairs = [[str(rows[0].pk), str(rows[1].pk), 0.82, 21], [str(rows[2].pk), str(rows[3].pk), 0.6, 9]]
Similarity.objects.create(
    klass=klass, subject=part.subject, pairs=pairs, compared=40, made_at=timezone.now())
low = [one for one in rows if one.score < 60]
lines = [dict(submission=str(one.pk), before=[one.score, one.passed],
    after=[one.score + 20, one.score + 20 >= 80], outcome="open") for one in low]
lines[0] |= dict(after=None, outcome="unreadable")
regrading = Regrading.objects.create(
    klass=klass, part=part, asked_by=ines, state="shown", same=30, lines=lines)
learner = Member.objects.get(klass=klass, user=low[1].user)
Override.objects.create(member=learner, part=part, points=70, reason="Shown in person",
    made_by=ines)
extension = klass.extensions.filter(revoked_at=None).first()
klass.announcements.create(author=ines, title="Office hours",
    body="On Tuesdays at ten.", html="<p>On Tuesdays at ten.</p>")
with open({file!r}, "w") as told:
    json.dump(dict(key=str(klass.pk), member_key=str(learner.pk), part_pk=part.pk,
        quiz_pk=quiz.pk, regrading_key=str(regrading.pk), first=pairs[0][0],
        second=pairs[0][1], pk=extension.pk), told)
"""


def filled_class(site: Site, email: str) -> dict[str, str | int]:
    """Fill a class of the site for an instructor; return the keys of what is in it."""
    file = site.folder / "class.json"
    site.run("manage.py", "shell", "-c", FACTS.format(email=email, file=str(file)))
    keys: dict[str, str | int] = json.loads(file.read_text())
    return keys


def pages(keys: dict[str, str | int]) -> dict[str, str]:
    """Return the address of each page of a class that is read, by its name."""
    found = {}
    for pattern in urlpatterns:
        view, name = pattern.callback, str(pattern.name)
        if "GET" not in getattr(view, "methods", ("GET",)) or name in FILES | ASIDE:
            continue
        wanted = {one: keys[one] for one in pattern.pattern.converters}
        if name == "quiz_figures":
            wanted["part_pk"] = keys["quiz_pk"]
        found[name] = reverse(f"classes:{name}", kwargs=wanted)
    return found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_of_a_class(visitor: Visitor, email: str, size: dict[str, int]) -> None:
    """Home, gradebook, insight, integrity, regrade, reviewers: no violation, nothing sideways."""
    visitor.arrive(email)
    visitor.page.set_viewport_size({"width": size["width"], "height": size["height"]})
    on_phone = size is PHONE
    addresses = pages(filled_class(visitor.site, email))
    assert {"insight", "similar", "regrading", "reviews", "lms", "gradebook"} <= set(addresses)
    wide = []
    for name, address in addresses.items():
        visitor.go(address)
        visitor.look(f"class-{name.replace('_', '-')}{'-phone' if on_phone else ''}")
        if beyond := visitor.sideways():
            wide.append(f"{name}: {beyond} px")
    assert wide == []
