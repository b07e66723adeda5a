"""Dashboard and alert rules name metrics that exist, and every metric is shown somewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from config.environment import BASE_DIR
from courses import metrics
from exercises.measuring import site_gauges

if TYPE_CHECKING:
    from collections.abc import Iterator

DASHBOARD = BASE_DIR / "docker" / "grafana" / "whybox.json"
RULES = BASE_DIR / "docker" / "prometheus" / "alerts.yml"
NAME = re.compile(r"\bwhybox_\w+")


def expressions() -> Iterator[str]:
    """Every expression of the dashboard and of the rules."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def base(name: str) -> str:
    """The name of a metric without what Prometheus adds for counters and histograms."""
    return re.sub(r"_(total|bucket|count|sum|created)$", "", name)


def existing() -> dict[str, str]:
    """The type of each metric that the site has, by its name."""
    counted = {one.name: one.type for one in metrics.REGISTRY.collect()}
    text = metrics.exposition(site_gauges()).decode()
    gauges = {one.name: one.type for one in text_string_to_metric_families(text)}
    return {**gauges, **counted}


@pytest.mark.django_db
def test_every_metric_of_dashboard_and_rules_exists_and_every_existing_one_is_used() -> None:
    """A renamed metric would leave an empty panel, and an alert that never fires."""
    named = {base(name) for text in expressions() for name in NAME.findall(text)}
    assert named == {name for name in existing() if name.startswith("whybox_")}


@pytest.mark.django_db
def test_names_carry_the_ending_of_their_kind() -> None:
    """Counters end in _total, histograms in _bucket: without it a query finds nothing."""
    kinds = existing()
    endings = {"counter": "_total", "histogram": "_bucket", "gauge": ""}
    for text in expressions():
        for name in NAME.findall(text):
            assert name == base(name) + endings[kinds[base(name)]], text


@pytest.mark.django_db
def test_every_metric_and_alert_is_documented() -> None:
    """docs/features/observing.md lists them by name."""
    page = (BASE_DIR / "docs" / "features" / "observing.md").read_text()
    alerts = {
        rule["alert"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
    }
    documented = {base(name) for name in re.findall(r"^\| `(whybox_\w+)`", page, re.MULTILINE)}
    assert documented == {name for name in existing() if name.startswith("whybox_")}
    assert set(re.findall(r"^\| `(Whybox\w+)`", page, re.MULTILINE)) == alerts
