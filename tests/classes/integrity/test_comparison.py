"""Comparing the submissions of a class, through the worker's function and the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from classes.integrity.asking import ask, compare_asked
from classes.integrity.fingerprints import code_of
from classes.models import Class, Role, Similarity
from exercises.catalogue.folders import starter_notebook
from exercises.models import SubmissionFiles, VariantMatch
from exercises.submissions import files
from tests.classes.material import DUE, make_class, make_course, make_exercise, make_member, submit
from tests.classes.material import schedule as schedule_part

if TYPE_CHECKING:
    from django.test import Client

    from classes.models import Member, ScheduledPart

pytestmark = pytest.mark.django_db

SLUG = "treeshap-gradient-boosting"
"""A real exercise, since its starter is taken out."""
OWN = """
def explain_rows(estimator, table, chosen):
    attributions = []
    for position in chosen:
        single = table.iloc[[position]]
        attributions.append(shap.TreeExplainer(estimator).shap_values(single).ravel())
    stacked = np.vstack(attributions)
    return stacked, stacked.sum(axis=1), np.abs(stacked).mean(axis=0).argsort()
"""
OTHER = """
explainer = shap.TreeExplainer(model)
explanation = explainer(X_test.iloc[rows])
shap_values, base_value = explanation.values, float(explanation.base_values[0])
fx = model.decision_function(X_test.iloc[rows])
assert np.allclose(shap_values.sum(1) + base_value, fx)
"""


@pytest.fixture
def klass() -> Class:
    """A class with one exercise."""
    klass = make_class(make_course(exercises=()))
    make_exercise(SLUG)
    return klass


@pytest.fixture
def part(klass: Class) -> ScheduledPart:
    """The exercise in the schedule."""
    return schedule_part(klass, f"exercise:{SLUG}")


def hand_in(member: Member, code: str, days: int = 0) -> str:
    """Store a submission with its notebook; return its key."""
    row = submit(member.user, SLUG, 50, DUE + timedelta(days=days))
    notebook = {"cells": [{"cell_type": "code", "source": code}]}
    name = files.write(row.pk, "notebook", json.dumps(notebook).encode())
    SubmissionFiles.objects.create(submission=row, notebook=name)
    return str(row.pk)


def compared(klass: Class, part: ScheduledPart) -> Similarity:
    """Ask for a comparison and make it as a worker does."""
    ask(klass, part.subject)
    assert compare_asked() == 1
    assert compare_asked() == 0
    return Similarity.objects.get(klass=klass)


def test_a_copy_with_other_names_is_listed_and_others_are_not(
    klass: Class, part: ScheduledPart
) -> None:
    """Renamed and commented, it shares its fingerprints with the original only."""
    one, two, three = (make_member(klass, f"{name}@example.org") for name in "abc")
    first = hand_in(one, OWN)
    hand_in(two, "x = 1")
    second = hand_in(two, "# mine\n" + OWN.replace("attributions", "found"), days=1)
    hand_in(three, OTHER)

    found = compared(klass, part)

    assert found.compared == 3
    assert [set(pair[:2]) for pair in found.pairs] == [{first, second}]
    assert found.pairs[0][2] == pytest.approx(1)


def test_earlier_terms_are_compared_but_not_among_themselves(
    klass: Class, part: ScheduledPart
) -> None:
    """A class that was copied from another is compared with it, and with no class else."""
    new = make_class(title="Next term", copied_from=klass)
    new_part = schedule_part(new, part.subject)
    stranger = make_class(title="Elsewhere")
    old = hand_in(make_member(klass, "old@example.org"), OWN)
    hand_in(make_member(klass, "older@example.org"), OWN)
    hand_in(make_member(stranger, "elsewhere@example.org"), OWN)
    mine = hand_in(make_member(new, "new@example.org"), OWN)

    found = compared(new, new_part)

    assert found.compared == 3
    assert len(found.pairs) == 2
    assert all(mine in pair[:2] for pair in found.pairs)
    assert any(old in pair[:2] for pair in found.pairs)


def test_the_starters_code_is_no_similarity(klass: Class, part: ScheduledPart) -> None:
    """What everybody was given tells nothing."""
    given = code_of(starter_notebook(SLUG))
    assert len(given) > 500
    for name in "ab":
        hand_in(make_member(klass, f"{name}@example.org"), given)

    assert compared(klass, part).pairs == []


def test_instructors_ask_see_the_list_and_look_side_by_side(
    client: Client, klass: Class, part: ScheduledPart
) -> None:
    """The button asks, the list names the pair, the pair's page marks what both have."""
    teacher = make_member(klass, "ines@example.org", Role.INSTRUCTOR).user
    assert teacher is not None
    client.force_login(teacher)
    for name in "ab":
        hand_in(make_member(klass, f"{name}@example.org"), OWN)
    where = [klass.pk, part.pk]

    answer = client.post(reverse("classes:compare", args=where), follow=True)
    assert "A comparison is running" in answer.content.decode()
    compare_asked()
    page = client.get(reverse("classes:similar", args=where)).content.decode()
    assert "2 submissions compared" in page
    pair = Similarity.objects.get().pairs[0]
    shown = client.get(reverse("classes:pair", args=[*where, *pair[:2]])).content.decode()
    assert "<mark>    return stacked" in shown
    swapped = reverse("classes:pair", args=[*where, pair[1], pair[0]])
    assert client.get(swapped).status_code == 404


def test_answers_of_another_variant_are_listed_for_who_reviews_only(
    client: Client, klass: Class, part: ScheduledPart
) -> None:
    """The integrity page names learners, runs and variants; no page of a learner does."""
    members = [make_member(klass, f"{name}@example.org", name=f"Learner {name}") for name in "ab"]
    rows = [submit(one.user, SLUG, 100, DUE) for one in members]
    outside = submit(make_member(make_class(title="x"), "c@example.org").user, SLUG, 0, DUE)
    for row in [*rows, outside]:
        VariantMatch.objects.create(
            submission=row, run="visible", output="shap_values", variant="hidden-2", literal=True
        )
    where = reverse("classes:similar", args=[klass.pk, part.pk])
    insight = reverse("classes:insight", args=[klass.pk])

    assistant = make_member(klass, "tim@example.org", Role.ASSISTANT).user
    assert assistant is not None
    client.force_login(assistant)
    page = client.get(where).content.decode()
    assert "Learner a" in page
    assert "the values of hidden-2 in the visible run" in page
    assert "written down as numbers" in page
    assert page.count('<td class="num">1</td>') == 2
    assert "2 submissions with another variant" in client.get(insight).content.decode()

    observer = make_member(klass, "obi@example.org", Role.OBSERVER).user
    assert observer is not None
    client.force_login(observer)
    assert client.get(where).status_code == 403
    assert "another variant" not in client.get(insight).content.decode()

    assert members[0].user is not None
    client.force_login(members[0].user)
    assert client.get(where).status_code == 403
    answer = client.get(f"/api/v1/submissions/{rows[0].pk}/")
    assert answer.status_code == 200
    assert "hidden-2" not in answer.content.decode()
