"""Pages of courses: what they show, to whom, and with how many queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.authoring.loading import load
from courses.certificates.issuing import issue, show_name
from courses.learners.enrolment import enrol
from courses.learners.progress import record_completion, record_lesson_read
from courses.models import (
    Completion,
    Course,
    Enrolment,
    Lesson,
    Part,
    Quiz,
    QuizAttempt,
    User,
)
from courses.quizzes.attempts import ask
from tests.courses.material import right_answers

if TYPE_CHECKING:
    from tests.courses.material import Material

MOST_QUERIES = 12
LESSON = "/courses/tiny/page-1/"


@pytest.fixture
def visitor(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def queries(client: Client, address: str) -> int:
    """Return how many queries a page takes the second time that it is opened."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def posted(user: User, quiz: Quiz) -> dict[str, object]:
    """Return right answers as a browser posts them."""
    asked = ask(user=user, quiz=quiz)
    number = next(one.answer for one in asked.questions if one.id == "sum")
    places = {f"q-steps-{item}": str(at) for at, item in enumerate(("first", "second", "third"), 1)}
    answers = right_answers()
    return {
        "number": asked.number,
        "q-one": answers["one"],
        "q-many": answers["many"],
        "q-sum": str(number),
        **places,
    }


@pytest.mark.parametrize(
    "address", ["/", "/paths/path/", "/courses/", "/courses/tiny/", LESSON, "/reading/"]
)
def test_public_pages_open_for_everybody(
    course: Course, material: Material, visitor: Client, address: str
) -> None:
    """Reading needs no account; each page has one heading of the first level and a title."""
    material.path()
    load(material.root)
    for client in (Client(), visitor):
        answer = client.get(address)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert text.count("<h1") == 1
        assert " style=" not in text
        assert "onclick" not in text


@pytest.mark.parametrize("address", ["/dashboard/", "/profile/"])
def test_one_s_own_pages_need_an_account(course: Course, address: str) -> None:
    """A visitor is asked to sign in, and comes back afterwards."""
    answer = Client().get(address)

    assert answer.status_code == 302
    assert f"next={address}" in answer.headers["Location"]


@pytest.mark.parametrize("address", ["/courses/none/", "/courses/tiny/none/", "/paths/none/"])
def test_what_is_not_there_is_404(course: Course, address: str) -> None:
    """An unknown course, lesson or path is not found."""
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/courses/", "/dashboard/", "/reading/", "/paths/path/"])
def test_lists_take_as_many_queries_for_many_courses_as_for_one(
    material: Material, learner: User, visitor: Client, address: str
) -> None:
    """The number of queries does not grow with the number of rows, and is small."""
    material.course("one").path(courses=("one",))
    load(material.root)
    enrol(user=learner, course=Course.objects.get())
    few = queries(visitor, address)
    for number in range(4):
        material.course(f"more-{number}", lessons=4)
    material.path(courses=("one", *(f"more-{number}" for number in range(4))))
    load(material.root)
    for course in Course.objects.all():
        enrol(user=learner, course=course)

    many = queries(visitor, address)

    assert many == few <= MOST_QUERIES


@pytest.mark.parametrize("address", ["/courses/tiny/", LESSON])
def test_pages_of_a_course_take_as_many_queries_whatever_its_length(
    material: Material, learner: User, visitor: Client, address: str
) -> None:
    """Eight lessons take the queries of one."""
    load(material.course(lessons=1).root)
    enrol(user=learner, course=Course.objects.get())
    few = queries(visitor, address)
    load(material.course(lessons=8).root)

    assert queries(visitor, address) == few <= MOST_QUERIES


def test_enrolling_takes_one_click(course: Course, learner: User, visitor: Client) -> None:
    """The button of the course page enrols and leads to the first page."""
    answer = visitor.post("/courses/tiny/enrol/")

    assert answer.headers["Location"] == LESSON
    assert Enrolment.objects.get().user == learner
    assert visitor.get("/courses/tiny/enrol/").status_code == 405


def test_leaving_keeps_what_was_done(course: Course, learner: User, visitor: Client) -> None:
    """The course goes from the dashboard; completions stay."""
    record_lesson_read(
        user=learner, lesson=Lesson.objects.select_related("course").get(slug="page-1")
    )

    visitor.post("/courses/tiny/leave/")

    assert not Enrolment.objects.exists()
    assert Completion.objects.count() == 1


def test_the_dashboard_resumes_where_one_was(
    course: Course, learner: User, visitor: Client
) -> None:
    """The last page that was opened is offered; when it is done, the first that is not."""
    enrol(user=learner, course=course)
    visitor.get("/courses/tiny/page-2/")
    assert Enrolment.objects.get().last_part == Part.objects.get(position=2)

    page = visitor.get("/dashboard/")
    assert page.context["current"].resume.title == "Page 2"

    visitor.post("/courses/tiny/page-2/complete/")
    quiz = Quiz.objects.select_related("lesson").get(lesson__slug="page-2")
    visitor.post("/courses/tiny/page-2/quiz/", posted(learner, quiz))
    assert visitor.get("/dashboard/").context["current"].resume.title == "Page 1"


def test_the_dashboard_says_what_comes_next(
    material: Material, learner: User, visitor: Client
) -> None:
    """The first course of the path, and after it the second; nothing after the last."""
    material.course("one", lessons=1, exercises=()).course("two", lessons=1, exercises=())
    material.path(courses=("one", "two"))
    load(material.root)

    def suggested() -> str | None:
        course = visitor.get("/dashboard/").context["suggested"]
        return course and str(course.slug)

    assert suggested() == "one"
    for course, following in (("one", "two"), ("two", None)):
        visitor.post(f"/courses/{course}/enrol/")
        assert suggested() is None
        quiz = Quiz.objects.select_related("lesson").get(lesson__course__slug=course)
        visitor.post(f"/courses/{course}/page-1/quiz/", posted(learner, quiz))
        assert suggested() == following


def test_marking_as_read_goes_on_and_can_be_undone(course: Course, visitor: Client) -> None:
    """Reading leads to the next page; the mark can be taken away again."""
    answer = visitor.post(f"{LESSON}complete/")
    assert answer.headers["Location"] == "/courses/tiny/page-2/"
    assert Completion.objects.count() == 1

    visitor.post(f"{LESSON}complete/", {"undo": "1"})
    assert Completion.objects.count() == 0


def test_a_lesson_leads_to_the_pages_before_and_after(course: Course) -> None:
    """The links carry rel=prev and rel=next; the last lesson leads to the exercise."""
    first = Client().get(LESSON).content.decode()
    second = Client().get("/courses/tiny/page-2/").content.decode()

    assert 'rel="next" href="/courses/tiny/page-2/"' in first
    assert 'rel="prev"' not in first
    assert f'rel="prev" href="{LESSON}"' in second
    assert 'rel="next" href="/exercises/toy/"' in second


def test_a_quiz_works_without_a_script(course: Course, learner: User, visitor: Client) -> None:
    """Right answers are posted by a plain form and lead to a page with the verdict."""
    quiz = Quiz.objects.select_related("lesson").get(lesson__slug="page-1")

    answer = visitor.post(f"{LESSON}quiz/", posted(learner, quiz), follow=True)

    text = answer.content.decode()
    assert answer.redirect_chain[0][1] == 302
    assert "You are right! Congratulations, now go to the next page." in text
    assert "4 of 4" in text
    assert QuizAttempt.objects.get().passed


def test_a_missed_quiz_explains_every_choice(
    course: Course, learner: User, visitor: Client
) -> None:
    """Missed twice: a wrong answer gets the words for it, and each choice its explanation."""
    visitor.post(f"{LESSON}quiz/", {"q-one": "left"})
    answer = visitor.post(f"{LESSON}quiz/", {"q-one": "left", "q-sum": "1"}, follow=True)

    text = answer.content.decode()
    assert "You missed! Try again." in text
    for words in ("Because.", "That is a mirror.", "One is.", "A holds.", "C does not."):
        assert words in text
    assert "Your answer: incorrect." in text
    assert text.count("No answer") == 2


def test_htmx_gets_the_quiz_alone(course: Course, visitor: Client) -> None:
    """With scripts only the quiz is replaced, and the verdict takes the focus."""
    answer = visitor.post(f"{LESSON}quiz/", {"q-one": "left"}, headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert "<html" not in text
    assert re.search(r'class="verdict verdict--fail" data-focus', text)


def test_trying_again_asks_anew(course: Course, visitor: Client) -> None:
    """With scripts a fresh form takes the place of the marked one; without, the page does."""
    visitor.post(f"{LESSON}quiz/", {"q-one": "left"})

    fresh = visitor.get(f"{LESSON}quiz/", headers={"HX-Request": "true"}).content.decode()
    plain = visitor.get(f"{LESSON}quiz/")

    assert "<html" not in fresh
    assert 'name="number" value="2"' in fresh
    assert "You missed!" not in fresh
    assert plain.headers["Location"] == f"{LESSON}#quiz"


@pytest.mark.parametrize("htmx", [True, False])
def test_a_form_that_cannot_be_marked_keeps_what_was_typed(
    course: Course,
    visitor: Client,
    htmx: bool,  # noqa: FBT001  # a table of cases
) -> None:
    """Words instead of a number, or a place taken twice: the form says so and keeps the rest."""
    headers = {"HX-Request": "true"} if htmx else {}
    answer = visitor.post(
        f"{LESSON}quiz/",
        {"q-one": "right", "q-many": ["a", "b"], "q-sum": "seven"},
        headers=headers,
    )
    text = answer.content.decode()

    assert answer.status_code == (200 if htmx else 422)
    assert "Enter a number, such as 0.25." in text
    assert 'value="seven"' in text
    assert re.search(r'value="right" checked', text)
    assert len(re.findall(r"value=\"[ab]\" checked", text)) == 2
    assert not QuizAttempt.objects.exists()

    places = {"q-steps-first": "1", "q-steps-second": "1", "q-steps-third": "3"}
    text = visitor.post(f"{LESSON}quiz/", places).content.decode()
    assert "Use each number once." in text
    assert text.count('value="1"') >= 2


def test_an_attempt_of_somebody_else_is_not_shown(
    course: Course, learner: User, visitor: Client
) -> None:
    """The address of an attempt shows it to its learner only."""
    answer = visitor.post(f"{LESSON}quiz/", {"q-one": "left"})
    address = answer.headers["Location"]
    assert "You missed!" in visitor.get(address.partition("#")[0]).content.decode()

    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert "You missed!" not in other.get(address).content.decode()
    assert "You missed!" not in visitor.get(f"{LESSON}?attempt=nonsense").content.decode()


def test_the_catalogue_filters(material: Material, db: None) -> None:
    """Topic, level, length and career narrow the list; nothing that fits is said kindly."""
    material.course("one").course("two")
    material.replace("courses/two/course.yaml", "topics: [shap, lime]", "topics: [pdp]")
    material.replace("courses/two/course.yaml", "level: beginner", "level: advanced")
    load(material.root)

    def found(query: str) -> list[str]:
        page = Client().get(f"/courses/?{query}")
        return [card.course.slug for card in page.context["cards"]]

    assert found("") == ["one", "two"]
    assert found("topic=pdp") == ["two"]
    assert found("level=beginner") == ["one"]
    assert found("career=researcher&length=short") == ["one", "two"]
    assert found("career=mlops") == []
    assert "No courses match these filters" in Client().get("/courses/?topic=none").content.decode()


def test_a_withdrawn_course_is_seen_by_those_who_take_it(
    course: Course, learner: User, visitor: Client
) -> None:
    """It is in no list, but who began it can go on reading."""
    enrol(user=learner, course=course)
    Course.objects.update(withdrawn=True)

    assert Client().get("/courses/tiny/").status_code == 404
    assert visitor.get("/courses/tiny/").status_code == 200
    assert not visitor.get("/courses/").context["cards"]


def test_figures_are_kept_for_ever_and_only_declared_ones_are_served(course: Course) -> None:
    """A figure's address holds its digest; other files of the content folder have no address."""
    page = Client().get(LESSON).content.decode()
    address = re.findall(r'src="(/figures/[^"]+)"', page)[0]

    answer = Client().get(address)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    digest = address.split("/")[2]
    for other in (f"/figures/{digest}/other.svg", "/figures/0/bars.light.svg"):
        assert Client().get(other).status_code == 404


def test_a_figure_that_was_drawn_anew_is_not_kept(course: Course, material: Material) -> None:
    """Until it is loaded, a changed file is served but not cached for ever."""
    address = re.findall(r'src="(/figures/[^"]+)"', Client().get(LESSON).content.decode())[0]
    material.write("courses/tiny/01-page-1/figures/bars.light.svg", "<svg/>")

    assert Client().get(address).headers["Cache-Control"] == "no-store"


def test_the_profile_saves_and_refuses(learner: User, visitor: Client) -> None:
    """Name and zone are saved; a zone that does not exist is refused and the form is kept."""
    fields = {"name": "Lena", "time_zone": "Europe/Paris", "locale": "fr"}
    answer = visitor.post("/profile/", fields)
    learner.refresh_from_db()
    assert (answer.status_code, learner.name, learner.time_zone) == (302, "Lena", "Europe/Paris")
    assert answer.cookies["django_language"].value == "fr"

    answer = visitor.post("/profile/", {**fields, "name": "Other", "time_zone": "Mars/Base"})
    learner.refresh_from_db()
    assert (answer.status_code, learner.name) == (422, "Lena")
    assert 'value="Other"' in answer.content.decode()


def test_an_empty_site_says_what_to_do(db: None) -> None:
    """Without content the pages open and name the command that loads it."""
    for address in ("/", "/courses/"):
        assert "load_content" in Client().get(address).content.decode()


def test_a_translation_is_laid_over_and_its_absence_is_said(
    course: Course, material: Material, visitor: Client
) -> None:
    """French where there is French; else English, marked as English, with a word about it."""
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Première page")
    material.write("l10n/fr/courses/tiny/course.yaml", "title: Le petit cours\n")
    material.write("l10n/fr/exercises/toy/exercise.yaml", "title: Un essai\n")
    load(material.root)
    french = {"Accept-Language": "fr"}

    first = visitor.get(LESSON, headers=french).content.decode()
    second = visitor.get("/courses/tiny/page-2/", headers=french).content.decode()
    outline = visitor.get("/courses/tiny/", headers=french).content.decode()

    assert '<html lang="fr"' in first
    assert "<h1>Première page</h1>" in first
    assert '<article class="stack" lang="fr"' in first
    assert '<article class="stack" lang="en"' in second
    assert 'lang="en">Page 2' in outline
    assert "Le petit cours" in outline
    assert "Un essai" in outline
    for text in (first, outline):
        assert "The tiny course" not in text


def test_the_exercise_counts_in_the_outline(course: Course, learner: User, visitor: Client) -> None:
    """A passed exercise has its badge."""
    enrol(user=learner, course=course)
    record_completion(user=learner, exercise_slug="toy")

    assert "Passed" in visitor.get("/courses/tiny/").content.decode()


def test_a_lesson_in_another_language_takes_few_queries_too(
    course: Course, material: Material, learner: User, visitor: Client
) -> None:
    """Laying a translation over page, course and outline takes two queries more, not one a part."""
    material.lesson("l10n/fr/courses/tiny/01-page-1", "Première page")
    load(material.root)
    enrol(user=learner, course=course)
    visitor.get(LESSON)

    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(LESSON, headers={"Accept-Language": "fr"}).status_code == 200

    assert len(captured) <= MOST_QUERIES


@pytest.mark.parametrize("scripts", [True, False])
def test_progress_moves_when_the_quiz_is_passed(
    course: Course, learner: User, visitor: Client, *, scripts: bool
) -> None:
    """The bar and the end of the page show the passed lesson at once, with and without scripts."""
    before = visitor.get(LESSON).content.decode()
    assert "0 of 3 parts" in before
    assert "Continue without the quiz" in before
    assert "Mark complete" not in before
    quiz = Quiz.objects.select_related("lesson").get(lesson__slug="page-1")
    headers = {"HX-Request": "true"} if scripts else {}

    answer = visitor.post(f"{LESSON}quiz/", posted(learner, quiz), follow=True, headers=headers)

    text = answer.content.decode()
    assert "1 of 3 parts" in text
    assert "Mark as not complete" in text
    assert ("<html" in text) is not scripts
    if scripts:
        assert '<div id="course-progress" hx-swap-oob="true">' in text
        assert 'id="lesson-end" hx-swap-oob="true"' in text
        assert 'id="minutes-left" hx-swap-oob="true">Read to the end.<' in text


@pytest.mark.parametrize("public", [True, False])
def test_showing_my_name_applies_to_certificates_that_exist(
    course: Course, learner: User, visitor: Client, *, public: bool
) -> None:
    """The box of the profile changes every certificate that the learner has."""
    learner.name_public = not public
    learner.save()
    certificate = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    form = {"name": "Lena Lind", "mail_certificate": "on"} | (
        {"name_public": "on"} if public else {}
    )

    visitor.post("/profile/", form)

    page = Client().get(certificate.get_absolute_url()).content.decode()
    assert ("Lena Lind" in page) is public


def test_saving_the_profile_keeps_the_choice_of_one_certificate(
    course: Course, learner: User, visitor: Client
) -> None:
    """Who changes only the language keeps what was chosen on a certificate's own page."""
    certificate = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    show_name(certificate=certificate, public=True)

    visitor.post("/profile/", {"name": "Lena Lind", "locale": "fr"})

    certificate.refresh_from_db()
    assert certificate.name_public
