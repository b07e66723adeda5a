"""Reference: LIME's weights for the words of one short review, over many random states."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from lime.lime_text import LimeTextExplainer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Any]
    Parameters = Mapping[str, Any]
    Predict = Callable[[Sequence[str]], Floats]

SAMPLES = 500
FIRST_STATE = 1000
"""Random states from here on: learners count from 0, and the reference's own runs lie too near."""
REVIEWS = (
    "the screen is bright and sharp but the battery died after one week and support was slow",
    "i love the quiet fan and the solid case although the charger feels cheap and gets warm",
    "an average phone with decent sound and a dull screen that broke in the first month",
    "great value and fast delivery yet the speaker is noisy and the manual is usable at best",
    "the case is solid and the camera is acceptable but the keys feel cheap and slow to me",
    "sharp pictures and great sound made me love it until the hinge broke and support was useless",
)
WORDS = (
    ("broke", "died", "slow", "useless", "cheap", "noisy", "awful", "refund"),
    ("average", "decent", "acceptable", "usable", "ordinary", "dull", "fine", "warm"),
    ("bright", "sharp", "love", "quiet", "solid", "great", "fast", "perfect"),
)
COMMON = (
    "the", "screen", "battery", "phone", "case", "camera", "sound", "support", "charger",
    "speaker", "fan", "keys", "and", "is", "was", "with", "a", "after", "week", "month",
    "first", "delivery", "manual",
)  # fmt: skip


THINGS = (
    "screen", "battery", "phone", "case", "camera", "sound", "support", "charger", "speaker",
    "fan", "manual",
)  # fmt: skip


def _review(number: int) -> str:
    """Review `number`: six are written, the others follow a pattern, as in the starter notebook."""
    if number < len(REVIEWS):
        return REVIEWS[number]
    rng = np.random.default_rng(number)
    good, bad = rng.choice(WORDS[2], 2, replace=False), rng.choice(WORDS[0], 2, replace=False)
    one, two, three, four = rng.choice(THINGS, 4, replace=False)
    fair = rng.choice(WORDS[1])
    return (
        f"the {one} is {good[0]} and {good[1]} but the {two} was {bad[0]} after a week "
        f"and the {three} is {fair} with a {bad[1]} {four}"
    )


def _corpus(n: int = 600) -> tuple[list[str], Floats]:
    """Generated reviews and their class: as in the starter notebook."""
    rng = np.random.default_rng(5)
    stars = rng.integers(0, 3, n)
    reviews = []
    for star in stars:
        classes = np.where(rng.random(4) < 0.7, star, rng.integers(0, 3, 4))
        judged = [WORDS[k][rng.integers(8)] for k in classes]
        words = judged + [str(word) for word in rng.choice(COMMON, 8)]
        rng.shuffle(words)
        reviews.append(" ".join(words))
    return reviews, stars


@cache
def _model() -> Any:
    reviews, stars = _corpus()
    model = make_pipeline(CountVectorizer(), LogisticRegression(C=0.5))
    return model.fit(reviews, stars)


def _tokens(review: str) -> list[str]:
    """The distinct words of a review, in order of first appearance."""
    return list(dict.fromkeys(review.split()))


def _explained(
    parameters: Parameters,
    seed: int,
    *,
    predict: Predict | None = None,
    label: int | None = None,
    features: int | None = None,
    samples: int = SAMPLES,
    bow: bool = True,
) -> Outputs:
    """One run: LIME's weight of each distinct word, 0 for one that LIME left out, and constant."""
    review = _review(parameters["review"])
    label = parameters["label"] if label is None else label
    explainer = LimeTextExplainer(random_state=FIRST_STATE + seed, bow=bow)
    explanation = explainer.explain_instance(
        review,
        predict or _model().predict_proba,
        labels=(label,),
        num_features=features or len(review.split()),
        num_samples=samples,
    )
    found = dict(explanation.as_list(label=label))
    weights = np.array([float(found.get(token, 0.0)) for token in _tokens(review)])
    return {"weights": weights, "intercept": np.asarray(float(explanation.intercept[label]))}


def _probability(parameters: Parameters) -> Floats:
    return np.asarray(_model().predict_proba([_review(parameters["review"])])[0])


def reference(parameters: Parameters, seed: int) -> Outputs:
    """One run of what the task asks for, with one random state of LIME."""
    fx = _probability(parameters)[parameters["label"]]
    return {"fx": fx, **_explained(parameters, seed)}


def all_words_weighted(parameters: Parameters, answers: Mapping[str, Floats]) -> bool:
    """Whether every word has a weight: a ridge fit gives none that it keeps exactly zero."""
    weights, words = answers["weights"], _tokens(_review(parameters["review"]))
    return weights.shape[1] == len(words) and bool(np.all(weights != 0))


def mistake_label_one(parameters: Parameters, seed: int) -> Outputs:
    """The label that LIME explains when none is given."""
    return _explained(parameters, seed, label=1)


def mistake_few_features(parameters: Parameters, seed: int) -> Outputs:
    """The number of words that LIME keeps when none is given."""
    return _explained(parameters, seed, features=10)


def mistake_few_samples(parameters: Parameters, seed: int) -> Outputs:
    """A tenth of the samples."""
    return _explained(parameters, seed, samples=SAMPLES // 10)


def mistake_fewer_samples(parameters: Parameters, seed: int) -> Outputs:
    """Three fifths of the samples."""
    return _explained(parameters, seed, samples=3 * SAMPLES // 5)


def mistake_masks_compared(parameters: Parameters, seed: int) -> Outputs:
    """Mean predictions with and without each word, over masks like LIME's."""
    review = _review(parameters["review"])
    tokens, words = _tokens(review), review.split()
    rng = np.random.default_rng(FIRST_STATE + seed)
    masks = np.ones((SAMPLES, len(tokens)), dtype=bool)
    for mask in masks[1:]:
        mask[rng.choice(len(tokens), rng.integers(1, len(tokens) + 1), replace=False)] = False
    where = np.array([tokens.index(word) for word in words])
    texts = [" ".join(np.array(words)[mask[where]]) for mask in masks]
    found = _model().predict_proba(texts)[:, parameters["label"]]
    drops = [found[masks[:, j]].mean() - found[~masks[:, j]].mean() for j in range(len(tokens))]
    return {"weights": np.array(drops), "intercept": np.asarray(found.mean())}


def mistake_positions(parameters: Parameters, seed: int) -> Outputs:
    """Each place in the review on its own; of a repeated word the last one listed stays."""
    return _explained(parameters, seed, bow=False)


def mistake_hard_labels(parameters: Parameters, seed: int) -> Outputs:
    """A prediction function that returns 0 or 1."""
    return _explained(parameters, seed, predict=lambda texts: np.eye(3)[_model().predict(texts)])


def mistake_scores(parameters: Parameters, seed: int) -> Outputs:
    """The linear scores before softmax instead of probabilities."""
    return _explained(parameters, seed, predict=_model().decision_function)


def mistake_coefficients(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """The coefficients of the class, times how often each word occurs."""
    review = _review(parameters["review"])
    vectorizer, classifier = _model()[0], _model()[1]
    weights = classifier.coef_[parameters["label"]]
    where = vectorizer.vocabulary_
    words = review.split()
    found = [
        float(weights[where[token]]) * words.count(token) if token in where else 0.0
        for token in _tokens(review)
    ]
    return {"weights": np.array(found)}


def mistake_one_word_out(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """How much the probability falls when all of a word is taken out."""
    review, label = _review(parameters["review"]), parameters["label"]
    tokens = _tokens(review)
    without = [" ".join(w for w in review.split() if w != token) for token in tokens]
    drops = _probability(parameters)[label] - _model().predict_proba(without)[:, label]
    return {"weights": np.asarray(drops)}


def mistake_probability_of_one(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """The second column of predict_proba, whatever the label."""
    return {"fx": _probability(parameters)[1]}
