"""Figure of the lesson on LIME for text."""

import numpy as np
from figure_style import Theme, panels
from lime.lime_text import LimeTextExplainer
from matplotlib.figure import Figure
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

__all__ = ["words"]

PRAISE = ["lovely", "excellent", "friendly", "clean", "delicious", "quiet"]
BLAME = ["dirty", "noisy", "rude", "bland", "broken", "slow"]
THINGS = ["room", "staff", "breakfast", "lift", "pool", "view", "service", "bed"]
TEXT = "the staff was not rude and the room was clean"


def _reviews() -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(0)
    happy = rng.binomial(1, 0.5, 3000)
    reviews = []
    for label in happy:
        sentences = []
        for _ in range(rng.integers(2, 5)):
            likes, denies = rng.random() < (0.85 if label else 0.15), rng.random() < 0.3
            word = rng.choice(PRAISE if likes != denies else BLAME)
            sentences.append(f"the {rng.choice(THINGS)} was {'not ' if denies else ''}{word}")
        reviews.append(" and ".join(sentences))
    return reviews, happy


def words(theme: Theme) -> Figure:
    """Return LIME's weights for one sentence under two models."""
    reviews, happy = _reviews()
    order = list(dict.fromkeys(TEXT.split()))
    figure, axes = panels(theme, 2, height=3.2, sharey=True, sharex=True)
    for ax, title, longest in zip(axes, ("single words", "words and pairs"), (1, 2), strict=True):
        model = make_pipeline(CountVectorizer(ngram_range=(1, longest)), LogisticRegression())
        model.fit(reviews[:2000], happy[:2000])
        found = LimeTextExplainer(random_state=0).explain_instance(
            TEXT, model.predict_proba, num_features=12, num_samples=5000
        )
        weights = dict(found.as_list())
        for place, word in enumerate(order):
            weight = weights[word]
            raises = weight > 0
            ax.barh(
                place,
                weight,
                color=theme.positive if raises else theme.negative,
                hatch="" if raises else "///",
            )
            ax.text(
                weight + (0.01 if raises else -0.01),
                place,
                f"{weight:+.2f}",
                ha="left" if raises else "right",
                va="center",
                fontsize=9.5,
            )
        said = model.predict_proba([TEXT])[0, 1]
        ax.set_title(f"{title}: p = {said:.2f}, fit {found.score:.2f}", fontsize=11)
        ax.axvline(0, color=theme.ink, linewidth=1)
        ax.grid(visible=False, axis="y")
    axes[0].set_yticks(range(len(order)), order)
    axes[0].invert_yaxis()
    axes[0].set_xlim(-0.3, 0.42)
    return figure
