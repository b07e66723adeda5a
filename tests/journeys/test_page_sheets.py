"""The pages that a designer looks at first, at three widths and in two themes.

Nothing overflows, and axe finds nothing. With ``WHYBOX_KEEP_SCREENSHOTS=after`` (or ``before``)
each page's six views are kept as one sheet, ``design-<page>-after.png``, for
docs/features/design.md.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final, Literal

import pytest
from PIL import Image

from tests.journeys.answers import COURSE, sample, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, SCREENSHOTS, TREESHAP, UNFOLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
WIDTHS: Final = (1280, 768, 390)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SCALE: Final = 0.4
TALLEST: Final = 1900
"""CSS pixels of a page that a sheet shows."""
GAP: Final = 16
MOST_BYTES: Final = 150_000
COLOURS: Final = (128, 64, 48, 32, 24, 16)
MOMENTS: Final = ("before", "after")
FINISHED: Final = f"""
from courses.models import Course, Enrolment, User
from courses.certificates.issuing import issue, show_name
user = User.objects.get(email="EMAIL")
user.name = "Ada Učená"
user.save()
for slug in ("{COURSE}", "shapley-values"):
    Enrolment.objects.get_or_create(user=user, course=Course.objects.get(slug=slug))
course = Course.objects.get(slug="{COURSE}")
show_name(certificate=issue(
    user=user, course=course, parts=list(course.parts.for_outlines())), public=True)
other = Course.objects.get(slug="transparent-models")
issue(user=user, course=other, parts=list(other.parts.for_outlines()))
"""
"""What takes a learner hours: done in the database, so that a sheet takes minutes."""


def test_the_pages_fit_three_widths_in_two_themes(
    welcome: Callable[..., Visitor], email: str
) -> None:
    """Home, verdicts, dashboard and certificates, for a learner who failed, passed and finished."""
    visitor = welcome(reduced_motion="reduce")
    site, page = visitor.site, visitor.page
    show(visitor, "home", "/")
    visitor.arrive(email)
    places = {}
    for name, notebook in (
        ("verdict-wrong", sample(TREESHAP, "interventional")),
        ("verdict-passed", solution(TREESHAP)),
    ):
        visitor.submit(TREESHAP, notebook)
        page.locator("#verdict-title").wait_for(timeout=GRADE_MILLISECONDS)
        places[name] = page.url.removeprefix(site.address)
    site.run("manage.py", "shell", "-c", FINISHED.replace("EMAIL", email))
    for name, path in {**places, "home-signed-in": "/", "dashboard": "/dashboard/"}.items():
        show(visitor, name, path)
    visitor.go("/dashboard/")
    links = page.get_by_role("region", name="Your certificates").get_by_role("link")
    addresses = [str(one.get_attribute("href")) for one in links.all()]
    stranger = welcome(reduced_motion="reduce")
    for address in addresses:
        stranger.go(address)
        withheld = stranger.page.get_by_text("Name withheld").count()
        show(stranger, f"certificate-{'withheld' if withheld else 'named'}", address)


def show(visitor: Visitor, name: str, path: str) -> None:
    """Look at a page in each theme and width; keep the sheet where it is asked for."""
    page = visitor.page
    when = os.environ.get("WHYBOX_KEEP_SCREENSHOTS", "")
    rows: list[list[Image.Image]] = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        row: list[Image.Image] = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            visitor.go(path)
            assert visitor.sideways() == 0, f"{name} at {width}"
            if when in MOMENTS:
                page.wait_for_load_state("networkidle")
                page.evaluate(UNFOLD)
                tall = page.evaluate("document.documentElement.scrollHeight")
                clip = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)}
                picture = page.screenshot(full_page=True, clip=clip, caret="initial")  # type: ignore[arg-type]
                row.append(Image.open(io.BytesIO(picture)))
        rows.append(row)
    page.set_viewport_size({"width": 1280, "height": 860})
    visitor.look(name, shot=False)
    if when in MOMENTS:
        (SCREENSHOTS / f"design-{name}-{when}.png").write_bytes(_joined(rows))


def _joined(rows: list[list[Image.Image]]) -> bytes:
    """Return the pictures in rows, made smaller, in as many colours as the bound allows."""
    small = [
        [
            one.resize((round(one.width * SCALE), round(one.height * SCALE)), Image.Resampling.BOX)
            for one in row
        ]
        for row in rows
    ]
    width = max(sum(one.width for one in row) + GAP * (len(row) + 1) for row in small)
    height = sum(max(one.height for one in row) + GAP for row in small) + GAP
    sheet = Image.new("RGB", (width, height), "#9aa5a0")
    top = GAP
    for row in small:
        left = GAP
        for one in row:
            sheet.paste(one, (left, top))
            left += one.width + GAP
        top += max(one.height for one in row) + GAP
    for colours in COLOURS:
        packed = io.BytesIO()
        reduced = sheet.quantize(colours, dither=Image.Dither.NONE)
        reduced.save(packed, "PNG", optimize=True)
        if packed.tell() <= MOST_BYTES:
            break
    return packed.getvalue()
