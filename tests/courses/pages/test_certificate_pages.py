"""The certificate's public page and PDF: the same facts, no login, nothing without consent."""

from __future__ import annotations

import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import typst
from django.core.cache import caches
from django.test import Client

from courses.certificates import pdf, typesetting
from courses.certificates.facts import facts_of
from courses.certificates.issuing import issue, revoke, show_name
from courses.certificates.pdf import TEMPLATE, certificate_pdf, data_for_typst, qr_code
from courses.models import Certificate, Course, User


@pytest.fixture
def certificate(course: Course, learner: User) -> Certificate:
    """A certificate whose holder shows the name."""
    found = issue(user=learner, course=course, parts=list(course.parts.for_outlines()))
    show_name(certificate=found, public=True)
    return found


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Forget the PDFs of other tests."""
    caches["documents"].clear()


def page(certificate: Certificate) -> str:
    """Return the public page as anybody sees it."""
    answer = Client().get(certificate.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_every_fact_of_the_pdf(certificate: Certificate) -> None:
    """Whatever the PDF is made from stands on the page, word for word."""
    facts = facts_of(certificate)
    text = page(certificate)

    said = [facts.course, facts.summary, facts.issuer, facts.address, *facts.skills]
    said += [words for row in facts.rows for words in (row.name, row.value)]
    assert facts.holder == "Lena Lind"
    for words in [facts.holder, *said]:
        assert words in text


def test_the_page_says_in_a_sentence_what_was_proven(certificate: Certificate) -> None:
    """An employer reads who ran the programs and against what; the issuer is a link."""
    certificate.exercises, certificate.quizzes = 2, 1
    certificate.save()
    proof = facts_of(certificate).proof

    assert "wrote 2 programs that explain machine learning models" in proof
    assert f"{certificate.issuer_name} ran each of them itself, also with hidden inputs" in proof
    assert proof.endswith("The holder passed a quiz.")
    text = page(certificate)
    assert proof in text
    assert f"What is {certificate.issuer_name}?" in text


def test_a_certificate_without_a_name_has_a_holder(certificate: Certificate) -> None:
    """Where there is neither name nor initials, the page names the holder as such."""
    certificate.learner_name = ""
    certificate.save()

    assert "The holder of this certificate" in page(certificate)
    assert certificate_pdf(certificate).startswith(b"%PDF")


def test_the_page_is_public_but_not_for_search_engines(certificate: Certificate) -> None:
    """No account is needed; page, PDF and data ask robots to keep away."""
    address = certificate.get_absolute_url()
    for one in (address, f"/certificates/{certificate.pk}.pdf", f"/api/v1{address}"):
        answer = Client().get(one)
        assert answer.status_code == 200
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in page(certificate)


def test_the_pdf_is_accessible_and_the_same_each_time(certificate: Certificate) -> None:
    """PDF/UA, tagged, with title and language; two visits give the same bytes."""
    answer = Client().get(f"/certificates/{certificate.pk}.pdf")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in answer.content
    assert answer.content == certificate_pdf(certificate)
    again = Client().get(
        f"/certificates/{certificate.pk}.pdf", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reason", ["", "The submissions were made by somebody else. " * 6])
def test_the_longest_facts_stay_on_one_page(
    certificate: Certificate, reason: str, language: str
) -> None:
    """The longest name, title and list of skills that can be stored fit on one sheet."""
    certificate.learner_name = "Maximiliana Konstantinopolska-Wolfeschlegel " * 2
    certificate.course_title = "A very long title of a course about explanations " * 3
    certificate.course_summary = "A sentence that takes about a line of the sheet of paper. " * 4
    certificate.skills = ["Explain what a model does to people who are no engineers at all"] * 8
    certificate.revoked_at = certificate.issued_at if reason else None
    certificate.revoked_reason = reason
    facts = facts_of(certificate)

    pages = typst.compile(
        str(TEMPLATE),
        format="svg",
        sys_inputs={
            "facts": json.dumps(data_for_typst(facts, language)),
            "qr": qr_code(facts.address),
        },
    )

    assert isinstance(pages, bytes), f"{len(pages)} pages"


def test_no_text_is_taken_for_markup(certificate: Certificate) -> None:
    """A name that looks like typst or HTML stands as it is."""
    name = '#panic("x") <script> $ \\ *'
    certificate.learner_name = name
    certificate.save()

    assert certificate_pdf(certificate).startswith(b"%PDF")
    assert "&lt;script&gt;" in page(certificate)
    assert "<script> $" not in page(certificate)


def test_without_consent_the_name_is_nowhere(certificate: Certificate) -> None:
    """Page, PDF and data withhold the name as soon as the holder says so."""
    shown = certificate_pdf(certificate)
    show_name(certificate=certificate, public=False)
    certificate.refresh_from_db()

    assert "Lena" not in page(certificate)
    assert "Name withheld by the holder" in page(certificate)
    assert facts_of(certificate).holder is None
    assert certificate_pdf(certificate) != shown
    assert Client().get(f"/api/v1{certificate.get_absolute_url()}facts/").json()["holder"] is None


def test_only_the_holder_decides_about_the_name(certificate: Certificate, learner: User) -> None:
    """Others find nothing to post to; the holder's choice counts."""
    address = f"/certificates/{certificate.pk}/name/"
    other = Client()
    other.force_login(User.objects.create_user("other@example.org"))
    assert other.post(address, {"public": "no"}).status_code == 404
    assert Client().post(address, {"public": "no"}).status_code == 302
    assert Certificate.objects.get().name_public

    holder = Client()
    holder.force_login(learner)
    assert "Hide my name" in holder.get(certificate.get_absolute_url()).content.decode()
    holder.post(address, {"public": "no"})
    assert not Certificate.objects.get().name_public
    assert "Show “Lena Lind”" in holder.get(certificate.get_absolute_url()).content.decode()


def test_a_revoked_certificate_says_so_with_reason_and_date(certificate: Certificate) -> None:
    """Page and data name the reason; the page no longer calls it valid."""
    revoke(certificate=certificate, reason="Submitted by somebody else.")

    text = page(certificate)

    assert "This certificate was revoked on" in text
    assert "Submitted by somebody else." in text
    assert "This certificate is valid" not in text
    facts = Client().get(f"/api/v1{certificate.get_absolute_url()}facts/").json()
    assert facts["valid"] is False
    assert facts["revoked_reason"] == "Submitted by somebody else."


def test_an_unknown_certificate_is_not_found(db: None) -> None:
    """A made-up number is no certificate."""
    key = uuid.uuid4()
    for address in (f"/certificates/{key}/", f"/certificates/{key}.pdf"):
        assert Client().get(address).status_code == 404
    assert Client().get(f"/api/v1/certificates/{key}/").status_code == 404


def test_the_page_takes_few_queries(
    certificate: Certificate, django_assert_max_num_queries: object
) -> None:
    """One query for the certificate, whoever looks."""
    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(2):
        page(certificate)


NAMES = {
    "Chinese": "欧阳娜娜 王小明",
    "Japanese": "山田太郎 ひらがな カタカナ",
    "Korean": "김민준 이서연",
    "Arabic": "محمد عبد الله الخوارزمي",
    "Persian, with a joiner": "علی\u200cرضا",  # noqa: RUF001  # a Persian name
    "Hebrew": "דוד בן־גוריון",
    "Cyrillic": "Александра Ковалевская-Ђорђевић",
    "Greek": "Αλέξανδρος Παπαδόπουλος",
    "Vietnamese": "Nguyễn Thị Minh Khai",
    "Georgian and Armenian": "გიორგი Հայկ",
    "mixed": "Lena 李娜 Лена",
    "right-to-left override": "Lena\u202eLind\u2066x\u2069",
    "control characters": "Le\x01na\x07\n\tLind\u2028x",
    "typst markup": '#read("/etc/passwd") #{while true {}} $x^2$ @a <b> \\u{41} ```rust x```',
    "200 characters": "Konstantinopolska " * 11 + "xx",
    "200 characters without a space": "x" * 200,
    "200 Chinese characters": "王" * 200,
    "200 combining marks": "a" + "\u0301" * 199,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_every_script_is_set_accessibly_on_one_page(certificate: Certificate, name: str) -> None:
    """There is a glyph for each character: PDF/UA forbids a document with a box in place of one."""
    certificate.learner_name = name
    certificate.save()

    answer = Client().get(f"/certificates/{certificate.pk}.pdf")

    assert answer.status_code == 200
    assert b"pdfuaid" in answer.content
    assert len(re.findall(rb"/Type\s*/Page\b", answer.content)) == 1
    text = page(certificate)
    assert not set(text) & set("\x01\x07\u202e\u2066\u2069\u2028")


@pytest.mark.parametrize("name", ["𓀀𓂀 Ptah", "Lena \U0010fffd\ue000 Lind", "👩🏽‍🚀 Sally"])
def test_a_character_that_no_font_has_costs_no_certificate(
    certificate: Certificate, name: str
) -> None:
    """The PDF is made nevertheless."""
    certificate.learner_name = name
    certificate.save()

    assert certificate_pdf(certificate).startswith(b"%PDF")


def test_setting_a_certificate_is_bounded_in_time(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    """A template that never ends is stopped; the page offers the certificate itself instead."""
    endless = tmp_path / "endless.typ"
    endless.write_text(
        "#let f(x) = { let i = 0\n while true { i += 1; if i < 0 { break } } }\n#f(1)"
    )
    monkeypatch.setattr(pdf, "TEMPLATE", endless)
    monkeypatch.setattr(typesetting, "SECONDS", 2)
    started = time.monotonic()

    answer = Client().get(f"/certificates/{certificate.pk}.pdf")

    assert time.monotonic() - started < 10
    assert answer.status_code == 503
    assert certificate.get_absolute_url() in answer.content.decode()


def test_a_pdf_is_set_once(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks again, under whatever address, gets the kept one until what it says changes."""
    address = f"/certificates/{certificate.pk}.pdf"
    first = Client().get(address).content
    monkeypatch.setattr(pdf, "TEMPLATE", Path("/nothing"))

    assert Client().get(f"{address}?x=1").content == first
    show_name(certificate=certificate, public=False)
    assert Client().get(address).status_code == 503
