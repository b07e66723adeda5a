"""An exercise on French pages: French where it is translated, and marked where it is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.utils.translation import override

from courses.models import Translation
from exercises.catalogue.translations import Words, apply_exercise_translation, translation_of
from exercises.feedback.messages import feedback_for
from exercises.feedback.plot import plot_of
from exercises.models import State, Submission
from exercises.submissions import emails, lifecycle
from exercises.submissions.lease import claim
from grader.report import CriterionResult, Diagnosis, GradeReport
from grader.sandbox.job import Verdict

if TYPE_CHECKING:
    from exercises.models import Exercise
    from tests.exercises.learner_client import LearnerClient

FRENCH = {"Accept-Language": "fr"}
FIELDS: dict[str, Any] = {
    "title": "Les parts d'un modèle linéaire",
    "summary": "Répartissez la sortie.",
    "statement_html": "<p>Expliquez les lignes de <code>rows</code>.</p>",
    "hints_html": [f"<p>Indice {number}</p>" for number in range(1, 5)],
    "outputs": {"phi": "les attributions", "base": "la sortie moyenne", "fx": "la sortie"},
    "units": {"output": "sortie"},
    "criteria": {
        "model": {"title": "Le modèle", "failed": "Un autre modèle."},
        "adds_up": {"title": "Exactitude locale"},
        "parts": {"title": "Les parts"},
    },
    "misconceptions": {
        "centred": {
            "title": "des parts centrées",
            "message": "C'est centré.",
            "question": "Zéro ?",
        },
        "scaled": {"title": "des parts réduites", "message": "C'est réduit.", "question": "Un ?"},
    },
    "figure": {"title": "Vos attributions à vous"},
}


def translate(**fields: Any) -> None:
    """Give the tests' exercise a French translation with these fields."""
    Translation.objects.create(
        language="fr", subject="exercise:linear-parts", fields=fields, digest="0" * 64
    )


def line(criterion: str, message: str, **facts: str) -> CriterionResult:
    """Return a criterion that was missed."""
    titles = {"model": "The model", "parts": "The parts"}
    return CriterionResult(criterion, titles[criterion], 0.0, 2.0, False, message, facts)


def graded(learner_client: LearnerClient, *ids: str, **facts: str) -> Submission:
    """Return a missed submission with a diagnosis of these misconceptions."""
    submission = learner_client.submit("phi = 1")
    lease = claim(submission_id=submission.pk)
    assert lease is not None
    message = "diagnosis.match" if len(ids) == 1 else "diagnosis.match_either"
    report = GradeReport(
        verdict=Verdict.OK,
        score=0.0,
        max_score=10.0,
        passed=False,
        executed="",
        criteria=(
            line("model", "criterion.failed_text", text="Another model."),
            line("parts", "criterion.requires", title="The model"),
        ),
        misconception=Diagnosis(ids, "match", message, facts, "phi"),
    )
    lifecycle.record_grade(lease=lease, report=report)
    submission.refresh_from_db()
    return submission


def test_the_page_is_french_where_the_exercise_is(learner_client: LearnerClient) -> None:
    """Title, task, variables and criteria are shown in French, and none of it is marked English."""
    translate(**FIELDS)

    page = learner_client.browser.get("/exercises/linear-parts/", headers=FRENCH).content.decode()

    for text in ("<h1>Les parts d&#x27;un modèle linéaire</h1>", "Expliquez les lignes de"):
        assert text in page
    for text in ("<span>les attributions</span>", "<span>Exactitude locale</span>"):
        assert text in page
    assert page.count('<span class="badge">sortie</span>') == 3
    assert "A linear model" not in page


def test_what_is_english_on_a_french_page_says_so(learner_client: LearnerClient) -> None:
    """Without a translation every text of the exercise has ``lang="en"``; so has the starter's."""
    page = learner_client.browser.get("/exercises/linear-parts/", headers=FRENCH).content.decode()

    assert '<h1 lang="en">The parts of a linear model</h1>' in page
    assert '<div class="prose" lang="en"><p>A linear model' in page
    assert '<span lang="en">attributions of the two rows</span>' in page
    assert '<span lang="en">Local accuracy</span>' in page
    assert '<span class="badge" lang="en">output</span>' in page
    assert re.search(r'<div class="cell__text prose" data-rendered lang="en">', page)


def test_an_english_page_marks_nothing(learner_client: LearnerClient) -> None:
    """In the original's language nothing of the exercise needs ``lang``."""
    translate(**FIELDS)

    page = learner_client.browser.get("/exercises/linear-parts/").content.decode()

    assert "<h1>The parts of a linear model</h1>" in page
    assert '<div class="prose"><p>A linear model' in page


def test_a_partial_translation_marks_the_rest(learner_client: LearnerClient) -> None:
    """A title in French leaves the task marked as English."""
    translate(title="Les parts")

    page = learner_client.browser.get("/exercises/linear-parts/", headers=FRENCH).content.decode()

    assert "<h1>Les parts</h1>" in page
    assert '<div class="prose" lang="en"><p>A linear model' in page


def test_hints_are_french(learner_client: LearnerClient) -> None:
    """An unlocked hint is the translated one."""
    translate(**FIELDS)
    graded(learner_client, "centred")

    page = learner_client.browser.get("/exercises/linear-parts/", headers=FRENCH).content.decode()

    assert '<div class="prose"><p>Indice 1</p></div>' in page
    assert "Indice 2" not in page


def test_the_verdict_repeats_the_author_in_french(learner_client: LearnerClient) -> None:
    """Criteria's titles, the author's message, and title, message and question of a diagnosis."""
    translate(**FIELDS)
    submission = graded(
        learner_client, "centred", mistake="centred parts", message="Centred.", question="Nought?"
    )

    page = learner_client.browser.get(
        submission.get_absolute_url(), headers=FRENCH
    ).content.decode()

    for text in (
        "<strong>Le modèle</strong>",
        "<p>Un autre modèle.</p>",
        "<span>des parts centrées</span>",
        '<h2 id="verdict-title">C&#x27;est centré.</h2>',
        "<span>Zéro ?</span>",
    ):
        assert text in page
    assert "une fois que « Le modèle » est réussi" in page  # the sentence is the grader's


def test_two_possible_mistakes_are_joined_in_french(learner_client: LearnerClient) -> None:
    """Where the answer fits two of them, both are named by their French titles."""
    translate(**FIELDS)
    submission = graded(
        learner_client, "centred", "scaled", mistake="centred or scaled", question="Nought?"
    )

    with override("fr"):
        found = feedback_for(submission, translation_of(submission.exercise)).misconception

    assert found is not None
    assert "des parts centrées" in found.title
    assert "des parts réduites" in found.title
    assert "centred" not in found.title
    assert (found.title.language, found.question.language) == ("", "")


def test_a_ready_made_mistake_is_marked_english(learner_client: LearnerClient) -> None:
    """What the exercise's author did not write is not translated by its file, and says so."""
    translate(**FIELDS)
    submission = graded(
        learner_client, "sign", mistake="the wrong sign", message="Wrong sign.", question="Which?"
    )

    page = learner_client.browser.get(
        submission.get_absolute_url(), headers=FRENCH
    ).content.decode()

    assert '<h2 id="verdict-title" lang="en">Wrong sign.</h2>' in page
    assert '<span lang="en">Which?</span>' in page


def test_the_api_keeps_the_original(learner_client: LearnerClient) -> None:
    """Unless a translation is asked for, feedback is the report's own words."""
    translate(**FIELDS)
    submission = graded(learner_client, "centred", mistake="centred parts", message="Centred.")

    with override("fr"):
        found = feedback_for(submission)

    assert [criterion.title for criterion in found.criteria] == ["The model", "The parts"]
    assert found.misconception is not None
    assert found.misconception.message == "Centred."


def test_mail_is_in_the_learners_language(learner_client: LearnerClient) -> None:
    """The message about a verdict names the exercise as the learner's pages do."""
    translate(**FIELDS)
    learner_client.learner.locale = "fr"
    learner_client.learner.save()
    submission = graded(learner_client, "centred")
    Submission.objects.filter(pk=submission.pk).update(mail_wanted=True)

    emails.mail_graded(submission.pk)

    assert "Les parts d'un modèle linéaire" in mail.outbox[-1].subject
    assert submission.state == State.GRADED


def test_the_figure_has_a_french_title(exercise: Exercise) -> None:
    """A stored figure is drawn under the translated title, in the translated unit."""
    translate(**FIELDS)
    panel = {"label": "", "features": ["a"], "own": [1.0], "low": [0.5], "high": [1.5]}
    figure = {"kind": "bars", "title": "Your attributions", "unit": "output", "panels": [panel]}
    report = {"plot": figure}

    with override("fr"):
        plot = plot_of(report, translation_of(exercise))

    assert plot is not None
    assert plot.title == "Vos attributions à vous"
    assert plot.unit == "sortie"


def test_translating_writes_nothing(exercise: Exercise) -> None:
    """What is applied to a row in memory is not in the database."""
    translate(**FIELDS)

    with override("fr"):
        apply_exercise_translation(exercise)

    assert exercise.title == FIELDS["title"]
    exercise.refresh_from_db()
    assert exercise.title == "The parts of a linear model"


@pytest.mark.parametrize(("language", "attribute"), [("", ""), ("en", ' lang="en"')])
def test_words_know_their_language(language: str, attribute: str) -> None:
    """The attribute stands only where the text is in another language than the page."""
    assert Words("text", language).in_language == attribute
