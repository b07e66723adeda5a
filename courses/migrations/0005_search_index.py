"""The table of the search, of the kind that this database has."""

from django.db import migrations

from courses.catalogue import search


class Migration(migrations.Migration):
    dependencies = [("courses", "0004_keeping_rating_discussing")]

    operations = [migrations.RunPython(search.create, search.drop)]
