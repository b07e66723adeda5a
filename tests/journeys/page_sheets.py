"""Sheets of the pages that a designer looks at first: three widths, two themes, on one picture.

``python -m tests.journeys.page_sheets after`` starts a site with a learner who has failed, passed
and finished a course, and writes one PNG a page into docs/features/screenshots.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.journeys.answers import COURSE, sample, solution
from tests.journeys.conftest import QUIET
from tests.journeys.live_site import GRADE_MILLISECONDS, SCREENSHOTS, TREESHAP, Site, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS: Final = (1280, 768, 390)
THEMES: Final = ("light", "dark")
SCALE: Final = 0.4
TALLEST: Final = 1900
"""CSS pixels of a page that a sheet shows."""
GAP: Final = 16
MOST_BYTES: Final = 150_000
COLOURS: Final = (128, 64, 48, 32, 24, 16)
EMAIL: Final = "ada@example.org"
FINISHED: Final = f"""
from courses.models import Course, Enrolment, User
from courses.certificates.issuing import issue, show_name
user = User.objects.get(email="{EMAIL}")
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


def sheets(site: Site, browser: Browser) -> dict[str, bytes]:
    """Return a picture of each page, by its name."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 860})
    visitor = Visitor(site, context)
    page = visitor.page
    found = {"home": _sheet(page, f"{site.address}/")}
    visitor.arrive(EMAIL)
    places = {}
    for name, notebook in (
        ("verdict-wrong", sample(TREESHAP, "interventional")),
        ("verdict-passed", solution(TREESHAP)),
    ):
        visitor.submit(TREESHAP, notebook)
        page.locator("#verdict-title").wait_for(timeout=GRADE_MILLISECONDS)
        places[name] = page.url
    site.run("manage.py", "shell", "-c", FINISHED)
    places |= {"home-signed-in": f"{site.address}/", "dashboard": f"{site.address}/dashboard/"}
    found |= {name: _sheet(page, address) for name, address in places.items()}
    page.goto(f"{site.address}/dashboard/")
    links = page.get_by_role("region", name="Your certificates").get_by_role("link")
    addresses = [one.get_attribute("href") for one in links.all()]
    stranger = browser.new_page(locale="en-GB")
    for address in addresses:
        stranger.goto(f"{site.address}{address}")
        shown = "withheld" if stranger.get_by_text("Name withheld").count() else "named"
        found[f"certificate-{shown}"] = _sheet(stranger, f"{site.address}{address}")
    return found


def _sheet(page: Page, address: str) -> bytes:
    rows = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        row = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            page.goto(address, wait_until="networkidle")
            tall = page.evaluate("document.documentElement.scrollHeight")
            clip = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)}
            row.append(Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))))
        rows.append(row)
    page.set_viewport_size({"width": 1280, "height": 860})
    return _joined(rows)


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


def main(when: str) -> None:
    """Write the sheets as ``design-<page>-<when>.png``."""
    site = Site(Path(tempfile.mkdtemp(prefix="whybox-sheets-")))
    try:
        site.open()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=[*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
            )
            for name, picture in sheets(site, browser).items():
                (SCREENSHOTS / f"design-{name}-{when}.png").write_bytes(picture)
            browser.close()
    finally:
        site.close()


if __name__ == "__main__":
    main(sys.argv[1])
