from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0006_mean_rating_kept_with_the_course'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='post',
            name='courses_pos_subject_820896_idx',
        ),
        migrations.AddIndex(
            model_name='post',
            index=models.Index(condition=models.Q(('question', None)), fields=['subject', '-created_at', 'deleted_at'], name='post_questions'),
        ),
    ]
