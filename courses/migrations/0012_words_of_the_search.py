"""The words of the search index, by which a typo is corrected; the next load fills them."""

from django.db import migrations

from courses.catalogue import search


class Migration(migrations.Migration):
    dependencies = [("courses", "0011_tokens_as_digests")]

    operations = [migrations.RunPython(search.create_words, search.drop_words)]
