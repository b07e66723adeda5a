"""A real Prometheus with docker/prometheus reads a real site, and answers what is asked of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from config.environment import BASE_DIR
from tests.config.site_process import free_port, wait_for, web_process
from tests.config.test_dashboard import DASHBOARD, NAME, RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLDER = BASE_DIR / "docker" / "prometheus"
ANSWER_SECONDS = 300.0
INTERVAL = "5s"
"""Also how long the site may take for an answer: a slow machine answers slowly."""


class Prometheus:
    """Questions to a running Prometheus, in its HTTP interface."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/api/v1"

    def get(self, path: str, **query: str) -> Any:
        """Return the data of an answer; an error of a query is raised."""
        address = f"{self._address}/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310  # ours
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression has now."""
        result: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return result


def eventually(holds: Callable[[], object]) -> bool:
    """Whether it holds before the deadline: Prometheus asks the site every few seconds."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:  # it has started: a wrong question
                raise
        except urllib.error.URLError:
            pass
        time.sleep(0.2)
    return False


def program(name: str) -> str:
    """The path of one of the programs of Debian's package."""
    found = shutil.which(name)
    assert found, "Prometheus is missing: python3 config/machine.py test"
    return found


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Our configuration and rules, with the port of the site, asked more often."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with ExitStack() as stack:
        site = stack.enter_context(web_process(folder / "var", proxies=0))
        written = (FOLDER / "prometheus.yml").read_text()
        assert "web:8000" in written
        here = written.replace("web:8000", f"127.0.0.1:{site}").replace("15s", INTERVAL)
        (folder / "prometheus.yml").write_text(here)
        shutil.copy(FOLDER / "alerts.yml", folder)
        port = free_port()
        command = [
            *(program("prometheus"), f"--config.file={folder / 'prometheus.yml'}"),
            *(f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"),
            "--log.level=error",
        ]
        process = subprocess.Popen(command)
        stack.callback(process.wait, timeout=60)
        stack.callback(process.terminate)
        wait_for(port, process)
        asked = Prometheus(port)
        assert eventually(lambda: asked.get("status/buildinfo"))
        yield asked


def test_promtool_accepts_the_configuration_and_the_rules_fire_as_they_should() -> None:
    """The unit tests of docker/prometheus/alerts_test.yml, by Prometheus's own tool."""
    for arguments in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            [program("promtool"), *arguments],
            cwd=FOLDER,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_target_is_up(prometheus: Prometheus) -> None:
    """It takes the site's answer as it is."""

    def healths() -> list[str]:
        return [one["health"] for one in prometheus.get("targets")["activeTargets"]]

    assert eventually(lambda: healths() == ["up"])
    assert prometheus.query('up{job="whybox"} == 1')


def test_every_panel_has_a_series_on_a_new_site(prometheus: Prometheus) -> None:
    """Counters begin at 0 before anything happens: the first failure is seen as an increase."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    names = {name for text in expressions for name in NAME.findall(text)}
    for text in sorted({*expressions, *names}):
        assert eventually(lambda text=text: prometheus.query(text)), text  # type: ignore[misc]
    first = 'whybox_platform_errors_total{outcome="failed"}'
    assert prometheus.query(first)[0]["value"][1] == "0"


def test_every_rule_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    """Prometheus reads each of them as it is written."""
    expected = [rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]]

    def rules() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = prometheus.get("rules")["groups"][0]["rules"]
        return found

    assert eventually(lambda: all(rule["health"] == "ok" for rule in rules()))
    assert [rule["name"] for rule in rules()] == expected
