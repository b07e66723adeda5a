"""An email as plain data, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMessage, EmailMultiAlternatives

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_data(message: EmailMessage) -> dict[str, Any]:
    """Return what the outbox keeps of `message`.

    Raises:
        ValueError: it has an attachment; no email of the site has one.
    """
    if message.attachments:
        raise ValueError("the outbox keeps no attachments")
    message.message()  # refuses line breaks in a header now, rather than at each attempt to send
    alternatives = getattr(message, "alternatives", [])
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": str(message.from_email),
        "to": [str(address) for address in message.to],
        "cc": [str(address) for address in message.cc],
        "bcc": [str(address) for address in message.bcc],
        "reply_to": [str(address) for address in message.reply_to],
        "headers": {name: str(value) for name, value in message.extra_headers.items()},
        "subtype": message.content_subtype,
        "alternatives": [[str(one[0]), str(one[1])] for one in alternatives],
    }


def from_data(data: Mapping[str, Any]) -> EmailMessage:
    """Return the email that `as_data` has described."""
    parts = {name: value for name, value in data.items() if name not in {"subtype", "alternatives"}}
    message = EmailMultiAlternatives(**parts)
    message.content_subtype = data["subtype"]
    for content, mimetype in data["alternatives"]:
        message.attach_alternative(content, mimetype)
    return message
