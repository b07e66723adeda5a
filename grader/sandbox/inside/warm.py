"""Builds the shell and preloads the libraries that a run will need, so that forks inherit them.

No library may leave a thread, an open file or shared memory behind: the server refuses to start
otherwise.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import io
import shutil
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any, Final

import IPython.core.display
import IPython.display
from traitlets.config import Config

from .shell import NotebookShell

STACK: Final = (
    "numpy",
    "pandas",
    "scipy.stats",
    "scipy.optimize",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.inspection",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
    "shap",
    "lime.lime_tabular",
    "joblib",
    "asyncio",
    "cProfile",
    "IPython.display",
    "jinja2",
    "seaborn",
)
"""What explanation notebooks import, in loading order; missing modules are skipped."""

_CACHED: Final = type(functools.lru_cache(int))

font_caches: list[Any] = []
"""Those of matplotlib, found once when the server boots."""


def build_shell() -> Any:
    """Return an IPython shell without history, without threads and without colours."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    display = IPython.core.display
    if not hasattr(display, "display"):
        # Where it was until IPython 9; LIME's show_in_notebook() still looks for it there.
        display.display = IPython.display.display  # type: ignore[attr-defined]
    return NotebookShell.instance(config=config)


def warm_up(shell: Any) -> None:
    """Import the learners' stack and run each explainer once, so that its code is compiled."""
    _configure_tqdm()
    temporary = Path(tempfile.gettempdir())
    before = set(temporary.iterdir())
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for name in STACK:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        with contextlib.suppress(ImportError):
            _run_explainers()
        with contextlib.suppress(ImportError):
            _draw_plots()
        with contextlib.suppress(ImportError):
            _show_figures_as_pictures(shell)
    _close_fonts()
    for path in set(temporary.iterdir()) - before:
        if path.name not in {".matplotlib", ".numba", ".ipython"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _configure_tqdm() -> None:
    """Prevent tqdm from starting a thread and from creating a lock that all runs would share."""
    with contextlib.suppress(ImportError):
        from tqdm import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415 - may be absent

        tqdm.monitor_interval = 0
        tqdm.set_lock(threading.RLock())


def _run_explainers() -> None:
    import numpy as np  # noqa: PLC0415 - the learners' environment may lack any of these
    import pandas as pd  # noqa: PLC0415 - the same
    import shap  # noqa: PLC0415 - the same
    from lime.lime_tabular import LimeTabularExplainer  # noqa: PLC0415 - the same
    from sklearn.ensemble import (  # noqa: PLC0415 - the same
        GradientBoostingClassifier,
        RandomForestClassifier,
    )

    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4))
    labels = (features[:, 0] + features[:, 1] > 0).astype(int)
    boosting = GradientBoostingClassifier(n_estimators=5).fit(features, labels)
    forest = RandomForestClassifier(n_estimators=5).fit(features, labels)

    def score(rows: Any) -> Any:
        return boosting.predict_proba(rows)[:, 1]

    for model in (boosting, forest):
        tree = shap.TreeExplainer(model)
        tree(features[:3])
        tree.shap_values(features[:3])
        shap.TreeExplainer(model, features[:20])(features[:3])
    for explainer in (shap.PermutationExplainer, shap.ExactExplainer, shap.SamplingExplainer):
        explainer(score, features[:10])(features[:2])
    # Code is compiled per memory order, and for read-only arrays such as those of pandas.
    by_row = np.c_[features, labels]
    by_row.setflags(write=False)
    by_column = pd.DataFrame(features).to_numpy()
    for array in (by_row[:, :4].copy(), by_row[:, :4], by_column):
        array.setflags(write=False)
        shap.PermutationExplainer(score, array[:10])(array[:2])
    shap.Explainer(score, shap.maskers.Partition(features[:10]))(features[:2])
    shap.KernelExplainer(score, features[:5]).shap_values(features[:2], silent=True)
    lime = LimeTabularExplainer(features, mode="classification")
    lime.explain_instance(features[0], boosting.predict_proba, num_features=4, num_samples=50)


def _draw_plots() -> None:
    import numpy as np  # noqa: PLC0415 - as above
    import shap  # noqa: PLC0415 - as above
    from matplotlib import pyplot as plt  # noqa: PLC0415 - as above

    values = np.array([[0.1, -0.2, 0.3], [0.2, 0.1, -0.1], [0.0, 0.3, 0.2]])
    explanation = shap.Explanation(
        values=values, base_values=np.zeros(3), data=values, feature_names=["a", "b", "c"]
    )
    shap.plots.beeswarm(explanation, show=False)
    plt.close("all")
    shap.plots.bar(explanation, show=False)
    plt.close("all")
    shap.plots.waterfall(explanation[0], show=False)
    figure = plt.gcf()
    figure.savefig(io.BytesIO(), format="png")
    plt.close("all")


def _show_figures_as_pictures(shell: Any) -> None:
    """Configure the shell once for all cells: neither a magic nor an import has to come first."""
    from matplotlib_inline.backend_inline import (  # noqa: PLC0415 - may be absent
        configure_inline_support,
    )

    configure_inline_support(shell, "inline")  # type: ignore[no-untyped-call]


def _close_fonts() -> None:
    """Close the fonts that matplotlib keeps open: all runs would share their file positions."""
    font_caches.extend(
        item
        for item in gc.get_objects()
        if isinstance(item, _CACHED)
        and str(getattr(item, "__module__", "")).startswith("matplotlib.")
    )
    for cache in font_caches:
        cache.cache_clear()  # only caches refer to them
    gc.collect()
