"""The web process stays light: explainers are imported by workers only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LOOK = """
import json, sys
import config.wsgi
from django.urls import get_resolver
get_resolver().url_patterns
heavy = {"shap", "lime", "sklearn", "numba", "matplotlib", "pandas", "scipy"}
print(json.dumps(sorted(heavy & set(sys.modules)) + ["exercises.submissions.pipeline"] * (
    "exercises.submissions.pipeline" in sys.modules)))
"""


def test_no_explainer_is_imported() -> None:
    """Importing the site with all of its addresses imports no explainer and no pipeline."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
