"""The API's tokens were kept as they are; their digests take their place, and they stay valid."""

from django.db import migrations
from knox.crypto import hash_token
from knox.settings import CONSTANTS

TABLE = "authtoken_token"


def keep_digests(apps, editor):
    connection = editor.connection
    if TABLE not in connection.introspection.table_names():
        return
    tokens = apps.get_model("knox", "AuthToken")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key, user_id FROM {TABLE}")
        rows = cursor.fetchall()
    tokens.objects.bulk_create(
        tokens(digest=hash_token(key), token_key=key[: CONSTANTS.TOKEN_KEY_LENGTH], user_id=user)
        for key, user in rows
    )
    editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0010_wording_of_the_profile"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [migrations.RunPython(keep_digests, migrations.RunPython.noop)]
