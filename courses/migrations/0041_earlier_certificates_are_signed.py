"""Give each certificate that there is already its place in a status list, and its holder's hash."""

import hashlib
import secrets

from django.db import migrations

BITS = 131_072


def prepare(apps, _schema_editor):
    Certificate = apps.get_model("courses", "Certificate")
    StatusEntry = apps.get_model("courses", "StatusEntry")
    taken = set()
    for number, certificate in enumerate(Certificate.objects.select_related("user").iterator()):
        place = (number // (BITS // 2) + 1, secrets.randbelow(BITS))
        while place in taken:
            place = (place[0], secrets.randbelow(BITS))
        taken.add(place)
        StatusEntry.objects.create(
            certificate_key=certificate.pk, list_number=place[0], position=place[1]
        )
        certificate.stated_at = certificate.issued_at
        if certificate.user is not None:
            salt = secrets.token_hex(16)
            digest = hashlib.sha256((certificate.user.email + salt).encode()).hexdigest()
            certificate.identity_salt = salt
            certificate.identity_hash = "sha256$" + digest
        certificate.save(update_fields=["stated_at", "identity_salt", "identity_hash"])


def forget(apps, _schema_editor):
    apps.get_model("courses", "StatusEntry").objects.all().delete()
    apps.get_model("courses", "Certificate").objects.update(identity_salt="", identity_hash="")


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0040_signed_certificates'),
    ]

    operations = [migrations.RunPython(prepare, forget)]
