"""The emails about accounts: they name Whybox, not the host, and say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils.translation import override

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from courses.models import User

pytestmark = pytest.mark.django_db
PERSON = {"email": "ann@example.org", "password1": "correct horse battery"}


def test_the_confirmation_mail_names_the_site_and_holds_one_link() -> None:
    """Signing up sends a short mail from Whybox; the site's address appears in the link only."""
    Client().post("/accounts/signup/", PERSON)
    (sent,) = mail.outbox
    assert sent.subject == "Confirm your email for Whybox"
    assert sent.body.startswith("Hello,\n\nPlease confirm your email address")
    assert sent.body.count("localhost:8000") == sent.body.count("/accounts/confirm-email/") == 1
    assert "user ann" not in sent.body


@pytest.mark.parametrize("host", ["localhost:9999", "testserver:80", "127.0.0.1:31337"])
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/password/reset/", {"email": PERSON["email"]}),
        ("/accounts/password/reset/", {"email": "nobody@example.org"}),
        ("/accounts/signup/", PERSON),
        ("/accounts/signup/", PERSON | {"email": "new@example.org"}),
    ],
    ids=["reset", "unknown", "exists", "confirm"],
)
def test_no_mail_links_to_the_host_of_the_request(
    host: str, path: str, form: dict[str, str], settings: Settings
) -> None:
    """Whoever asks for a mail to somebody else does not choose host or port of its link."""
    settings.SITE_URL = "https://whybox.example"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    Client().post("/accounts/signup/", PERSON)
    EmailAddress.objects.update(verified=True)
    mail.outbox.clear()
    cache.clear()  # one mail in three minutes goes to the same address

    Client(headers={"host": host}).post(path, form)

    (sent,) = mail.outbox
    links = [word for word in sent.body.split() if "://" in word]
    assert links
    assert all(link.startswith("https://whybox.example/accounts/") for link in links)


def test_mails_about_accounts_are_written_in_the_language_of_the_page() -> None:
    """A password reset asked for on a French page is answered in French."""
    browser = Client(headers={"accept-language": "fr"})
    with override("en"):  # a request leaves its language active in the thread
        browser.post("/accounts/signup/", PERSON)
        browser.logout()
        mail.outbox.clear()
        browser.post("/accounts/password/reset/", {"email": PERSON["email"]})
    (sent,) = mail.outbox
    assert sent.subject == "Réinitialisez votre mot de passe Whybox"
    assert sent.body.startswith("Bonjour,\n\n")
    assert "/accounts/password/reset/key/" in sent.body


def test_a_reset_for_an_unknown_address_says_so_to_its_owner_only() -> None:
    """The page tells nothing; the mail tells the owner of the address that there is no account."""
    page = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert "Check your inbox" in page.content.decode()
    (sent,) = mail.outbox
    assert sent.subject == "No Whybox account with this email"
    assert "/accounts/signup/" in sent.body


def test_a_second_sign_up_with_an_address_offers_a_reset(settings: Settings, learner: User) -> None:
    """Where addresses must be confirmed, whoever signs up again is told by mail of the account."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.create(user=learner, email=learner.email, primary=True, verified=True)
    Client().post("/accounts/signup/", PERSON | {"email": learner.email})
    (sent,) = mail.outbox
    assert sent.subject == "You already have a Whybox account"
    assert "/accounts/password/reset/" in sent.body


def test_passkeys_have_one_name_on_every_page() -> None:
    """Menu, title and heading say the same, and no page says “security key”."""
    browser = Client()
    browser.post("/accounts/signup/", PERSON)
    page = browser.get("/accounts/2fa/").content.decode()
    name = "Passkeys and two-factor authentication"
    assert page.count(name) >= 4, "menu, side navigation, title and heading"
    assert "ecurity key" not in page
    assert "Security Keys" not in page
