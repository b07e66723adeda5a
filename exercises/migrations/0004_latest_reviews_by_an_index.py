from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exercises', '0003_reviews_are_mailed'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['-created_at'], name='review_latest'),
        ),
    ]
