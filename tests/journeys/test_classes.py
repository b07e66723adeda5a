"""A class by clicking: made, filled, dated; work on time, late and with an extension; marks out."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.journeys.answers import solution
from tests.journeys.live_site import GRADE_MILLISECONDS, LIME, TREESHAP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.live_site import Site, Visitor

pytestmark = pytest.mark.browser

ZONE: Final = "America/New_York"
TITLE: Final = "Explaining models, section by section"
TREESHAP_TITLE: Final = "TreeSHAP on gradient boosting"
LIME_TITLE: Final = "LIME on tabular data"
FIRST_MARK: Final = 2
"""Cells of a row before its marks: section and total."""


def make_instructor(site: Site, email: str) -> None:
    """Make an instructor of somebody, as an operator does."""
    change = f"User.objects.filter(email={email!r}).update(is_staff=True, name='Ines Ort')"
    site.run("manage.py", "shell", "-c", f"from courses.models import User; {change}")


def local(days: int) -> str:
    """Return a time so many days from now in the class's zone, as the date picker takes it."""
    moment = datetime.now(tz=ZoneInfo(ZONE)) + timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M")


def set_due(page: Page, title: str, due: str) -> None:
    """Write a due date into the schedule's editor."""
    part = page.locator(".schedule__part").filter(
        has=page.locator("label").filter(has_text=re.compile(rf":\s*{title}\s+exercise"))
    )
    part.get_by_label("Due").fill(due)


def submit(visitor: Visitor, exercise: str) -> None:
    """Submit a right notebook and wait for its verdict."""
    visitor.submit(exercise, solution(exercise))
    expect(visitor.page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)


def cells(page: Page, name: str) -> list[str]:
    """Return the marks of one learner in the open gradebook."""
    row = page.locator("tbody tr").filter(has=page.locator("th").filter(has_text=_named(name)))
    return [text.strip() for text in row.locator("td").all_inner_texts()]


def _named(name: str) -> re.Pattern[str]:
    """Match a cell that begins with a name, as it is written."""
    return re.compile(rf"^\s*{name}\b")


def column(heads: list[str], title: str) -> int:
    """Return which mark of a row is the exercise of this title: of 100 points, unlike a quiz."""
    found = (
        at for at, head in enumerate(heads) if head.strip().startswith(title) and "100" in head
    )
    return next(found) - 1


def make_class(ines: Visitor) -> None:
    """Make a class of all courses, and give two exercises their due dates."""
    page = ines.page
    ines.go("/classes/new/")
    page.get_by_label("Title").fill(TITLE)
    for course in page.get_by_role("group", name="Courses").get_by_role("checkbox").all():
        course.check()
    page.get_by_label("Time zone").fill(ZONE)
    page.get_by_label("Last day").fill(local(60)[:10])
    page.get_by_label("Never below this per cent by lateness").fill("0")
    ines.look("class-new", shot=False)
    ines.follow(page.get_by_role("button", name="Create the class"))
    set_due(page, TREESHAP_TITLE, local(-1))
    set_due(page, LIME_TITLE, local(7))
    ines.look("class-schedule")
    ines.follow(page.get_by_role("button", name="Save the schedule"))
    expect(page.get_by_role("status").filter(has_text="2 parts changed.")).to_be_visible()


def import_roster(ines: Visitor, addresses: dict[str, str], file: Path) -> None:
    """Import forty people and a line that is no person, from an old spreadsheet program."""
    page = ines.page
    lines = [f"{address};{name.title()};{name[0]}" for name, address in addresses.items()]
    domain = addresses["late"].removeprefix("late-")
    lines += [f"absent{number}-{domain};Absent {number};z" for number in range(37)]
    text = "\n".join(["email;name;section", *lines, "nobody;Nobody;z"])
    file.write_bytes(text.encode("cp1252"))
    ines.follow(page.get_by_role("link", name="Roster"))
    ines.follow(page.get_by_role("link", name="Import a file"))
    page.get_by_label("Roster (CSV or XLSX)").set_input_files(file)
    ines.follow(page.get_by_role("button", name="Show what would change"))
    refused = page.get_by_role("region", name="Refused").first
    expect(refused.get_by_text("no email address")).to_be_visible()
    ines.look("class-roster-difference")
    ines.follow(page.get_by_role("button", name="Write 40 changes"))
    ines.look("class-roster", shot=False)


def extend(ines: Visitor, address: str) -> None:
    """Give one learner two days more for the exercise that was due."""
    page = ines.page
    ines.follow(page.get_by_role("link", name="Extensions"))
    page.get_by_label("Part").select_option(label=TREESHAP_TITLE)
    page.get_by_label("Learners").select_option(label=f"Extended ({address})")
    page.get_by_label("Extra days").fill("2")
    page.get_by_label("Reason").fill("Illness")
    ines.follow(page.get_by_role("button", name="Grant"))
    ines.look("class-extensions", shot=False)


def override_by_keyboard(ines: Visitor, column: int) -> None:
    """Move to the late learner's mark, open it, and override it after seeing the difference."""
    page = ines.page
    names = page.locator("tbody th").all_inner_texts()
    page.locator("tbody td[tabindex='0']").focus()  # the one cell that Tab reaches
    for _ in range(next(at for at, name in enumerate(names) if name.strip().startswith("Late"))):
        page.keyboard.press("ArrowDown")
    for _ in range(column - FIRST_MARK):
        page.keyboard.press("ArrowRight")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    override = page.get_by_role("region", name="Override")
    override.get_by_label("Points").fill("93")
    override.get_by_label("Reason").fill("The train was late")
    ines.follow(override.get_by_role("button", name="Show what would change"))
    expect(page.get_by_text("Mark: 80 → 93")).to_be_visible()
    ines.look("class-override")
    ines.follow(page.get_by_role("button", name="Override", exact=True))
    ines.look("class-record")


def check_exports(ines: Visitor, column: int) -> None:
    """Open the workbook, and Canvas's file."""
    page = ines.page
    with page.expect_download() as saved:
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("link", name="Excel (XLSX)").click()
    sheet = load_workbook(io.BytesIO(saved.value.path().read_bytes())).active
    assert sheet is not None
    rows = {str(row[0]): row for row in sheet.iter_rows(values_only=True)}
    assert rows["Late"][column + 2] == 93  # four columns of facts instead of section and total
    answer = ines.context.request.get(f"{page.url}canvas/")
    table = list(csv.reader(io.StringIO(answer.text().lstrip("\ufeff"))))
    assert table[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert len(table) == 42


def test_a_class_from_the_roster_to_the_export(
    welcome: Callable[..., Visitor], site: Site, email: str, tmp_path: Path
) -> None:
    """On time, late and extended work has the right marks; an override survives a regrade.

    Slow: four notebooks are graded.
    """
    ines = welcome(timezone_id="Europe/Paris")
    page = ines.page
    ines.sign_up(f"ines-{email}")
    make_instructor(site, f"ines-{email}")
    make_class(ines)
    addresses = {name: f"{name}-{email}" for name in ("ontime", "late", "extended")}
    import_roster(ines, addresses, tmp_path / "roster.csv")
    learners = {name: welcome() for name in addresses}
    for name, learner in learners.items():
        invitation = site.mailed_link(addresses[name])
        learner.arrive(addresses[name])
        learner.go(invitation)
        learner.follow(learner.page.get_by_role("button", name="Join"))
    submit(learners["ontime"], LIME)
    submit(learners["late"], TREESHAP)
    submit(learners["extended"], TREESHAP)
    submit(learners["extended"], LIME)
    extend(ines, addresses["extended"])

    ines.follow(page.get_by_role("link", name="Gradebook"))
    heads = page.locator("thead th").all_inner_texts()
    treeshap, lime = (column(heads, title) for title in (TREESHAP_TITLE, LIME_TITLE))
    assert cells(page, "Late")[treeshap] == "80L"  # begun: the second day after the due date
    assert cells(page, "Extended")[treeshap] == "100+"
    assert cells(page, "Ontime")[treeshap] == "0M"
    assert cells(page, "Ontime")[lime] == cells(page, "Extended")[lime] == "100"
    ines.look("class-gradebook")
    override_by_keyboard(ines, treeshap)
    site.run("manage.py", "regrade", TREESHAP, "--commit")
    ines.follow(page.get_by_role("link", name="Gradebook").first)
    assert cells(page, "Late")[treeshap] == "93L*"
    check_exports(ines, treeshap)
    ines.follow(page.get_by_role("link", name="Progress").first)
    ines.look("class-progress")
    ines.follow(page.get_by_role("link", name="Today").first)
    ines.look("class-home")
    look_as_learner(learners["late"])
    phone = welcome(viewport={"width": 390, "height": 800})
    phone.context.add_cookies(ines.context.cookies())  # type: ignore[arg-type]  # as it gave them
    for path in ("", "gradebook/", "progress/", "roster/", "schedule/", "settings/", "changes/"):
        phone.go(page.url.removeprefix(site.address) + path)
        assert phone.sideways() <= 0, path


def look_as_learner(late: Visitor) -> None:
    """Find the class on the dashboard, and the same mark as the instructor's on its page."""
    late.go("/dashboard/")
    late.look("class-dashboard", shot=False)
    late.follow(late.page.get_by_role("link", name=TITLE))
    row = late.page.get_by_role("row").filter(has_text=TREESHAP_TITLE)
    expect(row).to_contain_text("93 / 100")
    expect(row).to_contain_text("set by your instructor")
    late.look("class-mine")
