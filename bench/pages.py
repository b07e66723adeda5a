"""Asks for each page of a site that has 100,000 learners and 1,000,000 submissions, many times.

``python -m bench.pages [--rounds N] [--learners N] [--submissions N]`` prints a table and writes it
into docs/features/speed.md. The whole stack answers, with the settings of `make run`: middleware,
sessions, templates, compression, SQLite in a file; only the socket is missing. The site is made
once, in var/bench/site, and kept.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.page_weight import MOST_BYTES, loaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.population import People

CHECKOUT: Final = Path(__file__).resolve().parents[1]
SITE: Final = CHECKOUT / "var" / "bench" / "site"
PAGE: Final = CHECKOUT / "docs" / "features" / "speed.md"
BEGIN: Final = "<!-- figures: begin -->"
END: Final = "<!-- figures: end -->"
WARM_UP: Final = 3
"""Rounds that are not counted: templates are compiled, the file is in the page cache."""
MOST_QUERIES: Final = 12
MOST_MILLISECONDS: Final = 30.0


@dataclass
class Asked:
    """A page, and what asking for it cost.

    Attributes:
        cookie: of whoever asks; empty: signed out.
        body_bytes: of the page, as sent.
        loaded_bytes: of the styles, scripts and fonts that it asks for on opening, as sent: those
            that it names, and what its scripts import.
        later_bytes: of the scripts that these load when somebody wants what they do.
        milliseconds: of each answer, by the clock on the wall.
        processor: the milliseconds of them that the processor worked for it: what other load on
            the machine hardly changes.
    """

    name: str
    who: str
    path: str
    cookie: str = ""
    queries: int = 0
    body_bytes: int = 0
    loaded_bytes: int = 0
    later_bytes: int = 0
    milliseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """Return the median, in milliseconds."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """Return what 95 of 100 answers took at most, in milliseconds."""
        return statistics.quantiles(self.milliseconds, n=100)[94]

    @property
    def misses(self) -> list[str]:
        """Return which bounds the page does not keep."""
        found = []
        if self.queries > MOST_QUERIES:
            found.append("queries")
        if self.body_bytes + self.loaded_bytes > MOST_BYTES:
            found.append("bytes")
        if self.p95 > MOST_MILLISECONDS:
            found.append("time")
        return found


def main() -> int:
    """Fill the site where that is needed, measure, print and write down."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--learners", type=int, default=100_000)
    arguments.add_argument("--submissions", type=int, default=1_000_000)
    arguments.add_argument("--site", type=Path, default=SITE, help="where its database stands")
    arguments.add_argument("--only", default="", help="a part of the names of pages")
    arguments.add_argument("--dry", action="store_true", help="leave the page as it is")
    chosen = arguments.parse_args()
    _open(chosen.site, learners=chosen.learners, submissions=chosen.submissions)

    from bench.population import counts, people  # noqa: PLC0415  # needs Django to be set up

    pages = [one for one in _pages(people()) if chosen.only in one.name]
    load = os.getloadavg()[0]
    _measure(pages, rounds=chosen.rounds)
    what = f"`python -m bench.pages --rounds {chosen.rounds}`, {time.strftime('%Y-%m-%d')}"
    rows = ", ".join(f"{count:,} {name}" for name, count in counts().items())
    lines = [
        f"{what}; {_machine()}; load before the start {load:.1f}.",
        f"In the database: {rows}.",
        "",
        *_table(pages),
    ]
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    if not chosen.dry:
        before, _begin, rest = PAGE.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return 0


def _open(site: Path, *, learners: int, submissions: int) -> None:
    """Set Django up for the site, and make it if it is not there yet."""
    site.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "WHYBOX_VAR": str(site),
        "WHYBOX_DATABASE_URL": f"sqlite:///{site.resolve() / 'whybox.sqlite3'}",
        "WHYBOX_DEBUG": "no",
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
    }
    import django  # noqa: PLC0415  # reads the environment that was just written

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # needs Django to be set up

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_content", verbosity=0)
    call_command("load_exercises", verbosity=0)
    filled = site / f"filled-{learners}-{submissions}"
    if filled.exists():
        return
    from bench.population import Population  # noqa: PLC0415  # needs Django to be set up

    Population(learners=learners, submissions=submissions).fill()
    filled.touch()


def _pages(people: People) -> list[Asked]:
    learner, staff = _cookie(people.learner), _cookie(people.staff)
    lesson, question = (
        people.busy_lesson.get_absolute_url(),
        people.busy_question.get_absolute_url(),
    )
    exercise = people.passed.exercise.get_absolute_url()
    course = people.busy_lesson.course.get_absolute_url()
    open_pages = {
        "home": "/",
        "path": "/paths/interpretability/",
        "catalogue": "/courses/",
        "search": "/courses/?q=shap+values",
        "course": course,
        "lesson": lesson,
        "exercise": exercise,
        "discussion": f"{lesson}discussion/",
        "question": question,
        "reading": "/reading/",
        "status": "/status/",
        "certificate": people.certificate.get_absolute_url(),
        "sign in": "/accounts/login/",
        "sign up": "/accounts/signup/",
    }
    own_pages = {
        "dashboard": "/dashboard/",
        "profile": "/profile/",
        "email addresses": "/accounts/email/",
        "two-step sign-in": "/accounts/2fa/",
        "catalogue": "/courses/",
        "course": course,
        "lesson": lesson,
        "exercise": exercise,
        "exercise, diagnosed": people.diagnosed.exercise.get_absolute_url(),
        "submission, passed": people.passed.get_absolute_url(),
        "submission, missed": people.missed.get_absolute_url(),
        "submission, diagnosed": people.diagnosed.get_absolute_url(),
        "submission, queued": people.queued.get_absolute_url(),
        "executed notebook": f"{people.passed.get_absolute_url()}notebook/",
        "discussion": f"{lesson}discussion/",
        "question": question,
        "certificate": people.certificate.get_absolute_url(),
        "home, in French": "/",
    }
    staff_pages = {
        "reviews": "/reviews/",
        "submission": people.passed.get_absolute_url(),
        "question": question,
        "dashboard": "/dashboard/",
    }
    return [
        *(Asked(name, "nobody", path) for name, path in open_pages.items()),
        *(
            Asked(name, "learner", path, learner + "; django_language=fr" * name.endswith("French"))
            for name, path in own_pages.items()
        ),
        *(Asked(name, "staff", path, staff) for name, path in staff_pages.items()),
    ]


def _cookie(user: Any) -> str:
    """Sign somebody in and return what their browser sends."""
    from django.conf import settings  # noqa: PLC0415  # needs Django to be set up
    from django.test import Client  # noqa: PLC0415  # the same

    browser = Client()
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


def _measure(pages: list[Asked], *, rounds: int) -> None:
    from django.conf import settings  # noqa: PLC0415  # needs Django to be set up
    from django.db import connection  # noqa: PLC0415  # the same

    from config.wsgi import application  # noqa: PLC0415  # the same

    for page in pages:
        for _ in range(WARM_UP):
            _ask(application, page)
        seen: list[str] = []
        with connection.execute_wrapper(_note_into(seen)):
            body = _ask(application, page)
        page.queries = len(seen)
        page.body_bytes = len(body)
        page.loaded_bytes, page.later_bytes = loaded(body, static=Path(settings.STATIC_ROOT))
    for _ in range(rounds):
        for page in pages:
            begin, worked = time.perf_counter(), time.thread_time()
            _ask(application, page)
            page.milliseconds.append(1000 * (time.perf_counter() - begin))
            page.processor.append(1000 * (time.thread_time() - worked))


def _ask(application: Callable[..., Any], page: Asked) -> bytes:
    """Ask for a page as a web server does and return what would be sent."""
    path, _mark, query = page.path.partition("#")[0].partition("?")
    status: list[str] = []
    answer = application(
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT_ENCODING": "gzip",
            "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_COOKIE": page.cookie,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
        },
        lambda line, _headers, _error=None: status.append(line),
    )
    body = b"".join(answer)
    answer.close()
    if not status[0].startswith("200"):
        raise RuntimeError(f"{page.path}: {status[0]}")
    return body


def _note_into(seen: list[str]) -> Callable[..., Any]:
    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    return note


def _table(pages: list[Asked]) -> list[str]:
    lines = [
        (
            "| page | who asks | queries | page, kB | with styles, scripts, fonts, kB"
            " | on demand, kB | p50, ms | p95, ms | processor, ms |"
        ),
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for page in pages:
        whole = page.body_bytes + page.loaded_bytes
        mark = f" **({', '.join(page.misses)})**" if page.misses else ""
        lines.append(
            f"| {page.name}{mark} | {page.who} | {page.queries} | {page.body_bytes / 1000:.1f}"
            f" | {whole / 1000:.1f} | {page.later_bytes / 1000:.1f}"
            f" | {page.p50:.1f} | {page.p95:.1f}"
            f" | {statistics.median(page.processor):.1f} |"
        )
    missed = [page for page in pages if page.misses]
    bounds = f"{MOST_QUERIES} queries, {MOST_BYTES // 1000} kB, p95 of {MOST_MILLISECONDS:.0f} ms"
    kept = f"{len(pages) - len(missed)} of {len(pages)} pages keep all three bounds ({bounds})."
    return [*lines, "", kept]


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", info)
    return f"{os.cpu_count()} cores of {model[1].strip() if model else 'an unknown processor'}"


if __name__ == "__main__":
    sys.exit(main())
